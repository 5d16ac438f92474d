"""A loss curve that grows while the learner waits, with the seconds that are left."""

from __future__ import annotations

import math
import time

from IPython.display import display

from course_utils.show import charts
from course_utils.show.board import Board
from course_utils.training import History


class LossCurve:
    """Pass it as ``watch=`` to :func:`course_utils.training.fit`.

    Parameters
    ----------
    title
        What is being trained.
    floor
        The loss of a guesser, drawn dotted (ln K for K equally likely classes).
    role
        The colour of the curve; see the palette.
    every
        Seconds between two drawings at least; more where drawing is slow, so that it takes an eighth of the time at
        most. The last one is always drawn.
    """

    def __init__(self, title: str, *, floor: float | None = None, role: str = "fusion", every: float = 1.0):
        self.title, self.floor, self.role, self.every = title, floor, role, every
        self._drawn, self._handle, self._pause = -math.inf, None, every

    def __call__(self, history: History) -> None:
        finished = history.done >= history.steps
        start = time.perf_counter()
        if not finished and start - self._drawn < self._pause:
            return
        image = self.board(history).show()
        if self._handle is None:
            self._handle = display(image, display_id=True)
        else:
            self._handle.update(image)
        self._drawn = time.perf_counter()
        self._pause = max(self.every, 7 * (self._drawn - start))

    def board(self, history: History) -> Board:
        """The figure for a history, finished or not."""
        alt = (
            f"Line chart of the training loss, {self.title}: from {history.loss[0]:.2f} to {charts.running_mean(history.loss)[-1]:.2f} "
            f"in {history.done} steps."
        )
        b = Board(800, 248, self.title, self.status(history), alt=alt)
        loss_axes = b.axes(76, 76, 608, 116)
        charts.loss_curve(loss_axes, history.loss, role=self.role, floor=self.floor)
        loss_axes.set(xlim=(0, history.steps), ylabel="loss")
        return b

    @staticmethod
    def status(history: History) -> str:
        """Steps and seconds in words."""
        if history.done >= history.steps:
            return (
                f"{history.steps:,} steps in {history.seconds:.0f} s, of which the first {history.chunk} with their "
                f"compilation took {history.first_chunk_seconds:.1f} s"
            )
        left = "" if math.isnan(history.seconds_left) else f", about {max(history.seconds_left, 1):.0f} s left"
        return f"step {history.done:,} of {history.steps:,}{left}"
