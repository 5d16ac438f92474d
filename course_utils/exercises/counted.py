"""Strings that count how often they are compared or hashed: what is quadratic shows without a clock."""

from typing import Any

import jax


class TooOften(RuntimeError):
    """The strings of an argument were compared or hashed more often than they allow."""


class _Counted(str):
    left: list[int]

    def _count(self) -> None:
        self.left[0] -= 1
        if self.left[0] < 0:
            raise TooOften("they say that they were compared or looked up too often")

    def __eq__(self, other: object) -> bool:
        self._count()
        return str.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        self._count()
        return str.__ne__(self, other)

    def __lt__(self, other: str) -> bool:
        self._count()
        return str.__lt__(self, other)

    def __hash__(self) -> int:
        self._count()
        return str.__hash__(self)


def counted(arguments: list, most: int) -> list:
    """The arguments with strings that raise :class:`TooOften` once all together were compared or hashed ``most`` times."""
    left = [most]

    def count(leaf: Any) -> Any:
        if isinstance(leaf, str):
            leaf = _Counted(leaf)
            leaf.left = left
        return leaf

    return jax.tree.map(count, arguments)
