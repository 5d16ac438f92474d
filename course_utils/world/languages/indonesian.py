"""Indonesian captions: a classifier behind the number, adjectives behind the noun, ``yang`` before a second one.

A noun behind a number is never doubled (*dua ekor anjing*, not *anjing-anjing*); *one* melts with its classifier
(*seekor*, *sebuah*).
"""

from __future__ import annotations

from course_utils.text import join_words as join
from course_utils.text import split_words as split
from course_utils.world.facts import SIGN, Facts, Relation, Thing
from course_utils.world.languages import Choose, Phrases, Reader, check_places, choose_opening, in_several_places, inverse, lexicon, listing
from course_utils.world.things import KNOWLEDGE, WORDS

NOUNS = lexicon(
    """
    dog anjing, cat kucing, frog katak, tiger harimau, bee lebah, fish ikan, snake ular, turtle kura-kura, penguin penguin,
    banana pisang, strawberry stroberi, watermelon semangka, pizza pizza, doughnut donat, mushroom jamur,
    bus bus, car mobil, bicycle sepeda, motorcycle sepeda motor, sailboat perahu layar, rocket roket, airplane pesawat, tulip tulip, tree pohon, cactus kaktus,
    trumpet terompet, guitar gitar, crown mahkota, balloon balon, key kunci, umbrella payung, house rumah, sign papan
    """
)
# animals by their tails, trees by their trunks, flowers by their stems, all other things as "fruits"
CLASSIFIERS = (
    {kind: "buah" for kind in NOUNS} | {kind: "ekor" for kind in KNOWLEDGE["is an animal"]} | {"tree": "batang", "tulip": "tangkai"}
)
COLOUR_WORDS = {"red": "merah", "yellow": "kuning", "green": "hijau", "blue": "biru", "purple": "ungu", "pink": "merah muda"}
SIZE_WORDS = {"small": "kecil", "large": "besar"}
NUMBERS = {2: "dua", 3: "tiga", 4: "empat", 5: "lima"}
PLACE_PHRASES = {
    "top left": ("di kiri atas", "di pojok kiri atas"),
    "top": ("di bagian atas",),
    "top right": ("di kanan atas", "di pojok kanan atas"),
    "left": ("di bagian kiri", "di sisi kiri"),
    "middle": ("di tengah", "di bagian tengah"),
    "right": ("di bagian kanan", "di sisi kanan"),
    "bottom left": ("di kiri bawah", "di pojok kiri bawah"),
    "bottom": ("di bagian bawah",),
    "bottom right": ("di kanan bawah", "di pojok kanan bawah"),
}
RELATION_PHRASES = {
    "left of": ("berada di sebelah kiri", "ada di sebelah kiri"),
    "right of": ("berada di sebelah kanan", "ada di sebelah kanan"),
    "above": ("berada di atas", "ada di atas"),
    "below": ("berada di bawah", "ada di bawah"),
}
EMPTY = "gambar kosong"


def number_phrase(kind: str, count: int) -> str:
    """The number with its classifier: ``seekor``, ``dua ekor``."""
    return f"{NUMBERS[count]} {CLASSIFIERS[kind]}" if count > 1 else f"se{CLASSIFIERS[kind]}"


def noun_phrase(thing: Thing, choose: Choose) -> str:
    """``anjing merah yang besar`` or ``anjing besar berwarna merah``: everything between classifier and place."""
    words = [NOUNS[thing.kind]]
    colour, size = COLOUR_WORDS.get(thing.colour), SIZE_WORDS.get(thing.size)
    if colour and size:
        words.append(choose((f"{colour} yang {size}", f"{size} berwarna {colour}")))
    elif colour or size:
        words.append(colour or size)
    words += [f'bertuliskan "{thing.word}"'] if thing.word else []
    return " ".join(words)


def _and(items: list[str], apart: bool = False) -> str:
    """``A dan B``; of three or more, or where the items are long, ``A, B, dan C`` (the spelling reform's comma)."""
    return listing(items, ", ", ", dan " if apart or len(items) > 2 else " dan ")


def _indefinite(thing: Thing, choose: Choose) -> str:
    text = f"{number_phrase(thing.kind, thing.count)} {noun_phrase(thing, choose)}"
    places = [choose(PLACE_PHRASES[place]) for place in thing.places]
    return f"{text} {_and(places)}" if places else text


def _definite(thing: Thing, choose: Choose) -> str:
    place = choose(PLACE_PHRASES[thing.places[0]]) if thing.places else "itu"
    return f"{noun_phrase(thing, choose)} {place}"


def realise(facts: Facts, choose: Choose, opening: bool | None = None) -> str:
    if not facts.things:
        return EMPTY
    things = [_indefinite(thing, choose) for thing in facts.things]
    text = choose_opening(("", "ada "), opening, choose) + _and(things, apart=in_several_places(facts.things))
    clauses = [
        f"{_definite(relation.subject, choose)} {choose(RELATION_PHRASES[relation.name])} {_definite(relation.object, choose)}"
        for relation in facts.relations
    ]
    return "; ".join([text, *clauses])


_EMPTY, _THERE, _THAT = Phrases({EMPTY: True}), Phrases({"ada": True}), Phrases({"itu": True})
_COUNT = Phrases({number_phrase(kind, n): (CLASSIFIERS[kind], n) for kind in ("dog", "key", "tree", "tulip") for n in (1, *NUMBERS)})
_NOUN, _SIZE, _COLOUR = (Phrases(inverse(table)) for table in (NOUNS, SIZE_WORDS, COLOUR_WORDS))
_YANG = Phrases({f"yang {word}": size for size, word in SIZE_WORDS.items()})
_COLOURED = Phrases({f"berwarna {word}": colour for colour, word in COLOUR_WORDS.items()})
_SAYS = Phrases({f'bertuliskan "{word}"': word for word in WORDS})
_PLACE = Phrases(inverse(PLACE_PHRASES))
_AND = (", dan", "dan", ",")
_NEXT_PLACE = Phrases({f"{sep} {text}": place for text, place in inverse(PLACE_PHRASES).items() for sep in _AND})
_RELATION = Phrases(inverse(RELATION_PHRASES))
_NEXT, _CLAUSE = Phrases({sep: True for sep in _AND}), Phrases({";": True})


def _read_noun(reader: Reader) -> Thing:
    kind = reader.need(_NOUN, "a noun")
    if colour := reader.take(_COLOUR):
        size = reader.take(_YANG)
    else:
        size = reader.take(_SIZE)
        colour = reader.take(_COLOURED) if size else None
    return Thing(kind, 1, colour, size, (), reader.take(_SAYS) if kind == SIGN else None)


def _read_indefinite(reader: Reader) -> Thing:
    classifier, count = reader.need(_COUNT, "a number with its classifier")
    thing = _read_noun(reader)
    if CLASSIFIERS[thing.kind] != classifier:
        raise reader.error(f"{NOUNS[thing.kind]} is counted by {CLASSIFIERS[thing.kind]}, not {classifier},")
    places = [reader.take(_PLACE)]
    while places[-1]:
        places.append(reader.take(_NEXT_PLACE))
    return check_places(reader, thing._replace(count=count, places=tuple(places[:-1])))


def _read_definite(reader: Reader) -> Thing:
    thing = _read_noun(reader)
    if reader.take(_THAT):
        return thing
    return thing._replace(places=(reader.need(_PLACE, "'itu' or a place"),))


def read(text: str) -> Facts:
    reader = Reader(text.lower())
    things, relations = [], []
    if not reader.take(_EMPTY):
        reader.take(_THERE)
        things.append(_read_indefinite(reader))
        while reader.take(_NEXT):
            things.append(_read_indefinite(reader))
        while reader.take(_CLAUSE):
            subject, name = _read_definite(reader), reader.need(_RELATION, "a relation")
            relations.append(Relation(subject, name, _read_definite(reader)))
    reader.end()
    return Facts(tuple(things), tuple(relations))
