"""``python tools/pins.py LIST``: in what a package list, as ``pip freeze`` writes it, differs from tests/colab-pins.txt.

Prints one line for each pin that LIST has otherwise or not at all, and exits with 1 if there is one. Colab's own list is
pip-freeze.txt of github.com/googlecolab/backend-info.
"""

import sys
from pathlib import Path

from packaging.utils import canonicalize_name


def versions(path: Path) -> dict[str, str]:
    """Every ``name==version`` of a list, by its normalised name."""
    lines = (line.split("#")[0].strip().partition("==") for line in path.read_text(encoding="utf-8").splitlines())
    return {canonicalize_name(name): version for name, equal, version in lines if equal}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or not (given := Path(arguments[0])).is_file():
        print("Say which list to compare with: python tools/pins.py pip-freeze.txt", file=sys.stderr)
        return 2
    pins, there = versions(Path(__file__).parents[1] / "tests/colab-pins.txt"), versions(given)
    differing = [name for name in pins if there.get(name) != pins[name]]
    for name in differing:
        print(f"{name}: pinned {pins[name]}, in the list {there.get(name, 'missing')}")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
