"""Room for several pictures of any width."""

import functools

import numpy as np

from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import Output, judge_outputs, of_output
from course_utils.nn import splice


def cases(seed: int) -> list[Case]:
    """Pictures of different widths at the beginning, inside, side by side and at the end; then (part "none") no picture."""
    rng = np.random.default_rng([seed, 705])
    found = []
    for pattern, widths in [("w.ww.w", [3, 2]), (".ww..w.", [2, 4, 3, 1]), ("www.", [4]), ("www", [])]:
        image, *words = rng.choice(np.arange(5, 300), 1 + len(pattern), replace=False).tolist()
        text = [image if mark == "." else word for mark, word in zip(pattern, words)]
        says = f"{len(text)} tokens, image = {image}, widths {widths}"
        found.append(Case((text, widths, image), says, part="" if widths else "none"))
    return found


_WIDTH, _SHOWN = "width = widths[shown] if token == image else 1", "picture += [shown if token == image else -1] * width"
_VECTOR, _WIDE = "vector += range(width) if token == image else [-1]", "wide += [token] * width"
TOKEN_MISTAKES = edits(
    splice.make_room,
    ("as-they-came", "No room is made: one tag becomes as many as its picture is wide.", _WIDTH, "width = 1"),
    ("tag-kept", "One place too many for each picture: the tag itself is one.", _WIDE, "wide += [token] * (width + (token == image))"),
    ("first-width", "All pictures are as wide as the first. Each has a width of its own.", "widths[shown]", "widths[0]"),
    ("largest-width", "All pictures are as wide as the widest. Each has a width of its own.", "widths[shown]", "max(widths)"),
    ("widths-backwards", "The widths are taken from the end: the first tag is the first picture.", "widths[shown]", "widths[-1 - shown]"),
    ("widths-summed", "A picture takes the places of all before it, too: you add widths up.", "widths[shown]", "sum(widths[: shown + 1])"),
    ("next-width", "You take the width of the next picture.", "widths[shown]", "widths[(shown + 1) % len(widths)]"),
    ("tags-dropped", "The tags are gone. At each place of a picture stands the tag.", _WIDE, "wide += [token] * (token != image)"),
    (
        "padded-with-0",
        "At places of pictures stands something else than the tag. Repeat it.",
        _WIDE,
        (
            "wide += [token] + [0] * (width - 1)",
            "wide += [token if token != image else 0] * width",
            "wide += [token if token != image else -1] * width",
        ),
    ),
)
PICTURE_MISTAKES = edits(
    splice.make_room,
    ("counts-from-1", "The first picture is number 0, as in Python.", _SHOWN, "picture += [shown + 1 if token == image else -1] * width"),
    ("zero-for-words", "A word stands for picture 0. It has none: −1.", _SHOWN, "picture += [shown if token == image else 0] * width"),
    ("words-behind", "Words behind a picture belong to it. They belong to none: −1.", _SHOWN, "picture += [shown] * width"),
    ("all-one-picture", "All pictures are number 0. Count the tags.", _SHOWN, "picture += [0 if token == image else -1] * width"),
    (
        "vectors-counted",
        "You count places. All places of one picture have its number.",
        _SHOWN,
        "picture += [sum(p >= 0 for p in picture) + j if token == image else -1 for j in range(width)]",
    ),
    (
        "places",
        "You give the tag's place. Give the picture's number.",
        _SHOWN,
        "picture += [len(wide) - width if token == image else -1] * width",
    ),
)
VECTOR_MISTAKES = edits(
    splice.make_room,
    ("vectors-from-1", "The first vector of a picture is number 0.", "vector += range(1, width + 1) if token == image else [-1]"),
    (
        "vectors-go-on",
        "The vectors are numbered through all pictures. Each picture begins with 0.",
        "vector += range(sum(widths[:shown]), sum(widths[:shown]) + width) if token == image else [-1]",
    ),
    ("first-vector", "Every place holds vector 0. Number them.", "vector += [0 if token == image else -1] * width"),
    ("word-vector-0", "A word stands for vector 0. It has none: −1.", "vector += range(width) if token == image else [0]"),
    ("vectors-backwards", "The last vector stands first.", "vector += range(width)[::-1] if token == image else [-1]"),
    (
        "places-for-vectors",
        "You number places. Number the vectors of each picture.",
        "vector += range(len(wide) - width, len(wide)) if token == image else [-1]",
    ),
    at=_VECTOR,
)


def _output(name, place, weight, returns, mistakes, remark):
    none = "Right with pictures, wrong without any: then the text stays as it is, and all places are −1."
    return Output(name, place, weight, returns, of_output(place, mistakes), parts=[("", 0.8, remark), ("none", 0.2, none)])


OUTPUTS = [
    _output("tokens", 0, 0.4, "the text, room made in it", TOKEN_MISTAKES, "The tokens differ. How many places does each tag take?"),
    _output(
        "picture", 1, 0.3, "a number for each place", PICTURE_MISTAKES, "The pictures differ: number the tags of the text *as it came*."
    ),
    _output("vector", 2, 0.3, "a number for each place", VECTOR_MISTAKES, "The vectors differ: within each picture they count from 0."),
]
judge = functools.partial(judge_outputs, reference=splice.make_room, outputs=OUTPUTS)
EXERCISE = Exercise("07.5", "make_room", 2, splice.make_room, cases, judge)
