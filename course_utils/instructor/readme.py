"""What the README takes from elsewhere: the course's address, the table of notebooks, measured numbers, and its pictures."""

import re
from pathlib import Path

from course_utils.arms import Arm
from course_utils.instructor.assemble import badge, repository
from course_utils.instructor.source import Source, read

PICTURE = "docs/course_map.png"
GALLERY = "docs/gallery.png"
_TABLE = re.compile(r"(?<=<!-- notebooks -->\n).*?(?=<!-- /notebooks -->)", re.DOTALL)
_MEASURED = re.compile(r"(?<=<!-- measured -->\n).*?(?=<!-- /measured -->)", re.DOTALL)
_CLONE = re.compile(r"(?<=git clone )\S+")


def stamp(readme: str, root: Path) -> str:
    """The README with the address of ``pyproject.toml``, one row for every notebook under ``solutions/`` and :func:`measured`.

    Raises ValueError if the markers that enclose the table are missing.
    """
    if not _TABLE.search(readme):
        raise ValueError("README.md has lost the lines <!-- notebooks --> and <!-- /notebooks --> around its table.")
    files = sorted(root.glob("solutions/[0-9][0-9]_*/[0-9][0-9]_*.py"))
    rows = ["| | | |", "|---|---|---|", *(_row(read(file), root) for file in files)]
    readme = _TABLE.sub(lambda _: "\n".join(rows) + "\n", readme)
    if _MEASURED.search(readme):
        readme = _MEASURED.sub(measured() + "\n", readme)
    return _CLONE.sub(repository(root), readme)


def measured() -> str:
    """Two results as they are recorded in ``data/results``, one line each."""
    from course_utils.experiments import dual_encoder, record
    from course_utils.experiments.dual_encoder import pixels
    from course_utils.experiments.fusion_encoder import arms

    binding, styles = record.load("04"), record.load("03")
    fused, averaged, hidden = (binding[arm, "binding, both"] for arm in (arms.HARD, arms.DUAL, arms.CONTROLS["colours"]))

    def found(**fields: str) -> str:
        low, *_, high = sorted(styles[Arm(left_out=style, **fields), "text R@1"].mean for style in dual_encoder.LEFT_OUT)
        return f"{low:.1%}" if f"{low:.1%}" == f"{high:.1%}" else f"{low:.1%} to {high:.1%}"

    runs = styles[Arm(left_out=dual_encoder.ABLATED, variation="augmented"), "text R@1"].seeds
    return (
        "- **Binding** (notebook 04): two pictures, two captions, the colours exchanged, and both captions go to the right picture and both "
        f"pictures to the right caption: {fused.mean:.1%} for a fusion encoder taught with hard negatives ({fused.seeds} runs), "
        f"{averaged.mean:.0%} for a dual encoder that averages its words, {hidden.mean:.0%} with the colours hidden.\n"
        "- **A style nobody was taught** (notebook 03): the right one of 800 or so pictures stands first for its name in "
        f"{found(variation='augmented')} of searches ({runs} runs in each of three styles left out in turn); nearest pixels find "
        f"{found(pixels=pixels.BEST)}, chance {found(baseline='chance')}."
    )


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
