"""The class list: who is on it, and who of those who handed in, whatever column it names them in."""

import collections
import csv
import io
import itertools
import re
import unicodedata
from collections.abc import Collection
from pathlib import Path

from course_utils.instructor.intake import Refused


class Roster:
    """A class list: a CSV file with a line of titles and a line for each student, as a platform exports it.

    A student is matched by any cell (name, number, address or what stands before its @), and by two of the cells without
    digits, as first and last name; case, spaces and punctuation do not count.
    """

    def __init__(self, path: Path):
        """Raises Refused if there is no such file, or it is no class list."""
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise Refused(f"{path} is not in UTF-8: save it as “CSV UTF-8”.") from None
        except OSError as error:
            raise Refused(f"The class list {path} cannot be read ({error.strerror}): say where it is, `--students FILE.csv`.") from None
        titles = text.partition("\n")[0]
        self.path, rows = path, list(csv.reader(io.StringIO(text), delimiter=max(",;\t", key=titles.count)))
        self.titles, self.rows = ", ".join(rows[0] if rows else []), [row for row in rows[1:] if any(map(str.strip, row))]
        if not self.rows:
            raise Refused(f"{path} names nobody: the class list is a CSV file with a line of titles, then a line for each student.")
        self._where = collections.defaultdict(set)
        for number, row in enumerate(self.rows):
            words = [cell for cell in row if not re.search(r"[\d@]", cell)]
            for form in (*row, *(cell.split("@")[0] for cell in row), *map(" ".join, itertools.permutations(words, 2))):
                self._where[_letters(form)].add(number)
        self._where.pop("", None)

    def lines(self, name: str) -> int:
        """How many lines a name fits."""
        return len(self._matched(name)[0])

    def compare(self, students: Collection[str]) -> tuple[dict[str, str], list[str]]:
        """What is to be said of those who handed in, and who of the list did not.

        Raises Refused if the list names none of them.
        """
        notes, matched = {}, {student: self._matched(student) for student in students}
        claims = collections.Counter(line for found, _ in matched.values() for line in found)
        for student, (found, by_number) in matched.items():
            if len(found) != 1:
                notes[student] = f"fits {len(found)} lines of the class list" if found else "not on the class list"
            elif claims[min(found)] > 1:
                notes[student] = "fits a line of the class list that others fit, too"
            elif by_number:
                notes[student] = "on the class list by its number alone"
        if students and not claims:
            raise Refused(f"No column of {self.path} ({self.titles}) names anybody who handed in, such as {min(students)}: add one.")
        return notes, [", ".join(filter(None, row)) for number, row in enumerate(self.rows) if number not in claims]

    def _matched(self, student: str) -> tuple[set[int], bool]:
        """The lines that a student fits: by the whole key, by its name, by that behind a group's, and only then by its number."""
        name, number = re.fullmatch(r"(.*?)(?:_(\d+))?", student, re.DOTALL).groups("")
        said = (number, f"participant{number}") if number else ()  # the second in Moodle's worksheet
        numbered = {line for form in said for line in self._where.get(form, ())}
        for form in (student, *(name.split("-", n)[-1] for n in range(name.count("-") + 1))):
            if found := self._where.get(_letters(form)):
                return (found & numbered if len(found) > 1 else set()) or found, False
        return numbered, True


def _letters(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in text if letter.isalnum() or unicodedata.category(letter)[0] == "M")
