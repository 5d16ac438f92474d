"""A scene from words, as readers type it."""

from __future__ import annotations

from course_utils.world.grounds import BACKGROUND_NAMES
from course_utils.world.scenes import Scenes, compose
from course_utils.world.things import COLOURS, KINDS, PLACES, SIZES, WORDS

_ATTRIBUTES = {"kind": KINDS, "colour": COLOURS, "size": SIZES, "place": PLACES}


def read_scene(text: str, style: str = "noto", ground: str = BACKGROUND_NAMES[0]) -> Scenes:
    """A scene from words: ``large red dog top left, blue cat, sign zoo bottom``. What is not said is red and large.

    Raises ValueError if there are no words; for one that is no kind, colour, size or place, and for what
    :func:`scenes.compose` refuses.
    """
    if not text.strip(" ,"):
        raise ValueError("Name something, such as: red dog top left, small blue cat")
    objects, sign = [], {}
    for part in filter(None, (part.strip().lower() for part in text.split(","))):
        words = part.removeprefix("a ").removeprefix("an ").split()
        place = next((p for p in sorted(PLACES, key=len, reverse=True) if " ".join(words).endswith(p)), None)
        if place:
            words = words[: -len(place.split())]
        if words and words[0] == "sign":
            if sign or len(words) < 2:
                raise ValueError(f"A scene has one sign with one word on it, such as {WORDS[0]!r}: {', '.join(WORDS)}.")
            sign = {"word": " ".join(words[1:]), "word_place": place}
            continue
        thing = {"place": place} if place else {}
        for word in words:
            what = next((name for name, values in _ATTRIBUTES.items() if word in values), None)
            if what is None:
                known = ". ".join(f"{name.capitalize()}: {', '.join(values)}" for name, values in _ATTRIBUTES.items())
                raise ValueError(f"{word!r} is no kind, colour, size or place. {known}.")
            if what in thing:
                raise ValueError(f"{part!r} has two words for its {what}; separate objects by commas.")
            thing[what] = word
        if "kind" not in thing:
            raise ValueError(f"{part!r} names no kind. Choose from: {', '.join(KINDS)}.")
        objects.append(thing)
    return compose(objects, style=style, background=BACKGROUND_NAMES.index(ground), **sign)
