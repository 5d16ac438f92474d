"""What the prose, the hints and the solutions of a notebook call by name is there."""

import ast
import re
import types

import pytest

from conftest import NOTEBOOKS, ROOT

pytestmark = pytest.mark.newest
_NAMES = re.compile(r"(?<![\w.])([a-z_]\w*)((?:\.\w+)+)")


def missing(text: str) -> list[str]:
    """The dotted names in backticks, in comments, that a module which the notebook imports does not have."""
    code = "\n".join(line for line in text.splitlines() if not line.startswith(("#", "%", "!")))
    imports = [node for node in ast.parse(code).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    space: dict = {}
    exec(compile(ast.Module(imports, []), "imports", "exec"), space)
    found = []
    for quoted in re.findall(r"`([^`\n]+)`", "\n".join(line for line in text.splitlines() if line.startswith("#"))):
        for first, rest in _NAMES.findall(quoted):
            thing = space.get(first)
            for name in rest[1:].split(".") if isinstance(thing, types.ModuleType) else ():
                if isinstance(thing, types.ModuleType) and not hasattr(thing, name):
                    found.append(f"{first}{rest}")
                thing = getattr(thing, name, None)
    return found


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_every_name_in_backticks_is_there(name):
    assert missing((ROOT / "solutions" / name / f"{name}.py").read_text()) == []


def test_a_name_that_is_gone_is_found():
    text = "import numpy as np\n# Take `np.linalg.norm(x)`, not `np.linalg.length(x)`; `x.shape` is yours."
    assert missing(text) == ["np.linalg.length"]
