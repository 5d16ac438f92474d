"""Many hand-ins at once: on this machine's cores, or on a dask cluster (``--scheduler ADDRESS``).

A worker gets a hand-in as text and gives a result as data, or as text why there is none; it touches no gradebook. Results
are kept on disk by the one process that asked (:mod:`course_utils.instructor.results`), so a killed worker's hand-in is run
again, an interrupted grading goes on where it was, and nothing counts twice. Who does not end is ended.
"""

import contextlib
import dataclasses
import logging
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dask
import nbformat
from distributed import Client, Future, LocalCluster, wait
from distributed.scheduler import KilledWorker

from course_utils.cores import cores
from course_utils.instructor import results
from course_utils.instructor.execute import JUDGING, Options, Run

_TRIES = 3  # of one hand-in whose worker was lost
_SETTINGS = {
    "distributed.scheduler.allowed-failures": _TRIES - 1,
    "distributed.deploy.lost-worker-timeout": "1 hour",  # for its successor to start: after 15 s, as it is, it gets none
}
_GRACE = 600  # seconds for all that a job does beside cells, cases and verdicts, on a busy machine


@dataclasses.dataclass(frozen=True)
class Job:
    """One hand-in to run: ``notebook`` (repaired) and ``released`` as nbformat's JSON, ``tests`` grade id → source."""

    key: str
    label: str
    notebook: str
    released: str
    tests: tuple[tuple[str, str], ...]
    options: Options

    @property
    def deadline(self) -> float:
        """Seconds in which it has ended by itself, unless something is wrong with the grader."""
        return self.options.deadline + self.options.startup_timeout + 2 * JUDGING * len(self.tests) + _GRACE


def attempt(job: Job) -> dict[str, Any] | str:
    """The result of a hand-in, or why there is none: an error's own object may need more than is known where it is read."""
    try:
        return work(job)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:500]


def work(job: Job) -> dict[str, Any]:
    """What a worker does: runs one hand-in and returns its result."""
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    nb = nbformat.reads(job.notebook, as_version=4)
    record = Run(job.options)(nb, nbformat.reads(job.released, as_version=4), dict(job.tests))
    return results.pack(nb, record)


def warm(job: Job) -> None:
    """Runs the course's own solution, once for a release, so that hand-ins find its programs compiled."""
    cache = Path(job.options.cache)
    mark = cache / f"{job.key}.warm"
    if job.options.cache and not mark.exists():
        cache.mkdir(parents=True, exist_ok=True)
        work(dataclasses.replace(job, options=dataclasses.replace(job.options, warms=True)))
        mark.touch()


def run(jobs: Sequence[Job], folder: Path, *, workers: int = 0, scheduler: str = "") -> Iterator[tuple[Job, str]]:
    """Runs every job that has no result in ``folder`` yet, and keeps each result there as it comes.

    Parameters
    ----------
    workers : processes on this machine; 0 is one for each core.
    scheduler : address of a dask scheduler to use instead, such as ``tcp://10.0.0.1:8786``; its workers need the course
        and the sandbox.

    Yields
    ------
    Every job once it has a result, those first that had one, with an empty string; or with why there is none. A lost
    worker's job is tried three times; a cluster of your own may say otherwise (``distributed.scheduler.allowed-failures``).
    """
    waiting: dict[str, list[Job]] = {}  # the same notebook, handed in by several, is run once
    for job in jobs:
        if results.load(folder, job.key) is None:
            waiting.setdefault(job.key, []).append(job)
        else:
            yield job, ""
    if not waiting:
        return
    logging.getLogger("distributed").setLevel(logging.CRITICAL)  # its own account of lost workers, which are replaced
    processes, inside = min(workers or cores(), len(waiting)), not scheduler
    with contextlib.ExitStack() as stack:
        if inside:
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="vlm-"))
            stack.enter_context(dask.config.set({"temporary-directory": scratch, **_SETTINGS}))
            # one hand-in needs no process beside this one; what hangs in a process can be ended, and the others go on
            scheduler = stack.enter_context(
                LocalCluster(
                    n_workers=processes, threads_per_worker=1, processes=len(waiting) > 1, dashboard_address=None, memory_limit=None
                )
            )
        client = stack.enter_context(Client(scheduler))
        slots, left, running, done = processes if inside else max(1, sum(client.nthreads().values())), list(waiting.values())[::-1], {}, 0
        while left or running:
            while left and len(running) < slots:  # one for each worker: a lost one takes nobody else's try
                same = left.pop()
                future = client.submit(attempt, same[0], key=f"hand-in-{same[0].key}", pure=False)
                running[future] = same, time.monotonic() + same[0].deadline
            rest = min(end for _, end in running.values()) - time.monotonic()
            with contextlib.suppress(TimeoutError):
                wait(list(running), timeout=max(0.1, rest), return_when="FIRST_COMPLETED")
            ended = [one for one, (_, end) in running.items() if one.done() or time.monotonic() > end]
            for future in ended:
                same, _ = running.pop(future)
                if future.done():
                    failed = _kept(future, same[0], folder)
                else:
                    failed = f"It did not end within {same[0].deadline:.0f} seconds."
                    _stop(client, future)
                done += 1
                print(f"  {done} of {len(waiting)} run: {', '.join(job.label for job in same)}", flush=True)
                yield from ((job, failed) for job in same)


def _kept(future: Future, job: Job, folder: Path) -> str:
    """Keeps a finished job's result. Returns why there is none, or an empty string."""
    try:
        result = future.result()
        if isinstance(result, dict):
            results.store(folder, job.key, result)
            return ""
        return result
    except KilledWorker:
        return f"It ended the process that ran it, {_TRIES} times."
    except Exception as error:  # the grader's own trouble, never the class's
        return f"{type(error).__name__}: {error}"


def _stop(client: Client, future: Future) -> None:
    """Ends the worker that runs a job without end; its nanny starts another."""
    where = [address for address, keys in client.processing().items() if future.key in keys]
    future.cancel()
    with contextlib.suppress(Exception):  # one inside this process has no nanny
        client.restart_workers(where, timeout=60, raise_for_error=False)
