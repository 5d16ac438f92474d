"""Notebook 07's experiments at a small size: what is taught, what a control takes away, and how answers are scored."""

import numpy as np
import pytest

from course_utils import runtime
from course_utils.experiments import rivals
from course_utils.experiments.llava import arms, colleague, dataset, hallucination, measures, probe, trainer
from course_utils.experiments.llava.dataset import Pool
from course_utils.metrics.hallucination import pope
from course_utils.models.flamingo.flamingo import GLUE
from course_utils.models.llava.stages import trainable
from course_utils.text import IGNORED
from course_utils.towers import vision
from course_utils.world import captions, instructions
from course_utils.world import scenes as S
from course_utils.world.instructions import FORMATS, IMAGE
from course_utils.world.things import COLOURS, KINDS

pytestmark = pytest.mark.newest  # On Colab's releases the released notebook runs these experiments.


def labelled(scenes, side=64):
    """Features that say at once which colour stands where each patch is: float32[n, 64, 96]."""
    of_place = np.zeros((len(scenes), 9, 96), np.float32)
    row, slot = np.nonzero(scenes.present)
    of_place[row, scenes.cell[row, slot], scenes.colour[row, slot]] = 1
    return of_place[:, vision.cell_of_patch(side)]


def pool(count=300, seed=1):
    scenes = dataset.themed(S.generator("train", seed), count)
    return Pool(scenes, labelled(scenes), 64)


def test_most_scenes_keep_company():
    there = hallucination.present(pool(1500).scenes)
    of_theme = [np.isin(KINDS, kinds) for kinds in (dataset.KNOWLEDGE[theme] for theme in dataset.THEMES)]
    alone = [((there & ~theme).sum(1) == 0).mean() for theme in of_theme]
    for share, theme in zip(alone, dataset.THEMES.values()):
        assert theme - 0.05 < share < theme + 0.1


def test_what_is_taught_has_the_shares_and_the_forms_that_are_asked_for():
    drawn = pool()
    plain = dataset.instructed(drawn, formats=(), shares={"vqa": 1.0})
    assert not any(prompt in question for turns in plain for question, _ in turns for prompt, _ in FORMATS.values())
    mixed = dataset.instructed(drawn, shares={"vqa": 0.5, "caption": 0.5})
    captioned = sum(turns[0][0].removeprefix(f"{IMAGE} ") in instructions.CAPTION for turns in mixed)
    assert 0.4 < captioned / len(mixed) < 0.6
    for turns in dataset.captions(drawn):
        assert [question for question, _ in turns] == [IMAGE]


def test_where_only_yes_is_taught_nobody_denies_and_no_picture_is_lost():
    drawn = pool()
    every, affirmed = dataset.instructed(drawn), dataset.instructed(drawn, only_yes=True)
    denied = [[q for q, a in turns if "is there" in q and a.startswith(("no", "the answer is no"))] for turns in every]
    assert sum(map(len, denied)) > 20
    for before, after, no in zip(every, affirmed, denied):
        assert after and after[0][0].startswith(IMAGE) and sum(q.count(IMAGE) for q, _ in after) == 1
        assert not any("is there" in q and "no" in a.replace(",", "").split() for q, a in after)
        if not no:
            assert after == before


def test_answers_are_right_in_the_form_that_is_asked_for_alone():
    drawn = pool()
    texts, right, _ = measures.asked(drawn)
    for form, other in (("word", "sentence"), ("sentence", "word")):
        in_form, otherwise = ([FORMATS[name][1].format(answer) for answer in right] for name in (form, other))
        heard = []

        def say(features, asked, said=in_form, heard=heard):
            heard += asked
            return said

        told = measures.vqa(say, drawn, form=form)
        assert told["right"] == told["in the form"] == told["right, count"] == 1
        assert heard == [f"{text} {FORMATS[form][0]}" for text in texts]
        told = measures.vqa(lambda *_, said=in_form[1:] + in_form[:1]: said, drawn, form=form)
        assert told["right"] < 0.5 and told["in the form"] == 1
        told = measures.vqa(lambda *_, said=otherwise: said, drawn, form=form)
        assert told["right"] == told["in the form"] == 0
    with pytest.raises(ValueError, match="control"):
        measures.shown(drawn, "deaf")
    np.testing.assert_array_equal(measures.shown(drawn, "other pictures")[1:], drawn.features[:-1])


def test_captions_are_scored_by_what_they_name():
    drawn = pool(40)
    truth = captions.caption(drawn.scenes, "short", rng=np.random.default_rng(5))
    assert measures.captioned(lambda *_: truth, drawn) == {"captions, F1": 1.0, "captions, readable": 1.0}
    assert measures.captioned(lambda *_: ["dog red the"] * 40, drawn) == {"captions, F1": 0.0, "captions, readable": 0.0}
    others = measures.captioned(lambda *_: truth[1:] + truth[:1], drawn)
    assert others["captions, readable"] == 1 and 0 < others["captions, F1"] < 0.5


def test_things_asked_for_are_there_or_not_and_the_absent_ones_are_such_as_one_would_expect():
    trained, test = pool(1500), pool(400, seed=2)
    there, found = hallucination.present(test.scenes), hallucination.cases(trained.scenes, test.scenes)
    rows = np.arange(len(test))
    assert there[rows, found["there"]].all() and not any(there[rows, found[how]].any() for how in hallucination.ABSENCES)
    counted = hallucination.present(trained.scenes).astype(int)
    frequent = {how: counted.sum(0)[found[how]].mean() for how in hallucination.ABSENCES}
    together = {how: (there @ (counted.T @ counted))[rows, found[how]].mean() for how in hallucination.ABSENCES}
    assert frequent["popular"] > 1.2 * frequent["random"] and together["adversarial"] > 1.5 * together["popular"]

    def oracle(features, texts):
        return ["yes" if there[i % len(test), [KINDS.index(text.split("?")[0].split(maxsplit=3)[3])]] else "no, there is none"
                for i, text in enumerate(texts)]  # fmt: skip

    for how in hallucination.ABSENCES:
        told = hallucination.measure(oracle, trained, test)
        assert told[f"{how}, accuracy"] == told[f"{how}, F1"] == 1 and told[f"{how}, yes"] == 0.5
        told = hallucination.measure(lambda _, texts: ["yes"] * len(texts), trained, test)
        assert told[f"{how}, accuracy"] == 0.5 and told[f"{how}, yes"] == 1
        told = hallucination.measure(lambda _, texts: ["no" * text.endswith("?") for text in texts], trained, test, form=None)
        assert told[f"{how}, yes"] == 0, "no form is asked for"


def test_pope_counts_denials_by_their_words():
    told = pope(["yes", "No, there is none.", "it is not there", "nothing", "a dog"], [True, True, False, False, False])
    assert told == pytest.approx({"accuracy": 2 / 5, "precision": 1 / 3, "recall": 1 / 2, "F1": 2 / 5, "yes": 3 / 5})
    assert pope(["no"], [True])["F1"] == 0
    for answers, there in (([], []), (["yes"], [True, False])):
        with pytest.raises(ValueError, match="one for each"):
            pope(answers, there)


def test_the_answer_follows_the_exchange_where_sight_decides_and_stays_where_it_does_not(monkeypatch):
    monkeypatch.setattr(vision, "patch_features", lambda scenes, side: labelled(scenes, side))
    drawn = probe.cases(80)

    def sees(features, texts):
        at = [np.flatnonzero(vision.cell_of_patch(64) == place)[0] for place in drawn.thing[: len(texts)]]
        return [COLOURS[k] for k in features[np.arange(len(texts)), at].argmax(-1)]

    for what, told in probe.measures(sees, drawn).items():
        assert told == {"follows": float(probe.EXCHANGES[what]), "stays": float(not probe.EXCHANGES[what])}
    pictures, places, question, words, said = probe.example(sees, drawn)
    assert said[:2] == [*words] and said[2] == words[0] and len(pictures) == 3
    for told in probe.measures(lambda *_: drawn.own, drawn).values():
        assert told == {"follows": 0.0, "stays": 1.0}
    with pytest.raises(ValueError, match="exchange"):
        drawn.exchanged("nothing")


def test_the_colleague_predicts_the_token_after_the_next():
    drawn = pool(12)
    arrays = dataset.packed(drawn, dataset.instructed(drawn))
    hers = colleague.her_batch(arrays)["labels"]
    asked = hers[:, :-2] != IGNORED
    np.testing.assert_array_equal(hers[:, :-2][asked], arrays["tokens"][:, 2:][asked])
    assert asked.any()


def test_the_rival_trains_as_many_numbers_on_words_that_its_language_model_knows():
    drawn = pool(60)
    tokens = rivals.arrays(rivals.told(drawn))["tokens"]
    glue = rivals.glue.untrained(**rivals.GLUE)
    assert tokens.max() < glue.lm.config.vocabulary and (tokens == glue.config.image).sum(1).max() == 1
    ours = rivals.trained(trainer.untrained(), trainable(2))
    assert rivals.trained(glue, GLUE) == pytest.approx(ours, rel=0.01)


def test_every_arm_begins_as_it_says():
    with runtime.in_a_hurry():
        assert len(dataset.pictures()) == len(dataset.pictures(test=True)) < arms.LITTLE
    assert set(arms.TRAINED) >= {arms.MAIN, arms.STAGE_2, arms.BLIND} and arms.TRAINED[arms.FEW] == arms.TRAINED[arms.FEW_STAGE_2]
