"""What the README takes from elsewhere: the course's address, the table of notebooks, and its picture."""

import re
from pathlib import Path

from course_utils.instructor.assemble import badge, repository
from course_utils.instructor.source import Source, read

PICTURE = "docs/course_map.png"
GALLERY = "docs/gallery.png"
_TABLE = re.compile(r"(?<=<!-- notebooks -->\n).*?(?=<!-- /notebooks -->)", re.DOTALL)
_CLONE = re.compile(r"(?<=git clone )\S+")


def stamp(readme: str, root: Path) -> str:
    """The README with the address of ``pyproject.toml`` and one row for every notebook under ``solutions/``.

    Raises ValueError if the markers that enclose the table are missing.
    """
    if not _TABLE.search(readme):
        raise ValueError("README.md has lost the lines <!-- notebooks --> and <!-- /notebooks --> around its table.")
    files = sorted(root.glob("solutions/[0-9][0-9]_*/[0-9][0-9]_*.py"))
    rows = ["| | | |", "|---|---|---|", *(_row(read(file), root) for file in files)]
    readme = _TABLE.sub(lambda _: "\n".join(rows) + "\n", readme)
    return _CLONE.sub(repository(root), readme)


def _row(source: Source, root: Path) -> str:
    """A notebook's title, its one-sentence claim (the first bold line), its Colab badge."""
    first = source.cells[0].source
    title = re.search(r"^# (.+)$", first, re.MULTILINE).group(1)
    claim = re.search(r"^\*\*(.+?)\*\*$", first, re.MULTILINE).group(1)
    return f"| [{title}](notebooks/{source.name}/{source.name}.ipynb) | {claim} | {badge(source.name, root)} |"


def write(root: Path) -> None:
    """Stamps the README and draws its pictures."""
    from course_utils.show import diagrams
    from course_utils.show.scene_gallery import scene_gallery

    file = root / "README.md"
    file.write_text(stamp(file.read_text(encoding="utf-8"), root), encoding="utf-8")
    (root / PICTURE).parent.mkdir(exist_ok=True)
    diagrams.course_map().save(root / PICTURE)
    scene_gallery().save(root / GALLERY)
