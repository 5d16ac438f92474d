"""What installs, where, and what it brings along: environment.yml, Colab's frozen pins, a wheel outside the checkout, a release."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from conftest import NOTEBOOKS, ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RELEASED = [name for name in NOTEBOOKS if (ROOT / "notebooks" / name / f"{name}.ipynb").is_file()]


def run(*command: str | Path, **options) -> subprocess.CompletedProcess:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, stdin=subprocess.DEVNULL, **options)


def pins() -> dict[str, str]:
    """What tests/colab-pins.txt pins."""
    lines = (ROOT / "tests/colab-pins.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory) -> Path:
    pytest.importorskip("hatchling", reason="building a wheel needs hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    done = run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, ROOT)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


def site_packages(python: Path) -> Path:
    return Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip())


def empty_environment(folder: Path) -> Path:
    """The Python of a new environment without anything in it, pip included."""
    venv.create(folder, with_pip=False, symlinks=True)
    return folder / "bin" / "python"


# --- environment.yml


def conda() -> list:
    """The dependencies of environment.yml: strings, and the list under ``pip:`` as a list. (Read by hand: no YAML library
    is needed for twelve lines.)"""
    lines = (ROOT / "environment.yml").read_text().split("dependencies:\n", 1)[1].split("\n")
    plain = [line[4:] for line in lines if re.match(r"  - \S", line) and not line.endswith(":")]
    return [*plain, [line.strip()[2:] for line in lines if re.match(r"      - ", line)]]


def test_environment_yml_agrees_with_pyproject():
    *plain, by_pip = conda()
    assert f"python{PROJECT['requires-python']}" in plain and "pip" in plain
    assert by_pip == ["-e .[lab,instructor]"]  # every other version is pyproject's own
    assert {"lab", "instructor"} <= set(PROJECT["optional-dependencies"])
    assert len(plain) == 2
    assert f"name: {PROJECT['name']}" in (ROOT / "environment.yml").read_text()


# --- the Python that make uses


def test_a_command_that_only_pretends_to_be_a_python_is_passed_over(tmp_path):
    shims, versions = tmp_path / "bin", tmp_path / "pyenv/versions/3.13.0/bin"
    for folder, name, body in (
        (shims, "python3.12", "exit 127"),
        (shims, "python3", "exit 1"),
        (versions, "python", f'exec "{sys.executable}" "$@"'),
    ):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    for tool in ("sh", "ls"):
        (shims / tool).symlink_to(shutil.which(tool))
    environment = {"PATH": str(shims), "PYENV_ROOT": str(tmp_path / "pyenv"), "HOME": str(tmp_path)}
    this = f"python3.{sys.version_info[1]}"
    for named in ((), (this,), ("python3.99",)):  # one that is not there is done without
        assert run("sh", ROOT / "tools/python.sh", *named, env=environment).stdout.strip() == str(versions / "python")
    (versions / "python").unlink()
    done = run("sh", ROOT / "tools/python.sh", env=environment)
    assert done.returncode == 1 and done.stderr.startswith("No Python 3.12 or 3.13")


# --- Colab


def test_a_package_list_is_compared_with_the_pins(tmp_path):
    def compare(text):
        (tmp_path / "list.txt").write_text(text)
        done = run(sys.executable, ROOT / "tools/pins.py", tmp_path / "list.txt")
        return done.returncode, done.stdout.split("\n")[:-1]

    same = "# a comment\n" + "".join(f"{name.replace('_', '-').title()}=={version}\n" for name, version in pins().items())
    assert compare(f"{same}google-colab @ file:///colabtools/dist/google_colab.tar.gz\n") == (0, [])
    other = same.replace(f"Jax=={pins()['jax']}", "jax==0.9.9").replace(f"Einops=={pins()['einops']}\n", "")
    status, lines = compare(other)
    assert status == 1 and lines == [
        f"jax: pinned {pins()['jax']}, in the list 0.9.9",
        f"einops: pinned {pins()['einops']}, in the list missing",
    ]
    assert run(sys.executable, ROOT / "tools/pins.py").returncode == 2


def would_install(python: Path, wheel: Path) -> list[str]:
    done = run(sys.executable, "-m", "pip", "--python", python, "install", "--dry-run", "--no-index", "--quiet", "--report", "-", wheel)
    assert done.returncode == 0, done.stderr
    return [item["metadata"]["name"] for item in json.loads(done.stdout)["install"]]


def pretend(python: Path, installed: dict[str, str]) -> None:
    """Makes pip believe that ``installed`` is there: it reads nothing but the metadata."""
    for name, version in installed.items():
        info = site_packages(python) / f"{name.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        (info / "INSTALLER").write_text("pip\n")


def test_installing_into_colabs_pins_installs_the_course_and_nothing_else(tmp_path, wheel):
    python = empty_environment(tmp_path / "colab")
    pretend(python, pins())
    assert would_install(python, wheel) == [PROJECT["name"]]


def test_a_floor_above_colabs_pins_would_be_noticed(tmp_path, wheel):
    python = empty_environment(tmp_path / "colab")
    pretend(python, pins() | {"flax": "0.10.0"})
    done = run(sys.executable, "-m", "pip", "--python", python, "install", "--dry-run", "--no-index", wheel)
    assert done.returncode and "flax" in done.stderr


def test_installing_into_the_frozen_stack_itself_installs_the_course_and_nothing_else(wheel):
    import jax

    if jax.__version__ != pins()["jax"]:
        pytest.skip("this is not the frozen stack")
    assert would_install(sys.executable, wheel) == [PROJECT["name"]]


def test_the_pins_are_what_the_frozen_stack_has():
    from importlib.metadata import version

    if version("jax") != pins()["jax"]:
        pytest.skip("this is not the frozen stack")
    wrong = {name: version(name) for name, pin in pins().items() if version(name) != pin}
    assert not wrong


# --- a wheel outside the checkout


@pytest.fixture(scope="session")
def elsewhere(tmp_path_factory, wheel) -> Path:
    """A Python outside the checkout that has the wheel; its libraries are those of this environment, the course is not."""
    folder = tmp_path_factory.mktemp("elsewhere")
    python = empty_environment(folder / "venv")
    site = site_packages(python)
    done = run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", site, wheel)
    assert done.returncode == 0, done.stderr
    # a path in a .pth file is searched, but the .pth files in it (an editable install of the course) are not read
    (site / "libraries.pth").write_text("\n".join({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}) + "\n")
    return python


def outside(**more: str) -> dict[str, str]:
    keep = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "MPLBACKEND", "COURSE_FAST", "COURSE_GRADING_SEED")}
    return keep | {"COURSE_FAST": "1"} | more


def test_the_wheel_holds_the_data_and_is_what_is_imported(elsewhere, tmp_path):
    code = (
        "import course_utils; from course_utils import paths; print(course_utils.__file__); print(paths.data_dir());"
        "import json; [paths.data_file(n) for n in json.loads((paths.data_dir() / 'CHECKSUMS.json').read_text())]"
    )
    done = run(elsewhere, "-c", code, cwd=tmp_path, env=outside())
    assert done.returncode == 0, done.stderr
    home = str(elsewhere.parents[1])
    assert all(line.startswith(home) for line in done.stdout.split("\n") if line), done.stdout


def test_the_wheel_holds_every_data_file_and_its_licences(wheel):
    packed = {name.removeprefix("course_utils/_data/") for name in zipfile.ZipFile(wheel).namelist()}
    listed = json.loads((ROOT / "data/CHECKSUMS.json").read_text())
    assert packed >= {*listed, "ATTRIBUTION.md", *(f"licences/{path.name}" for path in (ROOT / "data/licences").iterdir())}
    assert "checkpoints/grid_tower.safetensors" in listed


def test_a_checkpoint_loads_from_the_wheel(elsewhere, tmp_path):
    code = "from course_utils.towers import grid; print(grid.frozen_tower().describe.kernel.shape)"
    done = run(elsewhere, "-c", code, cwd=tmp_path, env=outside())
    assert done.returncode == 0 and done.stdout.strip() == "(1323, 128)", done.stderr


_EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
nb = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(nb, timeout=300, kernel_name="python3").execute()
"""


@pytest.mark.colab
@pytest.mark.parametrize("name", RELEASED)
def test_the_released_notebook_runs_from_the_wheel(elsewhere, tmp_path, name):
    """Untouched, in fast mode, as in Colab: a learner who has not solved anything meets no error.

    On the newest releases the solution is run cell by cell, and the released notebook handed in untouched.
    """
    pytest.importorskip("nbclient")
    done = run(elsewhere, "-c", _EXECUTE, ROOT / "notebooks" / name / f"{name}.ipynb", cwd=tmp_path, env=outside())
    assert done.returncode == 0, done.stderr[-3000:]


# --- the setup cell

_SETUP = """
import sys, types
{before}
sys.path = [p for p in sys.path if p]
cell = open(sys.argv[1]).read()
try:
    exec(cell, dict())
except Exception as stop:
    print("STOP", *stop._render_traceback_(), sep="|")
else:
    print("GOES ON")
"""


def project(folder: Path, version: str = "3.1.0", url: str = "https://127.0.0.1:9/nowhere") -> Path:
    """A folder of its own with a ``pyproject.toml`` of that version and address."""
    folder = folder / f"{version} {url.rpartition('/')[2]}"
    folder.mkdir(exist_ok=True)
    text = f'[project]\nversion = "{version}"\ndependencies = ["jax>=0.7.1"]\n[project.urls]\nRepository = "{url}"\n'
    (folder / "pyproject.toml").write_text(text)
    return folder


@pytest.fixture
def setup_cell(tmp_path):
    """Runs the setup cell of :func:`project` with a given Python; returns what the learner would read."""
    assembling = pytest.importorskip("course_utils.instructor.assemble", reason="the setup cell is written by the instructor's tools")

    def learner_sees(python, before="", released=(), **environment):
        path = tmp_path / "cell.py"
        path.write_text(assembling.setup_cell(project(tmp_path, *released)))
        done = run(python, "-c", _SETUP.format(before=before), path, cwd=tmp_path, env=outside(**environment))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return learner_sees


COMMIT = ("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q")
COLAB = "sys.modules['google.colab'] = types.ModuleType('google.colab')"


def test_the_setup_cell_does_nothing_where_the_course_is(setup_cell, elsewhere):
    forbid = "import subprocess; subprocess.run = None"
    assert setup_cell(elsewhere, forbid) == setup_cell(elsewhere, f"{COLAB}; {forbid}") == "GOES ON"


def test_a_kernel_without_the_course_says_what_to_do_in_one_sentence(setup_cell, tmp_path):
    text = setup_cell(empty_environment(tmp_path / "bare"))
    assert text.startswith("STOP|This kernel does not have the course: ") and "make lab" in text and text.count(". ") == 0


def test_without_network_colab_says_what_to_do_in_one_sentence(setup_cell, tmp_path):
    text = setup_cell(empty_environment(tmp_path / "bare"), COLAB)
    assert text.startswith("STOP|The course could not be fetched from https://127.0.0.1:9/nowhere: check the internet")


def test_a_release_that_is_gone_is_named_in_one_sentence(setup_cell, tmp_path):
    """Asked of git itself: a repository without that tag."""
    repository = tmp_path / "course"
    for command in (("init", "-q", repository), ("-C", repository, *COMMIT, "--allow-empty", "-m", "x")):
        assert run("git", *command).returncode == 0
    there = ("3.1.0", f"file://{repository}")
    text = setup_cell(empty_environment(tmp_path / "bare"), f"{COLAB}; sys.executable = {sys.executable!r}", there)
    assert text == f"STOP|There is no v3.1.0 at file://{repository}: open this notebook anew from the table there."


@pytest.mark.parametrize("have, old", [("0.5.3", True), ("0.7.0", True), ("0.7.1", False), ("0.12.0.1", False)])
def test_a_runtime_with_too_old_a_jax_is_told_which_menu_to_use(setup_cell, tmp_path, have, old):
    python = empty_environment(tmp_path / "bare")
    pretend(python, {"jax": have})
    text = setup_cell(python, COLAB)
    assert text.startswith(f"STOP|This runtime has JAX {have}, and the course needs 0.7.1 or later: ") == old
    assert ("menu Runtime, Change runtime type, Runtime version" in text) == old


@pytest.mark.parametrize(
    "version, ref, says", [("3.1.0", "v3.1.0", "of release v3.1.0"), ("3.2.0.dev0", "main", "follows the branch main")]
)
def test_in_colab_the_setup_cell_installs_the_release_that_it_belongs_to(setup_cell, tmp_path, version, ref, says):
    python = empty_environment(tmp_path / "bare")
    site = site_packages(python)
    pip = (
        "import os, subprocess\nclass Done: returncode, stderr = 0, ''\ndef install(command, **_):\n    print(' '.join(command[1:]))\n"
        f"    os.makedirs({str(site / 'course_utils')!r}); open({str(site / 'course_utils/__init__.py')!r}, 'w'); return Done\n"
        "subprocess.run = install"
    )
    text = setup_cell(python, f"{COLAB}\n{pip}", (version,))
    assert text == f"-m pip install --quiet git+https://127.0.0.1:9/nowhere@{ref}\nGOES ON"
    assert says in (tmp_path / "cell.py").read_text().split("\n")[2]


def test_the_badge_opens_the_same_release(tmp_path):
    assembling = pytest.importorskip("course_utils.instructor.assemble", reason="so is the badge")
    assert "/nowhere/blob/v3.1.0/notebooks/05_x/05_x.ipynb" in assembling.badge("05_x", project(tmp_path))


# --- a release


def test_a_release_is_refused_until_tree_version_and_built_files_agree(tmp_path):
    course, built = tmp_path / "course", tmp_path / "python"
    (course / "tools").mkdir(parents=True)
    shutil.copy(ROOT / "tools/release.sh", course / "tools")
    built.write_text(f'#!/bin/sh\n[ "$1" = -c ] && exec {sys.executable} "$@"\n[ -f {tmp_path}/stamped ]\n')  # else it is the build's check
    built.chmod(0o755)

    def release(version=None):
        if version:
            (course / "pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')
        done = run("sh", course / "tools/release.sh", env=os.environ | {"PYTHON": str(built)})
        return (done.stdout if done.returncode == 0 else f"REFUSED {done.stderr}").strip()

    run("git", "init", "-q", course)
    assert "REFUSED Version 3.1.0.dev0" in release("3.1.0.dev0") and "write 3.1.0 there" in release()
    assert "not committed" in release("3.1.0")
    run("git", "-C", course, "add", "-A")
    run("git", "-C", course, *COMMIT, "-m", "x")
    assert "REFUSED The built files are not those of v3.1.0" in release()
    (tmp_path / "stamped").touch()
    assert release() == "Everything agrees on v3.1.0. Now: git tag v3.1.0 && git push origin v3.1.0"
    run("git", "-C", course, "tag", "v3.1.0")
    assert "REFUSED The tag v3.1.0 is there already" in release()
