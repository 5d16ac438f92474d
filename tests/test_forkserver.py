"""Kernels forked from one parent: each has no rights, meets no other, and ends with its sandbox."""

import json
import os
import signal
import time
import uuid

import psutil
import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
import nbformat
from classroom import PATIENCE  # which also asks for bubblewrap
from nbclient.exceptions import DeadKernelError

from course_utils.instructor import forkserver, sandbox
from course_utils.instructor.kernel import Kernel


def kernel() -> Kernel:
    """A kernel in a sandbox, not yet started."""
    return Kernel(
        sandboxed=True, environment={}, cache=None, timeout=PATIENCE, startup_timeout=120, end=time.monotonic() + 300, largest_output=10_000
    )


def said(run: Kernel, code: str) -> str:
    """What ``code`` prints in the kernel."""
    cell = nbformat.v4.new_code_cell(code)
    run.show(cell)
    assert not [o for o in cell.outputs if o.output_type == "error"], cell.outputs
    return "".join(o.text for o in cell.outputs if o.output_type == "stream").strip()


@pytest.fixture(scope="module")
def one():
    with kernel() as run:
        yield run


@pytest.fixture(scope="module")
def other():
    with kernel() as run:
        yield run


def test_a_kernel_has_no_rights_and_cannot_get_any(one):
    status = dict(line.split(":\t") for line in said(one, "print(open('/proc/self/status').read())").splitlines() if ":\t" in line)
    assert {status[name].strip() for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
    assert set(status["Uid"].split()) == {"65534"}


def test_a_kernel_cannot_make_namespaces_to_be_root_in(one):
    rights = "import subprocess\nprint(subprocess.run(['unshare', *{}], capture_output=True).returncode)"
    assert said(one, rights.format(["-n", "true"])) != "0"
    # Where a system lets everybody make a user namespace, what is mounted there stays there, and read-only stays read-only.
    assert said(one, rights.format(["-Urm", "mount", "-o", "remount,rw", "/usr"])) != "0"
    assert said(one, "import os\nprint(os.access('/usr', os.W_OK))") == "False"


def test_two_kernels_see_no_process_and_no_file_of_each_other(one, other):
    secret = uuid.uuid4().hex
    for place in ("/tmp", "/home/student", "/dev/shm"):
        said(one, f"open('{place}/{secret}', 'w').write('mine')")
    said(one, "import subprocess\nprocess = subprocess.Popen(['sleep', '61'])")
    found = said(other, "import os\nfor place in ('/tmp', '/home/student', '/dev/shm'):\n    print(os.listdir(place))")
    assert secret not in found
    commands = "import glob\nprint([open(p).read() for p in glob.glob('/proc/[0-9]*/cmdline')])"
    assert "sleep" in said(one, commands) and "sleep" not in said(other, commands)


def test_two_kernels_share_no_network_and_no_memory_to_attach_to(one, other):
    spaces = "import os\nprint({n: os.readlink('/proc/self/ns/' + n) for n in ('net', 'ipc', 'mnt', 'pid', 'user', 'uts')})"
    mine, yours = eval(said(one, spaces)), eval(said(other, spaces))
    outside = {name: os.readlink(f"/proc/self/ns/{name}") for name in mine}
    for name in mine:
        assert len({mine[name], yours[name], outside[name]}) == 3, name


def test_a_kernel_holds_no_file_but_its_own_sockets(one):
    listed = json.loads(
        said(one, "import os, json\nprint(json.dumps([os.path.realpath(f'/proc/self/fd/{f}') for f in os.listdir('/proc/self/fd')]))")
    )
    files = {f for f in listed if f.startswith("/") and not f.startswith("/proc/")}
    assert files <= {"/dev/null", "/home/student"}, files


def test_what_one_changes_in_a_module_another_does_not_find(one, other):
    said(one, "import numpy, course_utils\nnumpy.pi = 3\ncourse_utils.left = 'a note'")
    assert said(other, "import numpy, course_utils\nprint(numpy.pi > 3.1, hasattr(course_utils, 'left'))") == "True False"


def test_two_kernels_do_not_draw_the_same_numbers(one, other):
    draw = "import numpy, random, uuid\nprint(numpy.random.rand(), random.random())"
    mine, yours = said(one, draw).split(), said(other, draw).split()
    assert all(a != b for a, b in zip(mine, yours, strict=True))


def test_limits_hold(one):
    assert said(one, "import resource\nprint(resource.getrlimit(resource.RLIMIT_CORE))") == "(0, 0)"
    assert said(one, "try:\n    bytearray(8 * 2**30)\nexcept MemoryError:\n    print('too much')") == "too much"


def test_a_kernel_that_dies_takes_its_sandbox_with_it():
    with kernel() as run:
        top = psutil.Process(run._manager.provisioner.process.pid)
        with pytest.raises(DeadKernelError):
            run.show(nbformat.v4.new_code_cell("import os, subprocess\nsubprocess.Popen(['sleep', '600'])\nos._exit(1)"))
        assert psutil.wait_procs([top], timeout=20)[1] == []


def test_the_parents_death_stops_no_class():
    with kernel() as first:
        parent = next(iter(forkserver._servers.values()))
        os.kill(parent._process.pid, signal.SIGKILL)
        parent._process.wait()
        assert said(first, "print(1 + 1)") == "2"  # who runs already goes on
    with kernel() as second:
        assert said(second, "print(1 + 1)") == "2"


def test_a_parent_ends_with_its_worker():
    server = forkserver.ForkServer(sandbox.student_environment(None, {}))
    process = server._process
    server._socket.close()
    assert process.wait(20) == 0
