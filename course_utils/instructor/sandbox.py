"""A place of its own for every hand-in's kernel: bubblewrap, resource limits, and a watch over what they do not limit.

Inside there is no network, nobody else's process or file, no gradebook, no solution; the system, the Python environment
and the course are read-only; the home folder is empty, private and forgotten afterwards. Kernel and grader talk through
sockets in one folder, which is all that both can write.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

import course_utils
from course_utils import paths
from course_utils.instructor import forkserver

HOME = "/home/student"
GIB = 2**30
# Of one process (setrlimit); the watch bounds what all of a hand-in's processes take together.
LIMITS = {"as": 16 * GIB, "data": 6 * GIB, "fsize": 200_000_000, "nofile": 1024, "core": 0, "nproc": 2048}
MOST_MEMORY, MOST_FILES, MOST_PROCESSES = 3 * GIB, 400_000_000, 200
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/sbin",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/fonts",
    "/etc/localtime",
    "/etc/alternatives",
    "/opt",
)


class NoSandbox(RuntimeError):
    """Why hand-ins cannot be run apart from everything else on this machine, and what to do."""


def require() -> None:
    """Raises :class:`NoSandbox` where bubblewrap is missing or may not make its namespaces."""
    if not shutil.which("bwrap"):
        raise NoSandbox(
            "Hand-ins run in a sandbox, and bwrap is not installed here: install bubblewrap "
            "(Debian, Ubuntu: `apt-get install bubblewrap`). To grade without it, with your own rights, "
            "say so: `--without-sandbox`."
        )
    if os.spawnvp(os.P_WAIT, "bwrap", ["bwrap", *_namespaces(), "--ro-bind", "/", "/", "true"]):
        raise NoSandbox(
            "bubblewrap is installed, but this system does not let it make namespaces (see its message above): "
            "allow unprivileged user namespaces, or grade on another machine. To grade without it, with your own rights, "
            "say so: `--without-sandbox`."
        )


def _namespaces() -> list[str]:
    return ["--unshare-all", "--die-with-parent", "--new-session", "--uid", "65534", "--gid", "65534", "--cap-drop", "ALL"]


def command(inside: list[str], shared: Path, environment: dict[str, str], info: int, *, warms: bool = False) -> list[str]:
    """The command that runs ``inside`` in a new sandbox, and tells its process id on the file descriptor ``info``.

    Both sides see ``shared`` under the same path.

    Mounted read-only: the system's programs and libraries, the Python environment that runs this, the course's code and
    data, and, if there is one, the cache of compiled programs (``JAX_COMPILATION_CACHE_DIR`` in ``environment``), which
    only the course's own solution may write (``warms``).
    """
    package = Path(course_utils.__file__).resolve().parent
    readable = [*_SYSTEM, sys.base_prefix, sys.prefix, str(package), str(paths.data_dir().resolve())]
    cache = environment.get("JAX_COMPILATION_CACHE_DIR")
    if cache and not warms:
        readable.append(cache)
    bwrap = [
        "bwrap",
        "--info-fd",
        str(info),
        *_namespaces(),
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--size",
        "400000000",
        "--tmpfs",
        "/tmp",
        "--size",
        "400000000",
        "--tmpfs",
        HOME,
    ]
    for path in dict.fromkeys(readable):
        if not os.path.islink(path):
            bwrap += ["--ro-bind-try", path, path]
        elif path in _SYSTEM:
            bwrap += ["--symlink", os.readlink(path), path]
        else:  # an environment that is a link: what it points to is needed, too
            bwrap += ["--ro-bind-try", os.path.realpath(path), os.path.realpath(path), "--symlink", os.path.realpath(path), path]
    bwrap += [
        "--tmpfs",
        str(package / "instructor"),
        *(["--bind", cache, cache] if cache and warms else []),
        "--bind",
        str(shared),
        str(shared),
        "--chdir",
        HOME,
        "--clearenv",
    ]
    return [*bwrap, "--", *inside]


class SandboxProvisioner(LocalProvisioner):
    """Starts a kernel inside a new sandbox instead of beside the grader.

    The process that is waited for is the sandbox's own: it reads a pipe that the kernel's guard holds open, and ends with it.
    """

    shared: Path
    environment: dict[str, str]
    warms: bool

    async def launch_kernel(self, cmd: list[str], **kwargs: Any):
        server = forkserver.of(self.environment)
        (ends, held), (told, info), (heard, says) = os.pipe(), os.pipe(), os.pipe()
        try:
            # The launcher of kernels makes a pipe of its own where no stdin is given.
            place = await super().launch_kernel(
                command(["/bin/sh", "-c", "echo; exec cat"], self.shared, self.environment, info, warms=self.warms),
                env={"PATH": os.environ.get("PATH", os.defpath)},
                cwd="/",
                stdin=ends,
                stdout=says,
                stderr=subprocess.DEVNULL,
                pass_fds=(info,),
                **{k: v for k, v in kwargs.items() if k not in ("env", "cwd", "stdin", "stdout", "stderr")},
            )
            for fd in (info, says):
                os.close(fd)
            info = says = -1
            if os.read(heard, 1) != b"\n":  # it is said when everything is mounted
                raise NoSandbox("bubblewrap could not make a sandbox for a hand-in.")
            guard = server.fork(
                json.loads(os.read(told, 10_000))["child-pid"],
                held,
                connection_file=cmd[cmd.index("-f") + 1],
                arguments=cmd[cmd.index("-f") + 2 :],
                environment=self.environment,
                folder=HOME,
                limits=LIMITS,
            )
        finally:
            for fd in (ends, held, told, info, heard, says):
                if fd >= 0:
                    os.close(fd)
        threading.Thread(target=self._watch, args=(self.process.pid, guard), daemon=True).start()
        return place

    def _watch(self, sandbox_pid: int, guard_pid: int) -> None:
        """Ends a hand-in that takes more memory, disk or processes than one may."""
        try:
            top, guard = psutil.Process(sandbox_pid), psutil.Process(guard_pid)
        except psutil.NoSuchProcess:
            return
        while True:
            try:
                # what a process of the kernel's leaves behind becomes the sandbox's
                family = top.children(recursive=True) + guard.children(recursive=True)
                if not top.is_running() or top.status() == psutil.STATUS_ZOMBIE:
                    return
                memory = sum(_memory(process) for process in family)
                files = sum(f.stat().st_size for f in self.shared.iterdir() if f.is_file() and not f.is_symlink())
            except psutil.NoSuchProcess:
                return
            except FileNotFoundError:
                continue
            except PermissionError:  # it hides what it writes
                files = MOST_FILES + 1
            if memory > MOST_MEMORY or len(family) > MOST_PROCESSES or files > MOST_FILES:
                top.kill()  # the sandbox dies with its parent, and everything in it with the sandbox
                return
            time.sleep(0.2)


def _memory(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.NoSuchProcess:
        return 0


class SandboxKernelManager(AsyncKernelManager):
    """A kernel manager whose kernel runs in a sandbox and speaks through sockets in a private folder."""

    def __init__(self, *, environment: dict[str, str], warms: bool = False, **kwargs: Any):
        base = tempfile.gettempdir()
        self.shared = Path(
            tempfile.mkdtemp(prefix="vlm-", dir=base if len(base) < 60 else "/tmp")
        )  # sockets' paths have 107 characters at most
        super().__init__(**kwargs)
        self.transport, self.ip = "ipc", str(self.shared / "k")
        self.connection_file = str(self.shared / "connection.json")
        self._environment, self._warms = environment, warms

    async def _async_pre_start_kernel(self, **kwargs: Any):
        self.provisioner = SandboxProvisioner(kernel_id="sandbox", kernel_spec=self.kernel_spec, parent=self)
        self.provisioner.shared, self.provisioner.environment, self.provisioner.warms = self.shared, self._environment, self._warms
        self.kernel_spec.interrupt_mode = "message"  # a signal does not reach into another process namespace
        return await super()._async_pre_start_kernel(**kwargs)

    pre_start_kernel = _async_pre_start_kernel


def student_environment(cache: Path | None, more: dict[str, str]) -> dict[str, str]:
    """What a hand-in's kernel finds in ``os.environ``, and nothing of the grader's."""
    environment = {
        "HOME": HOME,
        "PATH": f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TMPDIR": "/tmp",
        "IPYTHONDIR": f"{HOME}/.ipython",
        "MPLCONFIGDIR": f"{HOME}/.matplotlib",
        "JAX_PLATFORMS": "cpu",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONNOUSERSITE": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        # One thread each (NPROC is XLA's): hand-ins run beside each other, and no sum depends on how many do.
        "NPROC": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    if cache:  # of every program, however small or quick
        environment |= {
            "JAX_COMPILATION_CACHE_DIR": str(cache),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        }
    return environment | more
