"""Hand-ins of one small notebook: every attack and accident that the grading must survive, with the mark each must get.

The notebook is ``tests/fixtures/grading`` (exercises 01.3, 4 points, and 01.6, 3 points; a written question, 2 points).
A hand-in is the released notebook, some exercises solved, then changed by its function.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import nbformat

from course_utils.exercises import checks

NAME = "01_small"
FIRST, SECOND, QUESTION = "ex-01-3", "ex-01-6", "ex-01-q1"
BOTH = (FIRST, SECOND)
# Endless, but it leaves the processor to others, who are graded at the same time; one hand-in spins.
ENDLESS = "while True: __import__('time').sleep(0.01)"

# Every file that can be read, but for the system's and Python's own. Links are not followed: through /proc they lead round
# in circles, and who goes there is stopped before anything was read. Another root that a process has is looked at itself.
EVERYWHERE = """import glob, os, sys
def everywhere(end="", top="/"):
    others = [root for root in glob.glob("/proc/[0-9]*/root/") if os.path.isdir(root) and not os.path.samefile(root, "/")]
    for start in [top, *others]:
        known = [start.rstrip("/") + folder for folder in ("/proc", "/sys", "/usr", sys.prefix, sys.base_prefix)]
        for folder, inner, files in os.walk(start):
            inner[:] = [name for name in inner if os.path.join(folder, name) not in known]
            yield from (os.path.join(folder, name) for name in files if name.endswith(end))
"""

MLB = """def mlb_pooling(params, v, h):
    {before}
    z = (jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"])) @ params["P"] + params["b"]
    {after}
    return z
"""


@dataclasses.dataclass(frozen=True)
class HandIn:
    """``mark``: what it must get, or ``None`` if it must be refused. ``flagged``: the instructor must be told."""

    name: str
    mark: float | None
    solved: tuple[str, ...] = ()
    change: Callable[[Any], None] | None = None
    flagged: bool = False


ALL: list[HandIn] = []


def hand_in(mark, solved=(), *, flagged=False):
    """Registers a function that changes the notebook, under its name."""

    def register(change):
        ALL.append(HandIn(change.__name__.strip("_").replace("_", "-"), mark, tuple(solved), change, flagged))
        return change

    return register


def cell(nb, key):
    return next(c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == key)


def write(nb, key, source):
    """A learner's answer to an exercise."""
    cell(nb, f"{key}-solution").source = source


def own(nb, source, at=None):
    """A cell of the learner's own: at the end, or at a place."""
    nb.cells.insert(len(nb.cells) if at is None else at, nbformat.v4.new_code_cell(source))


def first(before="pass", after="pass"):
    """A right answer to 01.3 with something done in it."""
    return MLB.format(before=before.replace("\n", "\n    "), after=after.replace("\n", "\n    "))


def wrong(body):
    """An answer to 01.3 that is not one."""
    return "def mlb_pooling(params, v, h):\n    " + body.replace("\n", "\n    ") + "\n"


# --- what is simply right, half, or nothing


@hand_in(7.0, (*BOTH, QUESTION))
def reference(nb):
    """The written answer waits for a person."""


@hand_in(0.0)
def untouched(nb): ...


@hand_in(4.0, (FIRST,))
def half(nb): ...


@hand_in(0.0)
def answers_the_question(nb):
    cell(nb, f"{QUESTION}-answer").source = "Because."


@hand_in(3.0, (FIRST,))
def right_for_single_vectors_only(nb):
    write(nb, FIRST, first("if v.ndim > 2: return jnp.zeros(v.shape[:-1] + params['b'].shape)"))


# --- right answers that must lose nothing


@hand_in(7.0, BOTH)
def warns_and_logs(nb):
    write(
        nb,
        FIRST,
        "import logging, os, sys, warnings\n"
        + first("warnings.warn('careful'); logging.error('hm'); os.write(2, b'fd 2'); os.write(1, b'fd 1'); print('x', file=sys.stderr)"),
    )


@hand_in(7.0, BOTH)
def shows_progress(nb):
    write(nb, FIRST, "from tqdm.auto import tqdm\n" + first("for _ in tqdm(range(3)): pass"))


@hand_in(7.0, BOTH)
def prints_much(nb):
    write(nb, FIRST, first("print('x' * 10**6)"))
    own(nb, "print('y' * 10**6)")


@hand_in(7.0, BOTH)
def closes_its_stderr(nb):
    own(nb, "import os; os.close(2); os.close(1)")


@hand_in(7.0, BOTH)
def comes_from_colab(nb):
    nb.cells.insert(0, nbformat.v4.new_markdown_cell("badge", metadata={"id": "view-in-github", "colab_type": "text"}))
    for c in nb.cells:
        c.metadata["id"] = c.pop("id")
        c.metadata["outputId"] = "0a1b"
    nb.nbformat_minor = 0
    nb.metadata["kernelspec"] = {"name": "python3-gpu", "display_name": "Colab"}
    nb.metadata["accelerator"] = "GPU"


@hand_in(7.0, BOTH)
def was_saved_to_github_by_colab(nb):
    badge = nbformat.v4.new_markdown_cell("<a href='https://colab'>", metadata={"id": "view-in-github"})
    badge.pop("id")
    nb.cells.insert(0, badge)


@hand_in(7.0, BOTH)
def has_a_wrong_kernelspec(nb):
    nb.metadata["kernelspec"] = {"name": "julia-1.9", "display_name": "Julia", "language": "julia"}


@hand_in(7.0, BOTH)
def has_no_kernelspec(nb):
    nb.metadata.pop("kernelspec")


@hand_in(7.0, BOTH)
def leaves_widgets(nb):
    nb.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"0": {"model_name": "IntSlider"}}}


@hand_in(7.0, BOTH)
def strips_metadata(nb):
    for c in nb.cells:
        c.metadata.clear()
    nb.metadata.pop("course")


@hand_in(7.0, BOTH)
def copies_a_test_rightly(nb):
    nb.cells.append(copy.deepcopy(cell(nb, f"{FIRST}-graded")))
    nb.cells[-1].id = "copied"


@hand_in(7.0, BOTH)
def deletes_tests_rightly(nb):
    nb.cells = [c for c in nb.cells if not c.id.endswith(("-graded", "-check"))]


@hand_in(7.0, BOTH)
def moves_tests_up(nb):
    tests = [c for c in nb.cells if c.id.endswith("-graded")]
    nb.cells = nb.cells[:3] + tests + [c for c in nb.cells[3:] if c not in tests]


@hand_in(7.0, BOTH)
def reverses_the_exercises(nb):
    parts = [c for c in nb.cells if c.id.startswith(SECOND)]
    rest = [c for c in nb.cells if c not in parts]
    at = next(i for i, c in enumerate(rest) if c.id.startswith(FIRST))
    nb.cells = rest[:at] + parts + rest[at:]


@hand_in(7.0, BOTH)
def answers_in_a_copy(nb):
    original = cell(nb, f"{FIRST}-solution")
    nb.cells.append(copy.deepcopy(original))
    nb.cells[-1].id = "copy-of-it"
    original.source = STUBS[original.id]


@hand_in(7.0, BOTH)
def answers_in_a_cell_of_its_own(nb):
    source = cell(nb, f"{FIRST}-solution").source
    nb.cells = [c for c in nb.cells if c.id != f"{FIRST}-solution"]
    own(nb, source, at=next(i for i, c in enumerate(nb.cells) if c.id == f"{FIRST}-check"))


@hand_in(7.0, BOTH)
def uses_numpy_and_float64(nb):
    write(
        nb,
        FIRST,
        "import numpy as np\ndef mlb_pooling(params, v, h):\n    params = {k: np.asarray(x, np.float64) for k, x in params.items()}\n"
        "    return (np.tanh(np.asarray(v) @ params['U']) * np.tanh(np.asarray(h) @ params['V'])) @ params['P'] + params['b']",
    )


@hand_in(7.0, BOTH)
def is_a_class(nb):
    write(
        nb,
        FIRST,
        "class MLB:\n    def __call__(self, params, v, h):\n"
        "        return (jnp.tanh(v @ params['U']) * jnp.tanh(h @ params['V'])) @ params['P'] + params['b']\nmlb_pooling = MLB()",
    )


@hand_in(7.0, BOTH)
def is_compiled(nb):
    write(nb, FIRST, "import jax\n@jax.jit\n" + first())


@hand_in(7.0, BOTH)
def uses_helpers_of_its_own(nb):
    write(
        nb, FIRST, "def mlb_pooling(params, v, h):\n    return squash(v, params['U']) * squash(h, params['V']) @ params['P'] + params['b']"
    )
    own(nb, "def squash(x, w):\n    return jnp.tanh(x @ w)")


@hand_in(7.0, BOTH)
def uses_a_demonstrations_name(nb):
    write(nb, FIRST, first("assert factor == 3"))


@hand_in(7.0, BOTH)
def changes_a_demonstration(nb):
    target = next(c for c in nb.cells if "a demonstration" in c.source)
    target.source = "one = 1"
    write(nb, FIRST, first("assert one == 1"))


@hand_in(7.0, BOTH)
def uses_magics(nb):
    own(nb, "%%time\nx = 1")
    own(nb, "%matplotlib inline\n!echo hello")


@hand_in(7.0, BOTH)
def draws(nb):
    own(nb, "import matplotlib.pyplot as plt\nplt.plot([1, 2, 3]); plt.show()")


@hand_in(7.0, BOTH)
def has_a_broken_cell_of_its_own(nb):
    own(nb, "1 / 0", at=3)
    own(nb, "this is not Python", at=4)


@hand_in(7.0, BOTH)
def exits_politely(nb):
    own(nb, "raise SystemExit")


@hand_in(7.0, BOTH)
def turns_on_double_precision(nb):
    own(nb, "import jax\njax.config.update('jax_enable_x64', True)", at=3)


@hand_in(7.0, BOTH)
def is_strict_about_numbers(nb):
    own(nb, "import numpy as np, warnings\nnp.seterr(all='raise'); warnings.simplefilter('error')", at=4)


@hand_in(7.0, BOTH)
def seeds_and_changes_folder(nb):
    own(nb, "import os, random\nrandom.seed(0); os.chdir('/tmp')", at=3)


@hand_in(7.0, BOTH)
def forks_a_worker(nb):
    own(nb, "import subprocess, sys\nsubprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])")


@hand_in(7.0, BOTH)
def writes_unusual_text(nb):
    own(nb, "print('→ ü 雪 \\U0001f436 \\x1b[31m red')\n# ü 雪")


@hand_in(7.0, BOTH)
def pastes_pictures(nb):
    cell(nb, f"{QUESTION}-answer")["attachments"] = {"a.png": {"image/png": "AAAA"}}


@hand_in(7.0, BOTH)
def is_slow(nb):
    write(nb, FIRST, "import time\n" + first("time.sleep(0.4)"))


# --- accidents that cost only what cannot be had


@hand_in(4.0, (FIRST,))
def kills_its_kernel(nb):
    write(nb, SECOND, "import os\nos._exit(1)")


@hand_in(3.0, (SECOND,))
def kills_its_kernel_when_asked(nb):
    write(nb, FIRST, wrong("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"))


@hand_in(4.0, (FIRST,))
def loops_for_ever(nb):
    write(nb, SECOND, f"def bilinear_pooling(params, v, h):\n    {ENDLESS}")


@hand_in(7.0, BOTH)
def has_a_cell_that_loops_for_ever(nb):
    own(nb, "while True: pass")


@hand_in(4.0, (FIRST,))
def cannot_be_interrupted(nb):
    write(
        nb,
        SECOND,
        f"def bilinear_pooling(params, v, h):\n    while True:\n        try:\n            {ENDLESS}\n        except BaseException: pass",
    )


@hand_in(4.0, (FIRST,))
def eats_memory(nb):
    write(nb, SECOND, "import numpy as np\ndef bilinear_pooling(params, v, h):\n    return [np.ones(10**8) for _ in range(100)]")


@hand_in(4.0, (FIRST,), flagged=True)
def ends_the_kernel_under_the_next(nb):
    write(
        nb,
        SECOND,
        "import course_utils.exercises.border as border, os\ndef bilinear_pooling(params, v, h):\n"
        "    border.reply = lambda *a, **k: os._exit(1)",
    )


@hand_in(4.0, (FIRST,))
def is_not_python(nb):
    write(nb, SECOND, "def bilinear_pooling(params v, h):\n    return")


@hand_in(4.0, (FIRST,))
def recurses(nb):
    write(nb, SECOND, "def bilinear_pooling(params, v, h):\n    return bilinear_pooling(params, v, h)")


@hand_in(4.0, (FIRST,))
def answers_with_much(nb):
    write(nb, SECOND, "import numpy as np\ndef bilinear_pooling(params, v, h):\n    return np.zeros((40_000_000,)), 1")


@hand_in(4.0, (FIRST,))
def answers_with_objects(nb):
    write(
        nb,
        SECOND,
        "import numpy as np\nclass Evil:\n    def __reduce__(self): return (print, ('unpickled',))\n"
        "def bilinear_pooling(params, v, h):\n    return np.array([Evil(), None], object), Evil()",
    )


@hand_in(4.0, (FIRST,))
def answers_without_end(nb):
    write(nb, SECOND, "def bilinear_pooling(params, v, h):\n    x = []\n    x.append(x)\n    return x, 3")


@hand_in(4.0, (FIRST,))
def answers_with_a_shape_and_few_bytes(nb):
    write(nb, SECOND, "import numpy as np\ndef bilinear_pooling(params, v, h):\n    return np.zeros((10**12, 0), 'int8')")


@hand_in(7.0, BOTH)
def leaves_a_deep_tree(nb):
    own(
        nb,
        "import os\nfrom ipykernel.kernelapp import IPKernelApp\n"
        "os.chdir(os.path.dirname(IPKernelApp.instance().abs_connection_file))\n"
        "for _ in range(1500):\n    os.mkdir('d'); os.chdir('d')\nos.chdir('/')",
    )


@hand_in(4.0, (FIRST,))
def deletes_its_function(nb):
    own(nb, "del bilinear_pooling", at=next(i for i, c in enumerate(nb.cells) if c.id == f"{SECOND}-graded"))


# --- attacks: nothing for nothing


@hand_in(0.0)
def skips_tests(nb):
    for c in nb.cells:
        c.metadata["tags"] = ["skip-execution", "course-grader-skips"]


@hand_in(0.0)
def deletes_tests(nb):
    nb.cells = [c for c in nb.cells if not c.id.endswith(("-graded", "-check"))]


@hand_in(0.0)
def deletes_everything(nb):
    nb.cells = []


@hand_in(3.0, (SECOND,))
def raises_its_points(nb):
    cell(nb, f"{FIRST}-graded").metadata.nbgrader.update(points=99, solution=True)
    cell(nb, f"{SECOND}-solution").metadata.nbgrader.update(grade=True, points=50)


@hand_in(0.0)
def makes_its_answer_graded(nb):
    cell(nb, f"{QUESTION}-answer").metadata.nbgrader.update(grade=False, locked=True)
    cell(nb, f"{FIRST}-solution").metadata.nbgrader.update(grade=True, solution=False, points=4)


@hand_in(0.0)
def copies_a_test(nb):
    nb.cells.append(copy.deepcopy(cell(nb, f"{FIRST}-graded")))
    nb.cells[-1].id = "copied"
    nb.cells[-1].source = "4.0"


@hand_in(0.0)
def writes_its_own_test(nb):
    cell(nb, f"{FIRST}-graded").source = "4.0"
    cell(nb, f"{FIRST}-graded").outputs = [nbformat.v4.new_output("execute_result", {"text/plain": "4.0"}, execution_count=1)]


_ATTACKS_ON_THE_INTERPRETER = {
    "replaces-grade": "import course_utils.exercises as e\ne.grade = lambda *a: 4.0\ngrade = e.grade",
    "replaces-run-cell": "ip = get_ipython()\nold = ip.run_cell\ndef run_cell(source, *a, **k):\n    return old('4.0' if 'hold' in source or 'grade' in source else source, *a, **k)\nip.run_cell = run_cell",
    "transforms-input": "get_ipython().input_transformers_cleanup.append(lambda lines: ['4.0\\n'] if any('grade' in l or 'reply' in l for l in lines) else lines)",
    "transforms-the-tree": "import ast\nclass T(ast.NodeTransformer):\n    def visit_Raise(self, node): return ast.Return(ast.Constant(4.0))\nget_ipython().ast_transformers.append(T())",
    "hooks-cells": "get_ipython().events.register('pre_run_cell', lambda info: print(4.0))\nget_ipython().events.register('post_run_cell', lambda r: print(4.0))",
    "formats-results": "get_ipython().display_formatter.formatters['text/plain'].for_type(float, lambda x, p, c: p.text('4.0'))",
    "patches-numpy-testing": "import numpy as np\nnp.testing.assert_allclose = lambda *a, **k: None\nnp.allclose = lambda *a, **k: True\nnp.array_equal = lambda *a, **k: True",
    "patches-the-judge": "from course_utils.exercises import judges, core, checks\njudges.judge_values = lambda *a, **k: core.Verdict(1.0, 'right')\nchecks.verdict = lambda *a, **k: core.Verdict(1.0, 'right')\ncore.Verdict.score = 1.0",
    "answers-with-garbage": "import course_utils.exercises.border as b\nb.encode = lambda v: b'\\x80\\x04garbage' * 1000",
    "answers-with-a-pickle": 'import pickle, course_utils.exercises.border as b\nclass E:\n    def __reduce__(self): return (exec, (\'open("/tmp/pwned", "w")\',))\nb.encode = lambda v: pickle.dumps(E())',
    "answers-with-a-link": "import os, course_utils.exercises.border as b\ndef reply(i, asked, answered, **k): os.symlink('/etc/passwd', answered)\nb.reply = reply",
    "answers-with-a-pipe": "import os, course_utils.exercises.border as b\ndef reply(i, asked, answered, **k): os.mkfifo(answered)\nb.reply = reply",
    "answers-with-a-folder": "import os, course_utils.exercises.border as b\ndef reply(i, asked, answered, **k): os.mkdir(answered)\nb.reply = reply",
    "claims-a-huge-answer": "import course_utils.exercises.border as b\nhead = b'[' * 10**6\nb.encode = lambda v: b._MAGIC + (2**62).to_bytes(8, 'little') + head",
    "claims-a-huge-array": "import json, course_utils.exercises.border as b\nhead = json.dumps({'l': [{'a': ['float32', [2**39, 2**39]]}]}).encode()\nb.encode = lambda v: b._MAGIC + len(head).to_bytes(8, 'little') + head",
    "nests-its-answer": "import course_utils.exercises.border as b\nhead = b'{\"l\":[' * 100000\nb.encode = lambda v: b._MAGIC + len(head).to_bytes(8, 'little') + head",
    "answers-nothing": "import course_utils.exercises.border as b\nb.encode_old = b.encode\nb.encode = lambda v: b.encode_old([])",
    "holds-another-exercise": "import course_utils.exercises.border as b\nb._held.clear()\nb.hold = lambda *a: None",
    "shadows-modules": "open('numpy.py', 'w').write('ones = zeros = None')\nopen('/tmp/sitecustomize.py', 'w').write('raise SystemExit')\nopen('course_utils.py', 'w').write('x = 1')",
    "reads-solutions": f"{EVERYWHERE}import re\ntext = ''.join(open(f).read() for f in everywhere() if '/01_small.' in f or '/solutions/' in f)\n"
    "exec(re.search(r'def mlb_pooling.*?END', text, re.S).group())",
    "reads-another-hand-in": f"{EVERYWHERE}import json\nfor f in everywhere('.ipynb'):\n    for c in json.load(open(f))['cells']:\n        exec(''.join(c['source']))",
    "writes-the-gradebook": f"{EVERYWHERE}import sqlite3\nfound = list(everywhere('gradebook.db'))\nassert found\nfor f in found:\n"
    "    d = sqlite3.connect(f); d.execute('update grade set auto_score = 99'); d.commit()",
    "reads-the-seed": f"{EVERYWHERE}seed = [open(f).read() for f in everywhere('instructor_seed')]\nassert seed or os.environ['COURSE_GRADING_SEED']",
    "leaves-a-daemon": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(600)\n    os._exit(0)",
    "breeds": "import os, time\nfor _ in range(3):\n    try:\n        for _ in range(300):\n            if os.fork() == 0: time.sleep(60); os._exit(0)\n    except OSError: pass",
    "fills-the-disk": "try:\n    for i in range(100):\n        open(f'/tmp/{i}', 'wb').write(b'x' * 10**7)\nexcept OSError as e: print(e)",
    "calls-home": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:8888', timeout=2)",
}


def _on_the_interpreter(source):
    def change(nb):
        own(nb, source, at=next(i for i, c in enumerate(nb.cells) if c.id == f"{FIRST}-solution"))

    return change


ALL += [
    HandIn(name, 0.0, (), _on_the_interpreter(source), flagged="course_utils.exercises" in source)
    for name, source in _ATTACKS_ON_THE_INTERPRETER.items()
]

_NOT_ANSWERS = {
    "answers-nan": "return jnp.full(v.shape[:-1] + params['b'].shape, jnp.nan)",
    "answers-zero": "return 0.0",
    "answers-none": "return None",
    "answers-an-empty-array": "return jnp.zeros((0,))",
    "answers-broadcastable": "return ((jnp.tanh(v @ params['U']) * jnp.tanh(h @ params['V'])) @ params['P'] + params['b']).mean(0, keepdims=True)",
    "answers-its-inputs": "return v, h, params",
    "answers-an-equal-to-all": "class A:\n    __array_priority__ = 1e9\n    def __eq__(self, o): return True\n    shape = (2, 3)\nreturn A()",
    "answers-text": "return 'right, on every case'",
    "answers-from-the-stack": "import sys\nf = sys._getframe()\nwhile f:\n    for x in f.f_locals.values():\n        if hasattr(x, 'truth') and x.truth is not None: return x.truth\n    f = f.f_back\nraise ValueError",
}


def _as_an_answer(body):
    return lambda nb: write(nb, FIRST, wrong(body))


ALL += [HandIn(name, 0.0, (), _as_an_answer(body)) for name, body in _NOT_ANSWERS.items()]


@hand_in(4.0, flagged=True)
def imports_the_reference(nb):
    write(nb, FIRST, "from course_utils.models.fusion.pooling import mlb_pooling")


@hand_in(4.0, flagged=True)
def calls_the_reference(nb):
    write(
        nb,
        FIRST,
        "from course_utils.models import fusion\ndef mlb_pooling(params, v, h):\n    return fusion.pooling.mlb_pooling(params, v, h)",
    )


@hand_in(4.0, flagged=True)
def finds_the_reference(nb):
    write(nb, FIRST, "from course_utils.exercises import checks\nmlb_pooling = checks.find('01.3').reference")


# --- leaks: hidden cases in the feedback


@hand_in(7.0, BOTH)
def prints_its_inputs(nb):
    write(
        nb,
        FIRST,
        "import sys\nseen = []\n"
        + first("seen.append([float(x) for x in jnp.ravel(v)]); print('INPUT', seen); print('INPUT', seen, file=sys.stderr)"),
    )
    own(nb, "print('SEEN', seen)")
    own(nb, "import atexit; atexit.register(lambda: print('SEEN', seen))")


@hand_in(0.0)
def raises_its_inputs(nb):
    write(nb, FIRST, wrong("raise ValueError(f'INPUT {[float(x) for x in jnp.ravel(v)]}')"))


@hand_in(4.0)
def remembers_its_inputs_until_it_is_asked_for_what_is_shown(nb):
    visible = [round(float(case.args[1].flat[0]), 5) for case in checks.find("01.3").cases(0)]
    write(
        nb,
        FIRST,
        "seen = []\n"
        + first(f"seen.append(float(jnp.ravel(v)[0]))\nif round(seen[-1], 5) in {visible}: raise ValueError(f'INPUT {{seen[:8]}}')"),
    )


@hand_in(4.0)
def shows_one_exercises_inputs_in_another(nb):
    write(nb, FIRST, "seen = []\n" + first("seen.append(float(jnp.ravel(v)[0]))"))
    write(nb, SECOND, "def bilinear_pooling(params, v, h):\n    raise ValueError(f'INPUT {seen[-8:]}')")


@hand_in(7.0, BOTH)
def shows_all_that_it_can_read(nb):
    own(nb, f"{EVERYWHERE}for name in [*everywhere('.ipynb'), *glob.glob('*')]:\n    print(open(name).read())\nprint(In, dict(os.environ))")


# --- refused, with a reason


@hand_in(None, BOTH)
def is_older(nb):
    nb.metadata.course["release"] = "0123456789ab"


@hand_in(None, BOTH)
def is_another(nb):
    nb.metadata.course["notebook"] = "05_other"


STUBS: dict[str, str] = {}


def made(hand_in: HandIn, released, answers: dict[str, str]):
    """The notebook of a hand-in, from the released one and the right answers (cell id → source)."""
    STUBS.update({c.id: c.source for c in released.cells})
    nb = copy.deepcopy(released)
    for c in nb.cells:
        if c.id in answers and c.id.rsplit("-", 1)[0] in hand_in.solved:
            c.source = answers[c.id]
    if hand_in.change:
        hand_in.change(nb)
    return nb
