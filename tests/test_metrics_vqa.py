"""VQA accuracy: exactly the official numbers, then what follows from them."""

import json
from pathlib import Path

import numpy as np
import pytest

from course_utils.metrics.vqa import agreement, answer_vocabulary, by_type, normalise, soft_targets, vqa_accuracy
from course_utils.world import questions as Q

OFFICIAL = json.loads((Path(__file__).parent / "parity/vqa_accuracy150.json").read_text())


def left_out(votes, annotators=10):
    """The definition, annotator by annotator."""
    agrees = [True] * votes + [False] * (annotators - votes)
    return np.mean([min(1, sum(agrees[:i] + agrees[i + 1 :]) / 3) for i in range(annotators)])


def test_it_agrees_exactly_with_the_official_evaluation():
    keys = list(OFFICIAL["gts"])
    scores = 100 * vqa_accuracy([OFFICIAL["pred"][key] for key in keys], [OFFICIAL["gts"][key] for key in keys])
    assert len(keys) == 150
    assert [round(float(score), 2) for score in scores] == [OFFICIAL["per"][key] for key in keys]
    assert round(float(scores.mean()), 2) == OFFICIAL["acc"]


@pytest.mark.parametrize(
    ("prediction", "given", "expected"),
    [
        ("Red", ["red"] * 10, 0.0),  # where all agree strings are compared as they are
        ("Red", ["red"] * 9 + ["pink"], 1.0),
        ("2", ["two"] * 10, 0.0),  # all agree: nothing is normalised
        ("2", ["two"] * 9 + ["three"], 1.0),  # one disagrees: everything is
        ("a dog", ["dog"] * 10, 0.0),
        ("a dog", ["dog"] * 9 + ["the dog"], 1.0),
        ("the dog", ["the dog"] * 10, 1.0),
        ("dont know", ["don't know"] * 10, 0.0),
        ("dont know", ["don't know"] * 9 + ["no"], 1.0),
        ("1000", ["1,000"] * 10, 0.0),
        (" dog\n", ["\tdog "] * 10, 1.0),  # spaces around, tabs and line breaks always go
        ("2", [" two"] * 5 + ["two\n"] * 5, 0.0),  # and are no disagreement
        ("2", ["Two"] * 5 + ["two"] * 5, 1.0),  # but another case is one
    ],
)
def test_normalised_only_where_annotators_disagree(prediction, given, expected):
    assert vqa_accuracy([prediction], [given]) == [expected]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("The Two dogs.", "2 dogs"),
        ("none", "0"),
        ("ten", "10"),
        ("eleven", "eleven"),
        ("1,000", "1000"),
        ("1,000 or/so", "1000 orso"),  # a comma in a number glues everything
        ("red, blue", "red blue"),
        ("red,blue", "red blue"),
        ("black/white", "black white"),
        ("t-shirt", "t shirt"),
        ("black / white", "black white"),
        ("-5", "5"),
        ("hat -", "hat"),
        ("(yes)", "yes"),
        ("3.5", "3.5"),
        (".5", ".5"),
        ("5.", "5"),
        ("u.s.a.", "usa"),
        ("a.5", "a.5"),
        ("3:30", "3:30"),
        ("$5", "$5"),
        ("dont", "don't"),
        ("don't", "don't"),
        ("couldnt've", "couldn't've"),
        ("couldn'tve", "couldn't've"),
        ("couldntve", "couldntve"),  # two apostrophes lost stay lost
        ("twas", "'twas"),
        ("oclock", "o'clock"),
        ("its", "its"),
        ("lets", "lets"),
        ("somebody'd", "somebodyd"),
        ("a", ""),
        ("", ""),
        ("An  apple\n a day", "apple day"),
        ("A-OK!", "ok"),
    ],
)
def test_normalise(answer, expected):
    assert normalise(answer) == expected


def test_agreement_is_leaving_each_annotator_out():
    for annotators in (1, 3, 7, 10):
        votes = np.arange(annotators + 1)
        np.testing.assert_allclose(agreement(votes, annotators), [left_out(n, annotators) for n in votes], atol=1e-12)
    assert agreement(np.arange(6)).tolist() == [0.0, 0.3, 0.6, 0.9, 1.0, 1.0]


def test_a_soft_target_is_the_accuracy_of_that_answer():
    vocabulary = ("yes", "2", "Two", "dog", "the dog", "black white", "don't know", "purple")
    said = ["two", "2", "dog", "a dog", "black/white", "dont know", "Yes.", "zebra"]
    rng = np.random.default_rng(0)
    annotations = [list(rng.choice(said, 10, p=rng.dirichlet(np.full(8, 0.3)))) for _ in range(37)]
    annotations += [["Two"] * 10, ["the dog"] * 10, ["zebra"] * 10]
    targets = soft_targets(annotations, vocabulary)
    assert targets.shape == (40, 8) and targets.dtype == np.float32
    expected = np.stack([vqa_accuracy([answer] * 40, annotations) for answer in vocabulary], 1)
    np.testing.assert_allclose(targets, expected, atol=1e-7)
    assert targets[-1].sum() == 0 and targets[-3].tolist() == [0, 0, 1, 0, 0, 0, 0, 0]


def test_the_worlds_answers_are_as_normalisation_leaves_them():
    """So indices may stand for them, and counting their votes gives the same targets: test_experiments_fusion."""
    assert [normalise(answer) for answer in Q.ANSWERS] == list(Q.ANSWERS)


def test_the_vocabulary_holds_the_most_frequent_answers():
    answers = ["dog", "Two", "2", "a dog", "2.", "cat", "bee", "yes"]
    assert answer_vocabulary(answers, 3) == ("2", "dog", "bee")
    assert answer_vocabulary(iter(answers), 99) == ("2", "dog", "bee", "cat", "yes")
    with pytest.raises(ValueError, match="at least 1"):
        answer_vocabulary(answers, 0)


def test_by_type():
    assert by_type(np.array([1.0, 0.3, 0.0]), ["count", "exist", "count"]) == {"count": (0.5, 2), "exist": (0.3, 1)}
    with pytest.raises(ValueError, match="one type for each score"):
        by_type(np.ones(3), ["count"])


def test_errors_say_what_to_do():
    with pytest.raises(ValueError, match="2 predictions and 1 annotated"):
        vqa_accuracy(["yes", "no"], [["yes"] * 10])
    with pytest.raises(ValueError, match="1 predictions and 3"):
        vqa_accuracy("yes", [["yes"]] * 3)
    for function in (lambda a: vqa_accuracy(["yes"], a), lambda a: soft_targets(a, ("yes",))):
        with pytest.raises(ValueError, match="Question 0 has.*at least one"):
            function([[]])
        with pytest.raises(ValueError, match="give a list"):
            function(["yes"])
