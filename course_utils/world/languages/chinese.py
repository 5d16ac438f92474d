"""Chinese captions: a measure word for every noun, 的 behind colours, places as 左上角有…, relations as 在…的左边."""

from __future__ import annotations

import re
from collections.abc import Iterable

from course_utils.world.facts import SIGN, Facts, Relation, Thing
from course_utils.world.languages import Choose, Phrases, Reader, check_places, choose_opening, inverse, lexicon, listing
from course_utils.world.things import WORDS

# kind → measure word, noun. 喇叭 rather than 小号 for the trumpet: size words would run into 小号's own 小.
_LEXICON = lexicon(
    """
    dog 只狗, cat 只猫, frog 只青蛙, tiger 只老虎, bee 只蜜蜂, fish 条鱼, snake 条蛇, turtle 只乌龟, penguin 只企鹅,
    banana 根香蕉, strawberry 颗草莓, watermelon 个西瓜, pizza 个披萨, doughnut 个甜甜圈, mushroom 朵蘑菇,
    bus 辆公交车, car 辆汽车, bicycle 辆自行车, motorcycle 辆摩托车, sailboat 艘帆船, rocket 枚火箭, airplane 架飞机, tulip 朵郁金香, tree 棵树, cactus 棵仙人掌,
    trumpet 个喇叭, guitar 把吉他, crown 顶王冠, balloon 个气球, key 把钥匙, umbrella 把雨伞, house 座房子, sign 块牌子
    """
)
MEASURES = {kind: entry[0] for kind, entry in _LEXICON.items()}
NOUNS = {kind: entry[1:] for kind, entry in _LEXICON.items()}
COLOUR_WORDS = {"red": "红色", "yellow": "黄色", "green": "绿色", "blue": "蓝色", "purple": "紫色", "pink": "粉色"}
SIZE_WORDS = {"small": "小", "large": "大"}
NUMBERS = {1: "一", 2: "两", 3: "三", 4: "四", 5: "五"}  # 两, not 二, before a measure word
PLACE_PHRASES = {
    "top left": ("左上角", "左上方"),
    "top": ("上方", "上面"),
    "top right": ("右上角", "右上方"),
    "left": ("左边", "左侧"),
    "middle": ("中间", "中央"),
    "right": ("右边", "右侧"),
    "bottom left": ("左下角", "左下方"),
    "bottom": ("下方", "下面"),
    "bottom right": ("右下角", "右下方"),
}
RELATION_PHRASES = {"left of": ("左边", "左侧"), "right of": ("右边", "右侧"), "above": ("上方", "上面"), "below": ("下方", "下面")}
EMPTY = "一张空白的图"


def noun_phrase(thing: Thing) -> str:
    """``红色的大狗``: colour with 的, then the size right before the noun."""
    colour = f"{COLOUR_WORDS[thing.colour]}的" if thing.colour else ""
    says = f"写着“{thing.word}”的" if thing.word else ""
    return f"{says}{colour}{SIZE_WORDS.get(thing.size, '')}{NOUNS[thing.kind]}"


def _and(items: list[str]) -> str:
    return listing(items, "、", "和")


def _indefinite(thing: Thing) -> str:
    return f"{NUMBERS[thing.count]}{MEASURES[thing.kind]}{noun_phrase(thing)}"


def _definite(thing: Thing, choose: Choose) -> str:
    return "".join(f"{choose(PLACE_PHRASES[place])}的" for place in thing.places) + noun_phrase(thing)


def _placed_clause(thing: Thing, choose: Choose, place_first: bool) -> str:
    """``左上角有一只狗``, or ``一只狗在左上角``."""
    places = _and([choose(PLACE_PHRASES[place]) for place in thing.places])
    return f"{places}有{_indefinite(thing)}" if place_first else f"{_indefinite(thing)}在{places}"


def realise(facts: Facts, choose: Choose, opening: bool | None = None) -> str:
    if not facts.things:
        return EMPTY
    if any(thing.places for thing in facts.things):
        place_first = choose((True, False))
        text = "，".join(_placed_clause(thing, choose, place_first) for thing in facts.things)
    else:
        text = choose_opening(("", "图中有"), opening, choose) + _and([_indefinite(thing) for thing in facts.things])
    clauses = [
        f"{_definite(relation.subject, choose)}在{_definite(relation.object, choose)}的{choose(RELATION_PHRASES[relation.name])}"
        for relation in facts.relations
    ]
    return "；".join([text, *clauses])


_PIECES = {
    EMPTY,
    *("图中有", "有", "在", "的", "写着", "、", "和", "，", "；"),
    *(f"“{word}”" for word in WORDS),
    *(NUMBERS.values()),
    *(MEASURES.values()),
    *(NOUNS.values()),
    *(COLOUR_WORDS.values()),
    *(SIZE_WORDS.values()),
    *inverse(PLACE_PHRASES),
    *inverse(RELATION_PHRASES),
}
_PIECE = re.compile("|".join([*map(re.escape, sorted(_PIECES, key=len, reverse=True)), r"\S"]))


def split(text: str) -> list[str]:
    """The phrases of a text: numbers, measure words, nouns, colours, sizes, places, particles, marks and what signs say.

    There are no spaces to go by. From the left, the longest phrase that the grammar writes is taken (左上角 before 左边,
    图中有 before 有); a character with which none begins stands alone.
    """
    return _PIECE.findall(text)


def join(words: Iterable[str]) -> str:
    """The text that phrases make, without spaces."""
    return "".join(words)


def _phrases(meanings: dict) -> Phrases:
    return Phrases(meanings, spaced=False)


_EMPTY, _THERE = _phrases({EMPTY: True}), _phrases({"图中有": True})
_HAS, _AT = _phrases({"有": True}), _phrases({"在": True})
_COUNT = _phrases({NUMBERS[n] + measure: (measure, n) for n in NUMBERS for measure in dict.fromkeys(MEASURES.values())})
_COLOUR = _phrases({f"{word}的": colour for colour, word in COLOUR_WORDS.items()})
_SIZE, _NOUN = _phrases(inverse(SIZE_WORDS)), _phrases(inverse(NOUNS))
_SAYS = _phrases({f"写着“{word}”的": word for word in WORDS})
_PLACE = _phrases(inverse(PLACE_PHRASES))
_NEXT_PLACE = _phrases({sep + text: place for text, place in inverse(PLACE_PHRASES).items() for sep in "、和"})
_WHICH = _phrases({f"{text}的": place for text, place in inverse(PLACE_PHRASES).items()})
_RELATION = _phrases({f"的{text}": name for text, name in inverse(RELATION_PHRASES).items()})
_NEXT, _CLAUSE = _phrases({"，": True, "、": True, "和": True}), _phrases({"；": True})


def _read_noun(reader: Reader) -> Thing:
    word, colour, size = reader.take(_SAYS), reader.take(_COLOUR), reader.take(_SIZE)
    kind = reader.need(_NOUN, "a noun")
    if word and kind != SIGN:
        raise reader.error("only a sign says something")
    return Thing(kind, 1, colour, size, (), word)


def _read_places(reader: Reader) -> tuple[str, ...]:
    places = [reader.take(_PLACE)]
    while places[-1]:
        places.append(reader.take(_NEXT_PLACE))
    return tuple(places[:-1])


def _read_indefinite(reader: Reader) -> Thing:
    if places := _read_places(reader):
        reader.need(_HAS, "有")
    measure, count = reader.need(_COUNT, "a number with a measure word")
    thing = _read_noun(reader)
    if MEASURES[thing.kind] != measure:
        raise reader.error(f"{NOUNS[thing.kind]} is counted by {MEASURES[thing.kind]}, not {measure},")
    if not places and reader.take(_AT):
        if not (places := _read_places(reader)):
            raise reader.error("expected a place")
    return check_places(reader, thing._replace(count=count, places=places))


def _read_definite(reader: Reader) -> Thing:
    place = reader.take(_WHICH)
    return _read_noun(reader)._replace(places=(place,) if place else ())


def read(text: str) -> Facts:
    reader = Reader(text)
    things, relations = [], []
    if not reader.take(_EMPTY):
        reader.take(_THERE)
        things.append(_read_indefinite(reader))
        while reader.take(_NEXT):
            things.append(_read_indefinite(reader))
        while reader.take(_CLAUSE):
            subject = _read_definite(reader)
            reader.need(_AT, "在")
            landmark = _read_definite(reader)
            relations.append(Relation(subject, reader.need(_RELATION, "a relation"), landmark))
    reader.end()
    return Facts(tuple(things), tuple(relations))
