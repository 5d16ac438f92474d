"""Notebook 07's figures and widget: tidy whatever was measured; bad input in one sentence."""

import numpy as np
import pytest
from flax import nnx
from shared import ANY_VALUES, NO_PERCENTAGES, estimate, said, tidy

from course_utils.arms import Recording
from course_utils.errors import BadInput
from course_utils.experiments.llava import arms, hallucination, measures, probe
from course_utils.models.llava import chat
from course_utils.models.llava.llava import Llava, LlavaConfig
from course_utils.nn.lm import LanguageModel, LMConfig
from course_utils.show import llava as F
from course_utils.towers.vision import VisionTower
from course_utils.world.corpus import END
from course_utils.world.instructions import vocabulary
from course_utils.world.questions import TYPES

ZEROED = arms.CONTROLS["zeroed"]
ASKED = "what colour is the dog? answer in one word"


def recording(seed=0, low=0.0, high=1.0):
    tested = (arms.UNTRAINED, arms.STAGE_1, *arms.TRAINED, *arms.CONTROLS.values(), *arms.RIVALS)
    keys = [(arm, m) for arm in tested for m in ("right", "captions, F1", *(f"right, {name}" for name in TYPES))]
    keys += [(arm, "own text, nats") for arm in (arms.UNTRAINED, arms.MAIN, arms.CAPTIONED, *arms.RIVALS)]
    formed = [arm.but(asked=str(form)) for arm in (arms.MAIN, arms.UNPROMPTED) for form in (*measures.FORMATS, None)]
    keys += [(arm, m) for arm in formed for m in ("in the form", "right")]
    denied = [(arm, how) for arm in (arms.STAGE_1, arms.MAIN, arms.SHIPPED, arms.ONLY_YES, ZEROED) for how in hallucination.ABSENCES]
    keys += [(arm, f"{how}, {m}") for arm, how in denied for m in ("yes", "accuracy")]
    exchanged = [arm.but(exchanged=what) for arm in (arms.MAIN, arms.SHIPPED) for what in probe.EXCHANGES]
    keys += [(arm, m) for arm in exchanged for m in ("follows", "stays")]
    rng = np.random.default_rng(seed)
    found = Recording({key: estimate(float(rng.uniform(low, high))) for key in keys})
    return Recording(found | {(arm, "trained numbers"): estimate(876_543) for arm in arms.RIVALS})


@ANY_VALUES
def test_figures_are_tidy_whatever_was_measured(seed, low, high):
    recorded = recording(seed, low, high)
    tidy(F.stages(recorded, {arms.MAIN: high, arms.STAGE_1: low}, 35))
    tidy(F.hallucination(recorded, {ZEROED: {"popular, yes": high, "random, accuracy": low}}))
    for draw in (F.by_type, F.little_data, F.changes, F.formats, F.forgetting, F.rivals, F.exchanges):
        tidy(draw(recorded))


def test_titles_read_the_recording():
    recorded = recording()
    right = {arms.MAIN: 0.61, arms.FEW: 0.3, arms.FEW_STAGE_2: 0.42, arms.LINEAR: 0.5, arms.LARGE: 0.6, arms.UNPROMPTED: 0}
    recorded |= {(arm, "right"): estimate(share) for arm, share in right.items()}
    assert "61% by both" in said(F.stages(recorded))
    assert f"−12 with {arms.LITTLE}" in said(F.little_data(recorded))
    assert "MLP +11, 96 px −1" in said(F.changes(recorded)) and "formats +61\n" in said(F.changes(recorded))
    recorded |= {(arm, f"right, {name}"): estimate(0.5) for arm in (arms.MAIN, arms.BLIND) for name in TYPES}
    recorded[arms.BLIND, "right, what"], recorded[arms.BLIND, "right, size"] = estimate(0.1), estimate(0.55)
    assert "most for what, +40 points; least for size, −5" in said(F.by_type(recorded))


def test_numbers_at_both_ends_do_not_meet():
    recorded = Recording({key: estimate(float(k % 2)) for k, key in enumerate(recording())})
    for draw in (F.formats, F.hallucination, F.exchanges):
        tidy(draw(recorded))


@NO_PERCENTAGES
def test_a_guess_is_a_percentage(guess):
    with pytest.raises(BadInput, match="from 0 to 100"):
        F.stages(recording(), {}, guess)


def test_a_packed_conversation_tells_wrong_labels():
    turns = [(f"<image> {ASKED}", "red"), ("is there a fish?", "yes, there is")]
    made = chat.packed([turns], vocabulary(), [[64]], 110)
    words, labels = vocabulary().words(made["tokens"][0]), made["labels"][0]
    board = F.packed(words, labels)
    tidy(board)
    assert "Of 91 places, 7 are asked for a word\n" in said(board) and said(board).count("<image>") == 1
    assert "Asked for: red <end> yes , there is <end>" in board.alt
    twice = F.packed(words, np.append(labels[1:], -100))
    tidy(twice)
    assert "7 are asked for a word, 7 for another than the next" in said(twice)
    for bad, patches, why in ((labels[:9], 64, "9 labels"), (labels, 60, "60"), (labels + 9999, 64, "vocabulary")):
        with pytest.raises(BadInput, match=why):
            F.packed(words, bad, patches)


def test_the_diagram_and_an_exchange_are_tidy():
    tidy(F.architecture(), words=50)
    pictures = np.zeros((3, 96, 96, 3), np.uint8)
    board = F.exchange(pictures, (0, 8), ASKED, ("red", "blue"), ("red", "blue", ""))
    tidy(board)
    assert "“red”; the asked thing exchanged: “blue”; another: “(nothing)”" in said(board)
    with pytest.raises(BadInput, match="2 pictures"):
        F.exchange(pictures[:2], (0, 8), ASKED, ("red", "blue"), ["red"] * 3)


def test_the_widget_answers_and_says_what_is_wrong():
    lm = LanguageModel(LMConfig(len(vocabulary()), width=8, depth=1, heads=2, hidden=8), rngs=nnx.Rngs(0))
    model = Llava(VisionTower(rngs=nnx.Rngs(0)), lm, LlavaConfig(vocabulary().index(END)), rngs=nnx.Rngs(0))
    widget = F.chat(model)
    first, put = widget.figure.data, widget.controls
    assert first.count("<img") == 1 and first.count(">the model<") == 2
    put["question_3"].value = "How many of them are red?"
    put["temperature"].value = 2.0
    assert widget.figure.data.count(">the model<") == 3 and "how many of them are red?" in widget.figure.data
    for name, value, why in (
        ("question_3", "is there a girafe?", "“girafe” is no word"),
        ("question_2", "what is <image>?", "“&lt;image&gt;” is no word"),
        ("question_1", "is " * 21, "21 words, but there is room for 20"),
        ("scene", "red elephant", "no kind, colour, size or place"),
    ):
        old, put[name].value = put[name].value, value
        assert why in widget.figure.data
        put[name].value = old
    put["question_1"].value = put["question_2"].value = put["question_3"].value = " "
    assert "Nobody asks anything; write a question" in widget.figure.data
