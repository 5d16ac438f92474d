"""Many hand-ins at once: on this machine's cores, or on a dask cluster (``--scheduler ADDRESS``).

A worker gets a hand-in as text and gives a result as data; it touches no gradebook. Results are kept on disk by the one
process that asked (:mod:`course_utils.instructor.results`), so a killed worker's hand-in is run again, an interrupted
grading goes on where it was, and nothing counts twice.
"""

import contextlib
import dataclasses
import logging
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import dask
import nbformat
from distributed import Client, LocalCluster, as_completed

from course_utils.cores import cores
from course_utils.instructor import results
from course_utils.instructor.execute import Options, Run

_TRIES = 3  # of one hand-in whose worker was lost


@dataclasses.dataclass(frozen=True)
class Job:
    """One hand-in to run: ``notebook`` (repaired) and ``released`` as nbformat's JSON, ``tests`` grade id → source."""

    key: str
    label: str
    notebook: str
    released: str
    tests: tuple[tuple[str, str], ...]
    options: Options


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
    Every job once it has a result, those first that had one, with an empty string; or with why there is none.
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
    processes = min(workers or cores(), len(waiting))
    with contextlib.ExitStack() as stack:
        if not scheduler:
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="vlm-"))
            stack.enter_context(dask.config.set({"temporary-directory": scratch}))
            scheduler = stack.enter_context(
                # one worker needs no process beside this one
                LocalCluster(n_workers=processes, threads_per_worker=1, processes=processes > 1, dashboard_address=None, memory_limit=None)
            )
        client = stack.enter_context(Client(scheduler))
        futures = {
            client.submit(work, same[0], key=f"hand-in-{key}", retries=_TRIES - 1, pure=False): same for key, same in waiting.items()
        }
        for done, future in enumerate(as_completed(list(futures)), 1):
            same, failed = futures[future], ""
            try:
                results.store(folder, same[0].key, future.result())
            except Exception as error:  # the grader's own trouble, never the class's
                failed = f"{type(error).__name__}: {error}"
            print(f"  {done} of {len(waiting)} run: {', '.join(job.label for job in same)}", flush=True)
            yield from ((job, failed) for job in same)
