"""Kernels that start at once: forked from a process that has imported the course, each into a sandbox of its own.

The parent (``python -m course_utils.instructor.forkserver``) imports what hand-ins import, starts no thread and no JAX
backend, knows no seed and no hand-in, and waits. For every kernel it forks a guard, which joins the namespaces of a sandbox
that bubblewrap has made (``setns``), forks the kernel in there, and waits for its end. The kernel gives up every right
before it runs its first line. Kernels share no file, process or socket with each other, and of the parent's memory only
what was imported before any of them, copied when written.

See ``man 2 setns``, ``man 7 user_namespaces``; ``bwrap --info-fd``.
"""

import ctypes
import fcntl
import functools
import gc
import importlib
import json
import os
import pkgutil
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import warnings
from pathlib import Path
from typing import Any

_IMPORTED = (
    "ipykernel.kernelapp",
    "ipykernel.ipkernel",
    "matplotlib_inline.config",
    "numpy",
    "jax",
    "jax.numpy",
    "flax.nnx",
    "optax",
    "matplotlib.pyplot",
)
_LEFT_OUT = ("instructor", "experiments")  # of the course: what no notebook needs
_NS_GET_USERNS = 0xB701
_PR_SET_NO_NEW_PRIVS, _PR_CAPBSET_DROP, _PR_CAP_AMBIENT, _CLEAR_ALL = 38, 24, 47, 4
_CAPABILITIES_V3 = 0x20080522
_LARGEST = 100_000  # bytes of a request


class ForkServer:
    """The parent process, as its worker sees it; one for each set of environment variables."""

    def __init__(self, environment: dict[str, str]):
        ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with its, tempfile.TemporaryDirectory() as home:  # to write to while it imports; kernels get `environment` itself
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(its.fileno())],
                cwd=home,
                stdin=subprocess.DEVNULL,
                env={**environment, **dict.fromkeys(("HOME", "MPLCONFIGDIR", "IPYTHONDIR"), home)},
                pass_fds=(its.fileno(),),
            )
            its.close()
            self._socket, self._lock = ours, threading.Lock()
            if self._socket.recv(_LARGEST) != b"ready":
                raise RuntimeError("The process that kernels are forked from did not start; its message stands above.")

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def fork(self, sandbox_pid: int, held: int, **request: Any) -> int:
        """Starts a kernel inside the namespaces of ``sandbox_pid``.

        Parameters
        ----------
        held : the writing end of a pipe, which stays open as long as the kernel lives.
        request : ``connection_file``, ``arguments`` of the kernel, ``environment``, ``folder`` and ``limits`` (prlimit's names).

        Returns
        -------
        The process id of the guard, whose only child is the kernel.
        """
        with self._lock:
            socket.send_fds(self._socket, [json.dumps({**request, "sandbox": sandbox_pid}).encode()], [held])
            answer = self._socket.recv(_LARGEST)
        if not answer:
            raise RuntimeError("The process that kernels are forked from is gone.")
        return int(answer)


_servers: dict[tuple[tuple[str, str], ...], ForkServer] = {}


def of(environment: dict[str, str]) -> ForkServer:
    """This process's parent of kernels with this environment, started when first asked for."""
    key = tuple(sorted(environment.items()))
    if key not in _servers or not _servers[key].alive:
        _servers[key] = ForkServer(environment)
    return _servers[key]


# --- inside the parent


def _serve(channel: socket.socket) -> None:
    _import()
    channel.send(b"ready")
    while True:
        message, fds, *_ = socket.recv_fds(channel, _LARGEST, 1)
        if not message:  # the worker is gone
            return
        guard = os.fork()
        if guard == 0:
            _guarded(channel, json.loads(message), fds[0])
        os.close(fds[0])
        channel.send(str(guard).encode())


def _import() -> None:
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # as a kernel sets it when it starts
    for name in _IMPORTED:
        importlib.import_module(name)
    package = importlib.import_module("course_utils")
    for module in pkgutil.iter_modules(package.__path__, "course_utils."):
        if module.name.split(".")[1] not in _LEFT_OUT:
            _import_all(module.name, module.ispkg)
    from jax._src import xla_bridge

    if xla_bridge.backends_are_initialized() or len(os.listdir("/proc/self/task")) > 1:
        raise RuntimeError("A module of the course starts threads or JAX's backend when it is imported: kernels cannot be forked.")
    warnings.filterwarnings("ignore", message="os.fork")  # JAX's, on threads that it has not started yet
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # guards are not waited for
    gc.collect()
    gc.freeze()  # a kernel's collector would touch, and so copy, every page


def _import_all(name: str, is_package: bool) -> None:
    module = importlib.import_module(name)
    if is_package:
        for inner in pkgutil.iter_modules(module.__path__, f"{name}."):
            _import_all(inner.name, inner.ispkg)


def _guarded(channel: socket.socket, request: dict[str, Any], held: int) -> None:
    """Becomes the guard: joins the sandbox, starts the kernel in it, and ends when that ends, which closes ``held``."""
    status = 1
    try:
        channel.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _join(request["sandbox"])
        kernel = os.fork()
        if kernel == 0:
            _kernel(request)
        os.waitpid(kernel, 0)
        status = 0
    finally:
        os._exit(status)


def _join(pid: int) -> None:
    spaces = {name: os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY) for name in ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup")}
    inner = spaces.pop("user")
    # bubblewrap has two user namespaces: the outer one owns the others, the inner one maps the user.
    outer = fcntl.ioctl(spaces["mnt"], _NS_GET_USERNS)
    same = os.fstat(outer).st_ino == os.fstat(inner).st_ino
    for space in (outer, *spaces.values(), *([] if same else [inner])):
        _call("setns", space, 0)


def _kernel(request: dict[str, Any]) -> None:
    status = 1
    try:
        os.setsid()
        null = os.open("/dev/null", os.O_RDWR)
        for stream in range(3):
            os.dup2(null, stream)
        os.closerange(3, os.sysconf("SC_OPEN_MAX"))
        os.environ.clear()
        os.environ.update(request["environment"])
        os.chdir(request["folder"])
        for name, limit in request["limits"].items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name.upper()}"), (limit, limit))
        _give_up_rights()

        import numpy as np
        from ipykernel.kernelapp import IPKernelApp
        from matplotlib_inline.backend_inline import configure_inline_support

        np.random.seed()  # else all hand-ins would draw the same
        sys.argv = ["ipykernel", *request["arguments"]]
        app = IPKernelApp.instance()
        app.initialize(["-f", request["connection_file"], *request["arguments"]])
        configure_inline_support(app.shell, os.environ["MPLBACKEND"])  # figures show: pyplot found no kernel when it was imported
        app.start()
        status = 0
    finally:
        os._exit(status)


def _give_up_rights() -> None:
    """No capability, now or after any program is started; joining a user namespace gives all of them."""
    _call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    _call("prctl", _PR_CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    for capability in range(int(Path("/proc/sys/kernel/cap_last_cap").read_text()) + 1):
        _call("prctl", _PR_CAPBSET_DROP, capability, 0, 0, 0)
    header, none = (ctypes.c_uint32 * 2)(_CAPABILITIES_V3, 0), (ctypes.c_uint32 * 6)()
    _call("capset", header, none)


@functools.cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: Any) -> None:
    if getattr(_libc(), name)(*(ctypes.c_ulong(a) if isinstance(a, int) and name == "prctl" else a for a in arguments)):
        raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
