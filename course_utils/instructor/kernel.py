"""One hand-in's kernel: started, given cells, bounded in time and in what it may show, and forgotten."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

import nbformat
import zmq
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbclient.util import run_sync
from nbformat import NotebookNode

from course_utils.instructor import sandbox

TIMEOUT = "Timeout"
_KEPT = ("stream", "display_data", "update_display_data", "execute_result", "error", "status", "execute_input", "clear_output")


class Kernel:
    """A context: the kernel starts on entry and is gone after it.

    Attributes
    ----------
    shared : the folder through which files are exchanged with it.
    """

    def __init__(
        self,
        *,
        sandboxed: bool,
        environment: dict[str, str],
        cache: Path | None,
        timeout: int,
        startup_timeout: int,
        end: float,
        largest_output: int,
        warms: bool = False,
    ):
        """``end``: the moment of ``time.monotonic()`` at which everything stops. ``warms``: it may write the cache."""
        self.timeout, self.end = timeout, end
        inside = sandbox.student_environment(cache, environment)
        if sandboxed:
            self._manager = sandbox.SandboxKernelManager(environment=inside, warms=warms, kernel_name="python3")
            self.shared, self._start = self._manager.shared, {}
        else:
            self._manager = AsyncKernelManager(kernel_name="python3")
            self.shared = Path(tempfile.mkdtemp(prefix="vlm-"))
            inside |= {"HOME": os.environ.get("HOME", str(self.shared)), "PATH": os.environ.get("PATH", os.defpath)}
            self._start = {"env": inside, "cwd": str(self.shared)}
        self._client = _BoundedClient(
            nbformat.v4.new_notebook(),
            km=self._manager,
            timeout=timeout,
            startup_timeout=startup_timeout,
            allow_errors=True,
            interrupt_on_timeout=True,
            raise_on_iopub_timeout=True,  # it was interrupted, and goes on
            error_on_timeout={"ename": TIMEOUT, "evalue": "", "traceback": []},
            store_widget_state=False,
            record_timing=False,
            extra_arguments=["--HistoryManager.hist_file=:memory:", "--Application.log_level=40"],
        )
        self._client.largest_output = largest_output

    def __enter__(self) -> Kernel:
        try:
            run_sync(self._client.async_start_new_kernel)(**self._start)
            run_sync(self._client.async_start_new_kernel_client)()
        except BaseException:
            self.__exit__()
            raise
        self._client.reset_execution_trackers()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._client.kc is not None:
                self._client.kc.stop_channels()
            if self._manager.has_kernel:
                run_sync(self._manager.shutdown_kernel)(now=True)
        except zmq.ZMQError:  # the client of a kernel that did not start has closed everything already, and says so elsewhere
            run_sync(self._manager.provisioner.kill)()
        finally:
            clear(self.shared)

    def show(self, cell: NotebookNode) -> None:
        """Runs a cell and leaves in it what it shows.

        Raises nbclient.exceptions.DeadKernelError if the kernel ends, as :class:`Endless` where it had to be ended.
        """
        if time.monotonic() > self.end:
            return
        seconds = max(1, min(self.timeout, int(self.end - time.monotonic())))
        self._client.timeout, self._client.bytes_shown, self._client.nb.cells = seconds, 0, [cell]
        begun = time.monotonic()
        try:
            self._client.execute_cell(cell, 0)
        except CellTimeoutError:
            if time.monotonic() - begun >= seconds:  # nor does it let itself be interrupted: nothing else would be answered
                run_sync(self._manager.shutdown_kernel)(now=True)
                raise Endless(f"Stopped after {seconds} seconds.") from None
        if time.monotonic() - begun >= seconds:
            message = f"Stopped after {seconds} seconds."
            cell.outputs.append(nbformat.v4.new_output("error", ename=TIMEOUT, evalue=message, traceback=[message]))

    def quietly(self, code: str) -> str:
        """Runs code that shows nothing to anybody. Returns why it failed, in one line, or an empty string."""
        cell = nbformat.v4.new_code_cell(code)
        self.show(cell)
        errors = [output for output in cell.outputs if output.output_type == "error"]
        return f"{errors[-1].ename}: {errors[-1].evalue}"[:300] if errors else ""


def clear(folder: Path) -> None:
    """Removes a folder in which a hand-in could write: however deep, and whatever may not be read in it."""
    script = 'chmod -R u+rwx -- "$1"; rm -rf -- "$1"'
    subprocess.run(["sh", "-c", script, "sh", str(folder)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)


class Endless(DeadKernelError):
    """The kernel was ended, since what ran in it would not."""


class _BoundedClient(NotebookClient):
    """Keeps no more of a cell's outputs than can be stored and read, and nothing of widgets."""

    largest_output = 200_000
    bytes_shown = 0

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] not in _KEPT:
            return None
        content = msg["content"]
        holders = [(content, "text"), *((content.get("data") or {}, kind) for kind in content.get("data") or {})]
        for holder, key in holders:
            text = holder.get(key)
            if isinstance(text, str):
                left = self.largest_output - self.bytes_shown
                if len(text) > max(left, 0):
                    holder[key] = text[: max(left, 0)] + "\n... cut by the grader ..." * (self.bytes_shown < self.largest_output)
                    if not key.startswith("text"):
                        holder[key] = ""
                self.bytes_shown += len(text)
        if msg["msg_type"] == "stream" and not content.get("text"):
            return None
        return super().process_message(msg, cell, cell_index)
