"""Whose a hand-in is: samples of every layout, names that must stay apart, and what only a class list can tell."""

import unicodedata

import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
from course_utils.instructor.identity import key, places
from course_utils.instructor.intake import Refused
from course_utils.instructor.roster import Roster

NAMES = ["00_start_here", "01_vqa_fusion"]
NB = "x.ipynb"

# Layout → paths, each with its student.
SAMPLES = {
    "Moodle": {f"Jane Doe_48213_assignsubmission_file_/{NB}": "Jane Doe_48213", f"Jane Doe_7_assignsubmission_file/a/{NB}": "Jane Doe_7"},
    "Moodle, below a course": {f"CS7-Week 1-991/Ann Lee_48213_assignsubmission_file/{NB}": "Ann Lee_48213"},
    "Moodle, anonymous": {f"Participant_{n}_assignsubmission_file_/{NB}": f"Participant_{n}" for n in (1001, 1002)},
    "Moodle, groups": {f"Group A-Jo Doe_48213_assignsubmission_file_/{NB}": "Group A-Jo Doe_48213"},
    "Moodle, teams": {f"Team 1_12_assignsubmission_file_/{NB}": "Team 1_12", f"Default team_assignsubmission_file_/{NB}": "Default team"},
    "Moodle, with text": {
        f"Jane Doe_48213_assignsubmission_file_/{NB}": "Jane Doe_48213",
        "Jane Doe_48213_assignsubmission_onlinetext_/onlinetext.html": "Jane Doe_48213",
    },
    "Moodle, not in folders": {
        f"Jane Doe_48213_assignsubmission_file_{NB}": "Jane Doe_48213",
        f"Eve_9_assignsubmission_file_Jane Doe_48213_assignsubmission_file_{NB}": "Eve_9",
    },
    "Canvas": {
        f"doejane_48213_77120_{NB}": "doejane_48213",
        f"doejane_LATE_48213_77121_{NB}": "doejane_48213",
        f"doejane_51777_77122_{NB}": "doejane_51777",
        "leebo_5_text.html": "leebo_5",
        "leebo_LATE_6_77123_work.zip": "leebo_6",
    },
    "Canvas, below a folder": {f"submissions/leeann_48213_77120_{NB}": "leeann_48213"},
    "Canvas, anonymous": {f"anon_Kx2bC_77120_{NB}": "anon_Kx2bC", f"LATE_anon_12345_77120_1_{NB}": "anon_12345"},
    "Blackboard": {
        f"HW 1_jdoe_attempt_2026-11-30-12-14-34_{NB}": "jdoe",
        "HW 1_jdoe_attempt_2026-11-30-12-14-34.txt": "jdoe",
        f"HW 1_j_ray_attempt_2026-11-30-12-14-34_{NB}": "j_ray",
        f"HW 1_m_ray_attempt_2026-11-30-12-14-34_x_attempt_2020-11-30-12-14-34_{NB}": "m_ray",
    },
    "folders": {f"ann/{NAMES[0]}/{NB}": "ann", f"bob/{NB}": "bob", "cy.ipynb": "cy", "di/deeper/still/x.ipynb": "di", "ed/": "ed"},
    "one student": {"ann/deeper/still/x.ipynb": "ann"},
    "files": {"ann.ipynb": "ann", "Copy of bob (1).IPYNB": "bob", "cy.ipynb.txt": "cy", "di.pdf": "di", f"ed.zip/{NB}": "ed"},
    "a section": {f"Group A/jane/{NB}": "jane", f"Group A/bob/{NB}": "bob"},
    "files of a section": {"Group A/jane.ipynb": "jane", "Group A/bob.ipynb": "bob"},
    "nbgrader": {f"submitted/ann/{NAMES[0]}/{NB}": "ann"},
    "a platform's name below a student": {
        f"eve/Jane Doe_48213_assignsubmission_file_/{NB}": "eve",
        f"eve/doejane_48213_77120_{NB}": "eve",
        f"jane/{NB}": "jane",
    },
}


def students(paths, **options) -> list[str]:
    found = places([tuple(path.split("/")) for path in paths], NAMES, **options)
    return [str(one) if isinstance(one, Refused) else one.student for one in found]


@pytest.mark.parametrize("layout", SAMPLES)
def test_whose_a_file_is(layout):
    assert students(SAMPLES[layout]) == list(SAMPLES[layout].values())


def test_attempts_have_the_platforms_number():
    (canvas,) = places([(f"doejane_48213_77120_{NB}",)], NAMES)
    early, late = places([(f"HW_jdoe_attempt_2026-11-{day}-12-14-34_{NB}",) for day in (29, 30)], NAMES)
    assert canvas.number == 77120 and canvas.name == NB and early.number < late.number


def test_what_does_not_fit_the_others_is_refused_aloud():
    canvas = [f"doejane_48213_77120_{NB}", f"leebo_5_77121_{NB}"]
    for paths, says in (
        ([*canvas, f"ann/{NB}"], "not named as Canvas does"),
        ([f"ann/{NB}", f"bob/{NB}", canvas[0]], "named as a platform does"),
    ):
        assert says in students(paths)[2] and len(set(students(paths)[:2])) == 2


def test_folders_that_could_be_sections_or_students_are_refused_unless_a_list_tells():
    paths = [f"{top}/{name}/x.ipynb" for top, name in (("A", "ann"), ("A", "bob"), ("B", "cy"), ("B", "di"))]
    assert all("give a class list (`--students`)" in said for said in students(paths))
    assert students(paths, listed={"ann", "di"}.__contains__) == ["ann", "bob", "cy", "di"]
    assert students(paths, listed={"A", "B"}.__contains__) == ["A", "A", "B", "B"]


def test_names_stay_apart_and_readable():
    names = [
        "O'Neil Al",
        "O Neil Al",
        "jo-ann",
        "jo_ann",
        "jo.ann",
        "কি",
        "কী",
        "Ünal Çelik",
        "a/b",
        "a~2Fb",
        "*",
        "..",
        "-x",
        "=1+1",
        "",
        " a",
        "a ",
    ]
    names += ["x" * 300 + end for end in "ab"] + ["caf\udce9", "half \ud800"]
    keys = [key(name) for name in names]
    assert len(set(keys)) == len(names) and all(len(k.encode()) < 150 for k in keys)
    assert not any(set(k) & set('/*?[]\\#%\n\0"<>&;$`|{}') or k[0] in "=+-@. " for k in keys)
    assert key("Ünal Çelik") == "Ünal Çelik" == key(unicodedata.normalize("NFD", "Ünal Çelik"))
    assert key("কী") == "কী" and key("O'Neil Al") == "O'Neil Al"


MOODLE = "First name,Last name,ID number,Email address\nJane,Doe,48213,jane@example.org\nÜnal,Çelik,5,unal@example.org\n"
CASES = {
    "name and number": (MOODLE, "Jane Doe_48213", ""),
    "last name first": (MOODLE, "doejane_77", ""),
    "decomposed": (MOODLE, unicodedata.normalize("NFD", "Ünal Çelik"), ""),
    "behind a group": (MOODLE, "Group A-Jane Doe_3", ""),
    "an address": (MOODLE, "jane@example.org", ""),
    "before its @": (MOODLE, "unal", ""),
    "only a number": (MOODLE, "anybody_5", "on the class list by its number alone"),
    "nobody": (MOODLE, "Bob Ray_6", "not on the class list"),
    "spaces": ("id,first_name\nJane Doe,Jane\nÜnal Çelik,Ünal\n", "Jane Doe", ""),
    "semicolons": ("\ufeffName;Nr\nDoe, Jane;1\n", "Doe, Jane", ""),
    "namesakes": ("id,name\n1,Jane Doe\n2,Jane Doe\n", "Jane Doe_7", "fits 2 lines of the class list"),
}


@pytest.mark.parametrize("case", CASES)
def test_who_is_on_a_class_list(case, tmp_path):
    text, student, note = CASES[case]
    (tmp_path / "class.csv").write_text(text, encoding="utf-8")
    roster = Roster(tmp_path / "class.csv")
    somebody = {"id,name": "2", "Name;N": "1"}.get(text.lstrip("\ufeff")[:6], "Ünal Çelik")
    notes, _ = roster.compare({student, somebody} if case == "nobody" else {student})
    assert notes.get(student, "") == note


def test_who_is_missing_and_who_shares_a_line(tmp_path):
    (tmp_path / "class.csv").write_text(MOODLE, encoding="utf-8")
    notes, missing = Roster(tmp_path / "class.csv").compare(["Jane Doe_1", "Jane Doe_2"])
    assert missing == ["Ünal, Çelik, 5, unal@example.org"] and set(notes.values()) == {"fits a line of the class list that others fit, too"}


@pytest.mark.parametrize(
    "content, says",
    [
        (None, "cannot be read (No such file"),
        (b"id\n", "names nobody"),
        (b"", "names nobody"),
        ("id\nÜnal\n".encode("latin-1"), "save it as"),
        (b"id,mark\n7,1\n", "No column of"),
    ],
)
def test_a_class_list_that_cannot_be_used_is_a_sentence(content, says, tmp_path):
    path = tmp_path / "class.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Refused, match=says.replace("(", r"\(")):
        Roster(path).compare(["ann"])
