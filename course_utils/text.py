"""Text as numbers: one class of vocabularies, for questions, captions, names and what is written later.

Each topic keeps a vocabulary of its own. Token numbers never change, since models and recordings hold them: what is new
goes behind what is there (:meth:`Vocabulary.extended`).
"""

from __future__ import annotations

import copy
import difflib
import re
import warnings
from collections.abc import Callable, Iterable, Sequence

import numpy as np

PAD = 0  # the token behind a text, in every vocabulary
IGNORED = -100  # the label of a token that nobody asks for, as PyTorch's losses have it
_MARKS = ",;:.?!"
_LETTERS = re.compile(r"[^\W_]+")
_SPECIAL = re.compile(r"(<[^<>\s]+>)")


def split_words(text: str) -> list[str]:
    """The words of a text; each of the marks , ; : . ? ! is a word of its own."""
    for mark in _MARKS:
        text = text.replace(mark, f" {mark} ")
    return text.split()


def join_words(words: Iterable[str]) -> str:
    """The text that words make, the inverse of :func:`split_words`: a space between any two, none before a mark."""
    text = " ".join(words)
    for mark in _MARKS:
        text = text.replace(f" {mark}", mark)
    return text


def split_lower(text: str) -> list[str]:
    """The words of a text, in lower case, without punctuation."""
    return _LETTERS.findall(text.lower())


class Vocabulary(Sequence[str]):
    """Words and special tokens, each with a number; as a sequence, all of them in the order of their numbers.

    Parameters
    ----------
    words : their order is that of their numbers, which follow ``<pad>`` (0) and the ``specials``.
    specials : tokens such as ``<mask>``, in angle brackets. Written in a text, each is one word.
    begin, end : the special that :meth:`encode` puts before, and behind, every text; ``None``: it puts none.
    unknown : the special that stands for a word that is not here; ``None``: such a word is an error.
    length : tokens of an encoded text, ``begin`` and ``end`` included, where the caller gives no other number.
    cut : whether words that do not fit are cut off, with a warning; else a text that is too long is an error.
    split, join : a text as words and back. The default splits at spaces and off punctuation, and keeps capitals.
    name : what texts it is for, in messages.

    Raises ValueError if a word stands twice or is not one word, or a special is not in angle brackets.
    """

    def __init__(
        self,
        words: Iterable[str],
        *,
        specials: Iterable[str] = (),
        begin: str | None = None,
        end: str | None = None,
        unknown: str | None = None,
        length: int,
        cut: bool = False,
        split: Callable[[str], list[str]] = split_words,
        join: Callable[[Iterable[str]], str] = join_words,
        name: str,
    ):
        self.length, self.cut, self.join, self.name, self._split = length, cut, join, name, split
        self._entries, self._numbers, self.specials = (), {}, frozenset()
        self._append(words, ("<pad>", *specials))
        self._before, self._behind = ([] if token is None else [self.index(token)] for token in (begin, end))
        self._unknown = None if unknown is None else self.index(unknown)

    def _append(self, words: Iterable[str], specials: Iterable[str]) -> None:
        words, specials = tuple(words), tuple(specials)
        for special in specials:
            if not _SPECIAL.fullmatch(special):
                raise ValueError(f"{special!r} is no special token; put it in angle brackets, such as '<image>'.")
        for word in words:
            if self._split(word) != [word]:
                raise ValueError(f"{word!r} is not one word but {self._split(word)}; add these, one by one.")
        numbers = dict(self._numbers)
        for entry in (*specials, *words):
            if entry in numbers:
                raise ValueError(f"{entry!r} is in {self.name} already; leave it out.")
            numbers[entry] = len(numbers)
        self._entries, self._numbers, self.specials = tuple(numbers), numbers, self.specials | set(specials)

    def extended(self, *, words: Iterable[str] = (), specials: Iterable[str] = ()) -> Vocabulary:
        """A vocabulary with more specials, then more words, behind those of this one, whose numbers stay. Raises ValueError
        as the class does."""
        more = copy.copy(self)
        more._append(words, specials)
        return more

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, token):
        """The word of a number; of a slice, a tuple of words."""
        return self._entries[token]

    def __contains__(self, word: object) -> bool:
        return word in self._numbers

    def index(self, word: str) -> int:
        """The number of a word. Raises ValueError if it is not here."""
        if word not in self._numbers:
            close = ", ".join(difflib.get_close_matches(word, self._entries, n=3, cutoff=0.0))
            raise ValueError(f"{word!r} is no word of {self.name}; take one that is (close: {close}), or add it with `extended`.")
        return self._numbers[word]

    def split(self, text: str) -> list[str]:
        """The words and specials of a text, known or not."""
        if "<" not in text:
            return self._split(text)
        parts = _SPECIAL.split(text)
        return [word for part in parts for word in ([part] if part in self.specials else self._split(part))]

    def unknown(self, text: str) -> list[str]:
        """The words of a text that are not here."""
        return [word for word in self.split(text) if word not in self]

    def cut_off(self, text: str, length: int | None = None) -> list[str]:
        """The words of a text that do not fit into ``length`` tokens."""
        return self.split(text)[self._room(length) :]

    def encode(self, texts: Sequence[str], length: int | None = None) -> np.ndarray:
        """Texts as numbers: int32[n, length], :data:`PAD` behind each.

        Raises
        ------
        ValueError
            Unless the vocabulary says otherwise: if a word is not here, or a text is too long.
        """
        tokens = np.full((len(texts), length or self.length), PAD, np.int32)
        room = self._room(length)
        for row, text in zip(tokens, texts):
            words = self.split(text)
            if len(words) > room:
                need = tokens.shape[1] - room + len(words)
                told = f"{text!r} has {len(words)} words, but there is room for {room}; shorten it, or give a length of {need}."
                if not self.cut:
                    raise ValueError(told)
                warnings.warn(f"Words are cut off: {told}", stacklevel=2)
            numbers = [self._number(word) for word in words[:room]]
            numbers = [*self._before, *numbers, *self._behind]
            row[: len(numbers)] = numbers
        return tokens

    def words(self, tokens: Sequence[int]) -> list[str]:
        """What int[T] spells, word by word, specials too but padding not."""
        return [self._entries[token] for token in np.asarray(tokens).tolist() if token != PAD]

    def decode(self, tokens: np.ndarray) -> list[str]:
        """The texts that int[n, T] spell, each from behind its ``begin`` up to its ``end``, or where none is put, to the first
        padding."""
        stop, texts = (self._behind or [PAD])[0], []
        for row in np.asarray(tokens).tolist():
            row = row[: row.index(stop)] if stop in row else row
            row = row[1:] if self._before and row[:1] == self._before else row
            texts.append(self.join(self._entries[token] for token in row))
        return texts

    def _number(self, word: str) -> int:
        return self.index(word) if self._unknown is None else self._numbers.get(word, self._unknown)

    def _room(self, length: int | None) -> int:
        """How many words fit."""
        return (length or self.length) - len(self._before) - len(self._behind)
