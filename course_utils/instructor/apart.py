"""Work on what students wrote, in a process beside this one: if it takes too long or too much, one answer is lost, and no class.

Arguments go there pickled, from us; what it says comes back as JSON.
"""

from __future__ import annotations

import importlib
import json
import resource
import signal
import subprocess
import sys
import threading
from multiprocessing.connection import Connection, Pipe
from typing import Any

_STARTS = 300  # seconds in which it must have imported its module
_LARGEST = 200_000_000  # bytes of an answer


class Failed(RuntimeError):
    """Why there is no answer, in one line."""


class Apart:
    """Calls functions of ``module`` in a process that stays; each may take ``seconds``, and all of it ``memory`` bytes."""

    def __init__(self, module: str, *, seconds: int, memory: int = 6 * 2**30):
        self._module, self._seconds, self._memory = module, seconds, memory
        self._process: subprocess.Popen | None = None
        self._lock = threading.Lock()

    def __call__(self, function: str, *args: Any) -> Any:
        """What the function returns, as JSON holds it.

        Raises Failed if it raises, takes too long, or its process ends.
        """
        with self._lock:
            try:
                if self._process is None or self._process.poll() is not None:
                    self._start()
                self._pipe.send((function, args))
                told = self._hear(self._seconds)
            except (EOFError, OSError):
                self._end()
                raise Failed(f"It took more than {self._memory / 2**30:g} GB of memory, or ended its process.") from None
            except BaseException:
                self._end()
                raise
        if "failed" in told:
            raise Failed(told["failed"])
        return told["value"]

    def _start(self) -> None:
        self._pipe, its = Pipe()
        with its:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", __name__, str(its.fileno()), self._module, str(self._seconds), str(self._memory)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(its.fileno(),),
            )
        self._hear(_STARTS)

    def _hear(self, seconds: int) -> dict[str, Any]:
        if not self._pipe.poll(seconds):
            raise Failed(f"It took more than {seconds} seconds.")
        return json.loads(self._pipe.recv_bytes(_LARGEST))

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._pipe.close()
            self._process = None


def _serve(pipe: Connection, module: str, seconds: int, memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked is interrupted, and ends this
    functions = importlib.import_module(module)
    pipe.send_bytes(b"{}")
    while True:
        try:
            function, args = pipe.recv()
        except EOFError:  # nobody asks any more
            return
        signal.alarm(seconds + 60)  # its end if nobody is left to end it
        try:
            told = {"value": getattr(functions, function)(*args)}
        except Exception as error:
            told = {"failed": f"{type(error).__name__}: {error}"[:300]}
        pipe.send_bytes(json.dumps(told).encode())
        signal.alarm(0)


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
