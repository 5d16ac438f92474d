"""English captions: a or an, plurals, adjectives before the noun, places behind it."""

from __future__ import annotations

from course_utils.text import join_words as join
from course_utils.text import split_words as split
from course_utils.world.facts import SIGN, Facts, Relation, Thing
from course_utils.world.languages import (
    Choose,
    NotInGrammar,
    Phrases,
    Reader,
    check_places,
    choose_opening,
    in_several_places,
    inverse,
    listing,
)
from course_utils.world.things import COLOURS, KINDS, WORDS

IRREGULAR = {"fish": "fish", "strawberry": "strawberries", "bus": "buses", "cactus": "cacti"}
PLURAL = {kind: IRREGULAR.get(kind, kind + "s") for kind in KINDS + (SIGN,)}
NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five"}
SIZE_WORDS = {"small": ("small", "little"), "large": ("large", "big")}
PLACE_PHRASES = {
    "top left": ("at the top left", "in the top left corner"),
    "top": ("at the top",),
    "top right": ("at the top right", "in the top right corner"),
    "left": ("on the left",),
    "middle": ("in the middle", "in the centre"),
    "right": ("on the right",),
    "bottom left": ("at the bottom left", "in the bottom left corner"),
    "bottom": ("at the bottom",),
    "bottom right": ("at the bottom right", "in the bottom right corner"),
}
RELATION_PHRASES = {
    "left of": ("to the left of", "left of"),
    "right of": ("to the right of", "right of"),
    "above": ("above",),
    "below": ("below", "underneath"),
}
EMPTY = "an empty picture"


def noun_phrase(thing: Thing, choose: Choose) -> str:
    """``large red dog`` or, of several, ``large red dogs``: everything between the article and the place."""
    words = [choose(SIZE_WORDS[thing.size])] if thing.size else []
    words += [thing.colour] if thing.colour else []
    words.append(PLURAL[thing.kind] if thing.count > 1 else thing.kind)
    words += [f'that says "{thing.word}"'] if thing.word else []
    return " ".join(words)


def article(phrase: str) -> str:
    """``a`` or ``an``. No word of the lexicon is spelt with a vowel and spoken with a consonant, or the reverse."""
    return "an" if phrase[0] in "aeiou" else "a"


def _indefinite(thing: Thing, choose: Choose) -> str:
    phrase = noun_phrase(thing, choose)
    phrase = f"{NUMBERS.get(thing.count) or article(phrase)} {phrase}"
    places = [choose(PLACE_PHRASES[place]) for place in thing.places]
    return f"{phrase} {listing(places, ', ', ' and ')}" if places else phrase


def _definite(thing: Thing, choose: Choose) -> str:
    return " ".join(["the", noun_phrase(thing, choose), *(choose(PLACE_PHRASES[place]) for place in thing.places)])


def realise(facts: Facts, choose: Choose, opening: bool | None = None) -> str:
    if not facts.things:
        return EMPTY
    last = ", and " if in_several_places(facts.things) else " and "
    text = listing([_indefinite(thing, choose) for thing in facts.things], ", ", last)
    if choose_opening((False, True), opening, choose):
        text = f"there {'are' if facts.things[0].count > 1 else 'is'} {text}"
    clauses = [
        f"{_definite(relation.subject, choose)} is {choose(RELATION_PHRASES[relation.name])} {_definite(relation.object, choose)}"
        for relation in facts.relations
    ]
    return "; ".join([text, *clauses])


_EMPTY = Phrases({EMPTY: True})
_THERE = Phrases({"there is": 1, "there are": 2})
_NUMBER = Phrases({"a": 1, "an": 1} | {word: number for number, word in NUMBERS.items()})
_SIZE = Phrases(inverse(SIZE_WORDS))
_COLOUR = Phrases({colour: colour for colour in COLOURS})
_NOUN = {1: Phrases({kind: kind for kind in PLURAL}), 2: Phrases(inverse(PLURAL))}
_SAYS = Phrases({f'that says "{word}"': word for word in WORDS})
_PLACE = Phrases(inverse(PLACE_PHRASES))
_NEXT_PLACE = Phrases({f"{sep} {text}": place for text, place in inverse(PLACE_PHRASES).items() for sep in (",", "and")})
_RELATION = Phrases({f"is {text}": name for text, name in inverse(RELATION_PHRASES).items()})
_NEXT, _CLAUSE, _THE = Phrases({",": True, "and": True, ", and": True}), Phrases({";": True}), Phrases({"the": True})


def _read_thing(reader: Reader, count: int) -> Thing:
    size, colour = reader.take(_SIZE), reader.take(_COLOUR)
    kind = reader.need(_NOUN[min(count, 2)], "a plural noun" if count > 1 else "a noun")
    word = reader.take(_SAYS) if kind == SIGN else None
    places = [reader.take(_PLACE)]
    while places[-1]:
        places.append(reader.take(_NEXT_PLACE))
    return check_places(reader, Thing(kind, count, colour, size, tuple(places[:-1]), word))


def _read_indefinite(reader: Reader) -> Thing:
    start = reader.position
    count = reader.need(_NUMBER, "a, an or a number")
    said, phrase = reader.text[start : reader.position].strip(), reader.text[reader.position :].strip()
    if count == 1 and phrase and said != article(phrase):
        raise reader.error(f"expected {article(phrase)!r}")
    return _read_thing(reader, count)


def _read_definite(reader: Reader) -> Thing:
    reader.need(_THE, "'the'")
    return _read_thing(reader, 1)


def read(text: str) -> Facts:
    reader = Reader(text.lower())
    things, relations = [], []
    if not reader.take(_EMPTY):
        there = reader.take(_THERE)
        things.append(_read_indefinite(reader))
        if there and there != min(things[0].count, 2):
            raise NotInGrammar(f"Cannot read {text!r}: 'there is' and 'there are' agree with the first thing.")
        while reader.take(_NEXT):
            things.append(_read_indefinite(reader))
        while reader.take(_CLAUSE):
            subject, name = _read_definite(reader), reader.need(_RELATION, "a relation")
            relations.append(Relation(subject, name, _read_definite(reader)))
    reader.end()
    return Facts(tuple(things), tuple(relations))
