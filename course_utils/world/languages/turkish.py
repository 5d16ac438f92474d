"""Turkish captions: suffixes by vowel harmony, no plural behind a number, everything that describes before the noun.

Göksel & Kerslake, Turkish: A Comprehensive Grammar (2005): consonant alternations and harmony, chapters 2 and 3;
``bir`` between adjective and noun, section 15.9.2.
"""

from __future__ import annotations

from course_utils.text import join_words as join
from course_utils.text import split_words as split
from course_utils.world.facts import SIGN, Facts, Relation, Thing
from course_utils.world.languages import Choose, Phrases, Reader, check_places, choose_opening, in_several_places, inverse, lexicon, listing
from course_utils.world.things import WORDS

NOUNS = lexicon(
    """
    dog köpek, cat kedi, frog kurbağa, tiger kaplan, bee arı, fish balık, snake yılan, turtle kaplumbağa, penguin penguen,
    banana muz, strawberry çilek, watermelon karpuz, pizza pizza, doughnut donut, mushroom mantar,
    bus otobüs, car araba, bicycle bisiklet, motorcycle motosiklet, sailboat yelkenli, rocket roket, airplane uçak, tulip lale, tree ağaç, cactus kaktüs,
    trumpet trompet, guitar gitar, crown taç, balloon balon, key anahtar, umbrella şemsiye, house ev, sign tabela
    """
)
COLOUR_WORDS = {"red": "kırmızı", "yellow": "sarı", "green": "yeşil", "blue": "mavi", "purple": "mor", "pink": "pembe"}
SIZE_WORDS = {"small": "küçük", "large": "büyük"}
NUMBERS = {2: "iki", 3: "üç", 4: "dört", 5: "beş"}
EMPTY = "boş bir resim"

_HARMONY = {"a": "ı", "ı": "ı", "e": "i", "i": "i", "o": "u", "u": "u", "ö": "ü", "ü": "ü"}  # last vowel → close vowel


def _last_vowel(word: str) -> str:
    return next(letter for letter in reversed(word) if letter in _HARMONY)


def locative(word: str) -> str:
    """``-DA``, *at*: a after a back vowel, else e; t after a voiceless consonant, else d. üst → üstte, sol → solda."""
    return word + ("t" if word[-1] in "fstkçşhp" else "d") + ("a" if _last_vowel(word) in "aıou" else "e")


def genitive(noun: str) -> str:
    """``-(n)In``, *of*. A final ç, and a final k of more than one syllable, soften: ağaç → ağacın, köpek → köpeğin."""
    close = _HARMONY[_last_vowel(noun)]
    if noun[-1] in _HARMONY:
        return f"{noun}n{close}n"
    if noun[-1] == "ç":
        noun = noun[:-1] + "c"
    elif noun[-1] == "k" and sum(letter in _HARMONY for letter in noun) > 1:
        noun = noun[:-1] + "ğ"
    return f"{noun}{close}n"


def at_its(side: str) -> str:
    """*At its side*: possessive ``-(s)I``, then -n- and the locative. sol → solunda, yukarı → yukarısında."""
    possessed = side + ("s" if side[-1] in _HARMONY else "") + _HARMONY[_last_vowel(side)]
    return locative(possessed + "n")


_PLACE_WORDS = {
    "top left": ("sol üst", "sol üst köşe"),
    "top": ("üst", "yukarı"),
    "top right": ("sağ üst", "sağ üst köşe"),
    "left": ("sol",),
    "middle": ("orta",),
    "right": ("sağ",),
    "bottom left": ("sol alt", "sol alt köşe"),
    "bottom": ("alt", "aşağı"),
    "bottom right": ("sağ alt", "sağ alt köşe"),
}
PLACE_PHRASES = {place: tuple(map(locative, words)) for place, words in _PLACE_WORDS.items()}
_SIDES = {"left of": ("sol", "sol taraf"), "right of": ("sağ", "sağ taraf"), "above": ("üst", "yukarı"), "below": ("alt", "aşağı")}
RELATION_PHRASES = {name: tuple(map(at_its, sides)) for name, sides in _SIDES.items()}


def _indefinite(thing: Thing, choose: Choose) -> str:
    places = [choose(PLACE_PHRASES[place]) for place in thing.places]
    words = [listing(places, ", ", " ve ")] if places else []
    words += [f'üzerinde "{thing.word}" yazan'] if thing.word else []
    words += [NUMBERS[thing.count]] if thing.count > 1 else []
    words += [SIZE_WORDS[thing.size]] if thing.size else []
    words += [COLOUR_WORDS[thing.colour]] if thing.colour else []
    words += ["bir"] if thing.count == 1 else []  # the article stands between adjective and noun
    return " ".join([*words, NOUNS[thing.kind]])


def _definite(thing: Thing, choose: Choose, of: bool = False) -> str:
    words = [choose(PLACE_PHRASES[place]) + "ki" for place in thing.places]
    words += [SIZE_WORDS[thing.size]] if thing.size else []
    words += [COLOUR_WORDS[thing.colour]] if thing.colour else []
    return " ".join([*words, genitive(NOUNS[thing.kind]) if of else NOUNS[thing.kind]])


def realise(facts: Facts, choose: Choose, opening: bool | None = None) -> str:
    if not facts.things:
        return EMPTY
    last = ", " if in_several_places(facts.things) else " ve "
    text = listing([_indefinite(thing, choose) for thing in facts.things], ", ", last) + choose_opening(("", " var"), opening, choose)
    clauses = [
        f"{_definite(relation.subject, choose)}, {_definite(relation.object, choose, of=True)} {choose(RELATION_PHRASES[relation.name])}"
        for relation in facts.relations
    ]
    return "; ".join([text, *clauses])


_EMPTY, _ONE, _THERE = Phrases({EMPTY: True}), Phrases({"bir": True}), Phrases({"var": True})
_NUMBER = Phrases(inverse({str(number): word for number, word in NUMBERS.items()}))
_SIZE, _COLOUR = Phrases(inverse(SIZE_WORDS)), Phrases(inverse(COLOUR_WORDS))
_NOUN, _NOUN_OF = Phrases(inverse(NOUNS)), Phrases({genitive(noun): kind for kind, noun in NOUNS.items()})
_SAYS = Phrases({f'üzerinde "{word}" yazan': word for word in WORDS})
_PLACE = Phrases(inverse(PLACE_PHRASES))
_NEXT_PLACE = Phrases({f"{sep} {text}": place for text, place in inverse(PLACE_PHRASES).items() for sep in (",", "ve")})
_WHICH = Phrases({text + "ki": place for text, place in inverse(PLACE_PHRASES).items()})
_RELATION = Phrases(inverse(RELATION_PHRASES))
_NEXT, _COMMA, _CLAUSE = Phrases({",": True, "ve": True}), Phrases({",": True}), Phrases({";": True})


def _read_indefinite(reader: Reader) -> Thing:
    places = [reader.take(_PLACE)]
    while places[-1]:
        places.append(reader.take(_NEXT_PLACE))
    word = reader.take(_SAYS)
    count = int(reader.take(_NUMBER) or 1)
    size, colour = reader.take(_SIZE), reader.take(_COLOUR)
    if count == 1:
        reader.need(_ONE, "'bir'")
    kind = reader.need(_NOUN, "a noun without plural")
    if word and kind != SIGN:
        raise reader.error("only a sign says something")
    return check_places(reader, Thing(kind, count, colour, size, tuple(places[:-1]), word))


def _read_definite(reader: Reader, of: bool = False) -> Thing:
    place, size, colour = reader.take(_WHICH), reader.take(_SIZE), reader.take(_COLOUR)
    kind = reader.need(_NOUN_OF, "a noun in the genitive") if of else reader.need(_NOUN, "a noun")
    return Thing(kind, 1, colour, size, (place,) if place else ())


def read(text: str) -> Facts:
    reader = Reader(text.replace("I", "ı").replace("İ", "i").lower())  # Turkish small letters: I → ı, İ → i
    things, relations = [], []
    if not reader.take(_EMPTY):
        things.append(_read_indefinite(reader))
        while reader.take(_NEXT):
            things.append(_read_indefinite(reader))
        reader.take(_THERE)
        while reader.take(_CLAUSE):
            subject = _read_definite(reader)
            reader.need(_COMMA, "a comma")
            landmark = _read_definite(reader, of=True)
            relations.append(Relation(subject, reader.need(_RELATION, "a relation"), landmark))
    reader.end()
    return Facts(tuple(things), tuple(relations))
