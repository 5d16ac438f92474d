"""Runs a hand-in where it can do no harm, and judges its answers where it does not run.

The hand-in's cells run in a kernel of their own, in a sandbox. A graded cell is not run: it only says which function
answers which exercise. When all cells are done, that function gets the cases of the private seed, and what it returns
crosses back as data (:mod:`course_utils.exercises.border`). The judge runs beside this process, within limits. So nothing that a hand-in does to its
own interpreter reaches the verdict, and the hidden cases come too late to be printed into its feedback.
"""

import ast
import dataclasses
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution

from course_utils.exercises import border, checks, core
from course_utils.instructor import sandbox
from course_utils.instructor.apart import Apart, Failed
from course_utils.instructor.demonstration import demonstrations, missed
from course_utils.instructor.flags import flags
from course_utils.instructor.kernel import TIMEOUT, Endless, Kernel

JUDGING = 120  # seconds that the verdict on one exercise may take
_judged = Apart("course_utils.instructor.judging", seconds=JUDGING)


@dataclasses.dataclass
class Asked:
    """One graded cell: the exercise, the function's name, and what came of it.

    ``hidden`` and ``visible`` are the answers to the cases of the two seeds, or the reason why there are none.
    """

    cell: NotebookNode
    exercise: core.Exercise
    function: str
    hidden: list[Any] | str = ""
    visible: list[Any] | str = ""
    seconds: float = 0.0


@dataclasses.dataclass
class Lost:
    """What a round could not be finished for: the cell (its index) that ended the kernel, or what was asked when it ended.

    ``endless``: the kernel was ended, since what was asked could not be interrupted; this says after how long.
    """

    cell: int | None = None
    asked: Asked | None = None
    endless: str = ""


@dataclasses.dataclass(frozen=True)
class Options:
    """How hand-ins are run; :class:`GradingExecute` says what each means."""

    seed: int
    sandboxed: bool = True
    lean: bool = True
    environment: tuple[tuple[str, str], ...] = ()
    cache: str = ""
    timeout: int = 180
    startup_timeout: int = 120
    deadline: int = 900
    largest_output: int = 200_000
    warms: bool = False  # the course's own solution: it fills the cache of compiled programs, and trains nothing


class Run:
    """One hand-in, from its repaired notebook to what the graded cells show."""

    def __init__(self, options: Options):
        self.options = options

    def __call__(self, nb: NotebookNode, released: NotebookNode, tests: Mapping[str, str]) -> dict[str, Any]:
        """Runs and judges ``nb``, in place.

        Parameters
        ----------
        nb : the hand-in, repaired against ``released``.
        tests : grade id → source of the graded cells, from the gradebook or the solution.

        Returns
        -------
        The instructor's record, of JSON: ``exercises`` with points, diagnosis and seconds each, ``flags``, ``seconds``.
        """
        if self.options.sandboxed:
            sandbox.require()
        begun = time.monotonic()
        self._end = begun + self.options.deadline
        asked = asked_of(nb, tests)
        skip = demonstrations(nb, released) if self.options.lean else set()
        left_out: set[int] = set()
        rounds = [asked]
        while rounds and time.monotonic() < self._end:
            together = rounds[0]
            lost = self._round(nb, together, skip | left_out)
            if lost is None and skip and _missed_a_name(nb, together, skip):
                skip = set()  # something that was left out is needed after all
            elif lost is None:
                rounds.pop(0)
            elif lost.cell is not None:
                left_out.add(lost.cell)
            elif lost.endless:  # that was its answer, and is not waited for twice; the others are asked again without it
                lost.asked.hidden = lost.asked.visible = f"{TIMEOUT}: {lost.endless}"
                lost.asked.seconds = float(self.options.timeout)
                rounds[:1] = [others] if (others := [one for one in together if one is not lost.asked]) else []
            elif len(together) > 1:  # it died on what an earlier answer left behind, perhaps: each in a kernel of its own
                rounds[:1] = [[one] for one in sorted(together, key=lambda one: one is lost.asked)]
            else:
                lost.asked.hidden = lost.asked.visible = "Your function ended the kernel that it ran in."
                rounds.pop(0)
        for index in left_out:
            nb.cells[index].outputs = [_error("This cell ended its kernel, so it was left out; the others were run.")]
        return {
            "exercises": [self._judge(one) for one in asked],
            "flags": flags(nb, released, [one.exercise for one in asked]),
            "left_out": sorted(left_out),
            "seconds": round(time.monotonic() - begun, 2),
        }

    def _round(self, nb: NotebookNode, together: list[Asked], skip: set[int]) -> Lost | None:
        """All cells but ``skip``, then the cases of the exercises in ``together``, in a new kernel."""
        graded = {id(one.cell): one for one in together}
        with self._kernel() as kernel:
            for index, cell in enumerate(nb.cells):
                if cell.cell_type != "code" or (is_grade(cell) and not is_solution(cell) and id(cell) not in graded):
                    continue
                try:
                    if one := graded.get(id(cell)):
                        one.hidden = one.visible = kernel.quietly(
                            f"import course_utils.exercises.border as _border; _border.hold({one.exercise.id!r}, {one.function})"
                        )
                    else:
                        cell.outputs, cell.execution_count = [], None
                        if index not in skip:
                            kernel.show(cell)
                except DeadKernelError:
                    return Lost(asked=one) if one else Lost(cell=index)
            # Feedback shows the answers to the visible cases: all are in before the first hidden case reaches the kernel.
            for hidden in (False, True):
                for one in together:
                    begun = time.monotonic()
                    try:
                        self._ask(kernel, one, hidden)
                    except Endless as error:
                        return Lost(asked=one, endless=str(error))
                    except DeadKernelError:
                        return Lost(asked=one)
                    one.seconds = round(one.seconds * hidden + time.monotonic() - begun, 2)
        return None

    def _ask(self, kernel: Kernel, one: Asked, hidden: bool) -> None:
        """Fills ``hidden``, or ``visible``, which stays empty for an exercise that trains: once is long enough."""
        if one.exercise.trains and (self.options.warms or not hidden):  # warmed, it takes longer than what it compiles would save
            return
        if hidden and isinstance(one.visible, str) and one.visible.startswith(TIMEOUT):  # it is not waited for twice
            one.hidden = one.hidden or one.visible
        if hidden:
            one.hidden = one.hidden or self._answers(kernel, one.exercise, self.options.seed)
        else:
            one.visible = one.visible or self._answers(kernel, one.exercise, checks.VISIBLE_SEED)

    def _answers(self, kernel: Kernel, exercise: core.Exercise, seed: int) -> list[Any] | str:
        if time.monotonic() > self._end:
            return "The time for this notebook was over before this exercise was asked."
        cases = exercise.cases(seed)
        asked, answered = (kernel.shared / secrets.token_hex(16) for _ in range(2))  # names that no link can wait under
        with asked.open("xb") as file:
            file.write(border.ask(cases))
        failed = kernel.quietly(f"_border.reply({exercise.id!r}, {str(asked)!r}, {str(answered)!r}, in_full={exercise.trains})")
        try:
            return failed or border.answers(border.read(answered), cases)
        except border.Unreadable as error:
            return str(error)

    def _judge(self, one: Asked) -> dict[str, Any]:
        """Writes score and card into the graded cell; returns what the instructor's report tells of it."""
        points = float(one.cell.metadata.nbgrader.points)
        asked = one.exercise.id, points, self.options.seed
        try:
            told = _judged("judged", *asked, one.hidden, one.visible)
        except Failed as reason:
            told = _judged("judged", *asked, "Your answer could not be judged: it takes too much time or memory.", "", str(reason))
        bundle = told.pop("card")
        one.cell.outputs = [
            nbformat.v4.new_output("display_data", bundle),
            nbformat.v4.new_output("execute_result", {"text/plain": f"{told['earned']:g}"}, execution_count=1),
        ]
        one.cell.execution_count = 1
        return {"exercise": one.exercise.id, "points": points, **told, "seconds": one.seconds}

    def _kernel(self) -> Kernel:
        o = self.options
        return Kernel(
            sandboxed=o.sandboxed,
            environment=dict(o.environment),
            cache=Path(o.cache) if o.cache else None,
            timeout=o.timeout,
            startup_timeout=o.startup_timeout,
            end=self._end,
            largest_output=o.largest_output,
            warms=o.warms,
        )


def asked_of(nb: NotebookNode, tests: Mapping[str, str]) -> list[Asked]:
    """The graded code cells; the test of each is a call ``grade("NN.k", name)``, as the release says.

    Raises ValueError if a test says anything else: what it would run cannot be judged outside.
    """
    found = []
    for cell in nb.cells:
        if cell.cell_type != "code" or not is_grade(cell) or is_solution(cell):
            continue
        calls = [node for node in ast.walk(ast.parse(tests[cell.metadata.nbgrader.grade_id])) if isinstance(node, ast.Call)]
        match calls:
            case [ast.Call(func=ast.Name(id="grade"), args=[ast.Constant(value=exercise), ast.Name(id=function)])]:
                found.append(Asked(cell, checks.find(exercise), function))
            case _:
                raise ValueError(f'The graded cell {cell.metadata.nbgrader.grade_id} must call grade("NN.k", name) and nothing else.')
    return found


def _missed_a_name(nb: NotebookNode, asked: list[Asked], skip: set[int]) -> bool:
    """Whether a cell or an answer failed for want of a name that was left out."""
    said = [o.evalue for c in nb.cells if c.cell_type == "code" for o in c.outputs if o.get("ename") == "NameError"]
    for one in asked:
        if isinstance(one.hidden, str):
            said += [one.hidden] * ("NameError" in one.hidden)
        else:
            said += [a.message for a in one.hidden if isinstance(a, core.Problem) and a.kind == "NameError"]
    return any(missed(message, nb, skip) for message in dict.fromkeys(said))


def _error(message: str) -> NotebookNode:
    return nbformat.v4.new_output("error", ename="DeadKernel", evalue=message, traceback=[message])
