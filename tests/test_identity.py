"""Whose a hand-in is: samples of every layout, names that must stay apart, and what only a class list can tell."""

import unicodedata

import pytest

pytest.importorskip("nbgrader", reason="the instructor's tools are not part of this environment")
from course_utils.instructor.identity import key, places
from course_utils.instructor.intake import Refused
from course_utils.instructor.roster import Roster

NAMES = ["00_start_here", "01_vqa_fusion"]
NB, FILE, TRY = "x.ipynb", "_assignsubmission_file_", "_attempt_2026-11-30-12-14-34"

# Layout → paths, each with its student.
SAMPLES = {
    "Moodle": {f"Jane Doe_48213{FILE}/{NB}": "Jane Doe", f"J_Ray_7{FILE[:-1]}/a/{NB}": "J_Ray"},
    "Moodle, namesakes": {f"Jane Doe_{n}{FILE}/{NB}": f"Jane Doe_{n}" for n in (1, 2)},
    "Moodle, two assignments": {f"CS7-Week {n}-99{n}/Ann Lee_{n}{FILE}/{NB}": "Ann Lee" for n in (1, 2)},
    "Moodle, anonymous": {f"Participant_{n}{FILE}/{NB}": f"Participant_{n}" for n in (1001, 1002)},
    "Moodle, one anonymous": {f"Participant_1001{FILE}/{NB}": "Participant_1001"},
    "Moodle, groups": {f"Group A-Jo Doe_48213{FILE}/{NB}": "Group A-Jo Doe"},
    "Moodle, teams": {f"Team 1_12{FILE}/{NB}": "Team 1", f"Default team{FILE}/{NB}": "Default team"},
    "Moodle, not in folders": {f"Jo_48213{FILE}{NB}": "Jo", f"Eve_9{FILE}Jane Doe_48213{FILE}{NB}": "Eve"},
    "Canvas": {
        f"doejane_48213_77120_{NB}": "doejane_48213",
        f"doejane_LATE_48213_77121_{NB}": "doejane_48213",
        f"doejane_51777_77122_{NB}": "doejane_51777",
        "leebo_5_text.html": "leebo_5",
        "leebo_LATE_6_77123_work.zip": "leebo_6",
    },
    "Canvas, anonymous": {f"anon_Kx2bC_77120_{NB}": "anon_Kx2bC", f"LATE_anon_12345_77120_1_{NB}": "anon_12345"},
    "Blackboard": {
        f"HW 1_jdoe{TRY}_{NB}": "jdoe",
        f"HW 1_jdoe{TRY}.txt": "jdoe",
        f"HW 1_j_ray{TRY}_{NB}": "j_ray",
        f"HW 1_m_ray{TRY}_x{TRY}_{NB}": "m_ray",
    },
    "folders": {f"ann/{NAMES[0]}/{NB}": "ann", f"bob/{NB}": "bob", "cy.ipynb": "cy", "di/deeper/still/x.ipynb": "di", "ed/": "ed"},
    "files": {"ann.ipynb": "ann", "Copy of bob (1).IPYNB": "bob", "cy.ipynb.txt": "cy", "di.pdf": "di", f"ed.zip/{NB}": "ed"},
    "a section": {f"Group A/jane/{NB}": "jane", f"Group A/bob/{NB}": "bob"},
    "files of a section": {"Group A/jane.ipynb": "jane", "Group A/bob.ipynb": "bob"},
    "nbgrader": {f"submitted/ann/{NAMES[0]}/{NB}": "ann"},
    "a platform's name below a student": {f"eve/Jo_48213{FILE}/{NB}": "eve", f"eve/jo_48213_77_{NB}": "eve", f"jo/{NAMES[0]}.ipynb": "jo"},
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


def test_namesakes_are_told_apart_and_it_is_said():
    paths = [(f"Jane Doe_{n}{FILE}", NB) for n in (1, 2)]
    assert all("several are called Jane Doe" in place.note for place in places(paths, NAMES))
    (alone,) = places(paths[:1], NAMES, lambda name: 2 * (name == "Jane Doe"))  # the class list knows of two
    assert alone.student == "Jane Doe_1" and "several" in alone.note
    assert "see which of them" in places(paths[:1], NAMES, known=["Jane Doe_7", "Jane Doe_8"])[0].note
    assert students(["a*b/x.ipynb", "a~2Ab/x.ipynb"]) == ["Two students would be called a~2Ab: give one of them another name."] * 2


def test_who_handed_in_before_goes_on_under_that_name():
    (ann,) = places([(f"Ann Lee_7{FILE}", NB)], NAMES, known=["Ann_Lee"])
    assert ann.student == "Ann_Lee" and ann.note == "goes on as Ann_Lee, who handed in before"
    assert students([f"doejane_5_77_{NB}"], known=["doejane"]) == ["doejane"]
    assert students([f"Ann Lee/{NB}"], known=["Ann_Lee", "Ann Lee"]) == ["Ann Lee"]
    both = {f"O'Neil Al/{NB}": "O'Neil Al", f"O Neil Al/{NB}": "O Neil Al"}
    assert students(both, known=["O_Neil_Al"]) == list(both.values())


def test_what_does_not_fit_the_others_is_refused_aloud():
    canvas = [f"doejane_48213_77120_{NB}", f"leebo_5_77121_{NB}"]
    for paths, says in (
        ([*canvas, f"ann/{NB}"], "not named as Canvas does"),
        ([f"ann/{NB}", f"bob/{NB}", canvas[0]], "named as a platform does"),
    ):
        assert says in students(paths)[2] and len(set(students(paths)[:2])) == 2


@pytest.mark.parametrize("below", ["/x.ipynb", ".ipynb"])
def test_folders_that_could_be_sections_or_students_are_refused_unless_a_list_tells(below):
    paths = [f"{top}/{name}{below}" for top, name in (("A", "ann"), ("A", "bob"), ("B", "ann"), ("B", "di"))]
    assert all("give a class list (`--students`)" in said for said in students(paths))
    assert students(paths, listed={"ann", "di", "bob"}.__contains__) == ["ann", "bob", "ann", "di"]
    assert students(paths, listed={"A", "B"}.__contains__) == ["A", "A", "B", "B"]


def test_names_stay_apart_and_readable():
    names = "O'Neil Al|O Neil Al|jo-ann|jo_ann|jo.ann|কি|কী|Ünal Çelik|a/b|a~b|*|..|-x|=1+1|| a|a |caf\udce9|half \ud800".split("|")
    names += ["x" * 300 + end for end in "ab"] + ["*" * 99]
    keys = [key(name) for name in names]
    assert len(set(keys)) == len(names) and all(len(k.encode()) < 150 for k in keys)
    assert not any(set(k) & set('/*?[]\\#%\n\0"<>&;$`|{}') or k[0] in "=+-@. " for k in keys)
    assert students([f"{unicodedata.normalize('NFD', 'Ünal Çelik')}/x.ipynb"]) == ["Ünal Çelik"]
    assert key("কী") == "কী" and key("O'Neil Al") == "O'Neil Al" and [key(k) for k in keys] == keys


MOODLE = "First name,Last name,ID number,Email address\nJane,Doe,48213,jane@example.org\nÜnal,Çelik,5,unal@example.org\n"
CASES = {
    "Jane Doe": (MOODLE, ""),
    "doejane_77": (MOODLE, ""),
    unicodedata.normalize("NFD", "Ünal Çelik"): (MOODLE, ""),
    "Group A-Jane Doe": (MOODLE, ""),
    "jane@example.org": (MOODLE, ""),
    "unal": (MOODLE, ""),
    "anybody_5": (MOODLE, "on the class list by its number alone"),
    "Bob Ray_6": (MOODLE, "not on the class list"),
    "Ünal Çelik": ("id,first_name\nJane Doe,Jane\nÜnal Çelik,Ünal\n", ""),
    "Doe, Jane": ("\ufeffName;Nr\nDoe, Jane;1\n", ""),
    "Jane Doe_7": ("id,name\n1,Jane Doe\n2,Jane Doe\n", "fits 2 lines of the class list"),
    "Jane Doe_8": ("Identifier,Full name\nParticipant 8,Jane Doe\nParticipant 9,Jane Doe\n", ""),
}


@pytest.mark.parametrize("student", CASES)
def test_who_is_on_a_class_list(student, tmp_path):
    text, note = CASES[student]
    (tmp_path / "class.csv").write_text(text, encoding="utf-8")
    notes, _ = Roster(tmp_path / "class.csv").compare({student, "unal"} if note == "not on the class list" else {student})
    assert notes.get(student, "") == note


def test_who_is_missing_and_who_shares_a_line(tmp_path):
    (tmp_path / "class.csv").write_text(MOODLE, encoding="utf-8")
    notes, missing = Roster(tmp_path / "class.csv").compare(["Jane Doe_1", "Jane Doe_2"])
    assert missing == ["Ünal, Çelik, 5, unal@example.org"] and set(notes.values()) == {"fits a line of the class list that others fit, too"}


@pytest.mark.parametrize(
    "content, says",
    [
        (None, r"cannot be read \(No such file"),
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
    with pytest.raises(Refused, match=says):
        Roster(path).compare(["ann"])
