"""Notebook 01's experiments at a small size: what they ask, how they score, and that each returns what it says."""

import collections
import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from shared import fit_nothing

from course_utils import training
from course_utils.arms import Arm
from course_utils.experiments import fusion as experiment
from course_utils.experiments.fusion import architectures, colleague, dataset, hops, measures, prior, shootout, trainer
from course_utils.metrics import vqa as metric
from course_utils.models import fusion
from course_utils.world import questions as Q
from course_utils.world.things import KINDS, SIZES

pytestmark = pytest.mark.newest  # On Colab's releases the released notebooks run these experiments.

N, TEST = 62, 34
ARMS = [
    Arm(score=score, hops=count, how=how)
    for score, count, how in (("dot-product", 1, "shown"), ("dot-product", 2, "plain"), ("additive", 2, "plain"))
]


def shrink(patch):
    """Few pictures, few questions, small batches; ``COURSE_FAST`` is not set."""
    patch.delenv("COURSE_FAST", raising=False)
    patch.setattr(trainer, "BATCH", 11)
    for module, pictures in ((prior, (30, N)), (hops, N), (architectures, N)):
        for name, value in (("PICTURES", pictures), ("TEST", TEST), ("STEPS", 2)):
            patch.setattr(module, name, value)
    patch.setattr(prior, "BLIND_STEPS", 2)
    for name, value in (("BUDGETS", (1000, 8000)), ("STEPS", 2), ("_TRAIN", 1300), ("_TEST", 310)):
        patch.setattr(shootout, name, value)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    shrink(monkeypatch)
    yield
    shootout.task.cache_clear()


@pytest.fixture(scope="module")
def rows():
    """What the parts of the recording return for seed 0, and how many models they asked to be trained."""
    with pytest.MonkeyPatch.context() as patch:
        shrink(patch)
        trained = fit_nothing(patch)
        patch.setattr(hops, "ARMS", ARMS)
        found = {part: part.run(0) for part in (prior, hops, architectures, shootout)}
        assert all(options["seed"] == 0 for options in trained)
        found["trained"] = len(trained)
        patch.setattr(architectures, "WAYS", {})
        found["without pixels"] = architectures.run(architectures.PIXEL_SEEDS)
    yield found
    dataset.clear()


def table(rows):
    """(arm, measure) → value; nothing twice."""
    assert all(set(row) == {"arm", "measure", "value"} and type(row["value"]) is float for row in rows)
    found = {(row["arm"], row["measure"]): row["value"] for row in rows}
    assert len(found) == len(rows)
    return found


def symbols(scenes):
    """Every scene as one hashable thing."""
    parts = [np.asarray(getattr(scenes, f.name)).reshape(len(scenes), -1) for f in dataclasses.fields(scenes)]
    return [tuple(row) for row in np.concatenate(parts, 1).tolist()]


Thing = collections.namedtuple("Thing", "kind colour size cell")


def things(scenes, i):
    """The objects of a scene, told from the symbols alone."""
    every = zip(*(getattr(scenes, name)[i].tolist() for name in Thing._fields))
    return [thing for thing in map(Thing._make, every) if thing.cell >= 0]


# --- what is asked


@pytest.mark.parametrize("kind", dataset.KINDS)
def test_a_set_holds_what_it_says(kind):
    data = dataset.draw(kind, N)
    assert len(data) == len(data.scenes) == len(data.questions) == N
    assert data.answer.shape == (N,) and data.answer.dtype == np.int32
    assert data.given.shape == (N, 10) and data.tokens.shape == (N, 14) and data.tokens.dtype == np.int32
    assert data.features.shape == (N, 9, 64) and data.features.dtype == np.float32
    np.testing.assert_array_equal(Q.answer(data.scenes, data.questions), data.answer)
    assert (data.given == data.answer[:, None]).mean() > 0.6
    only = dataset.draw(kind, N, types=("size", "what"))
    assert {Q.TYPES[t] for t in only.questions.type} == {"size", "what"}


def test_balanced_questions_come_twice_with_two_answers():
    data = dataset.draw("balanced", N)
    first, second = data.questions.text_id[: N // 2], data.questions.text_id[N // 2 :]
    np.testing.assert_array_equal(first, second)
    assert (data.answer[: N // 2] != data.answer[N // 2 :]).all()


def test_a_biased_set_gives_its_answers_away_and_a_flipped_one_misleads():
    agrees = {}
    for kind in dataset.KINDS:
        data = dataset.draw(kind, 500)
        agrees[kind] = (Q.favourite(data.questions) == data.answer).mean()
    assert 0.8 < agrees["biased"] < 0.9 and agrees["flipped"] < 0.15 and 0.15 < agrees["balanced"] < 0.5


def test_the_same_seed_asks_the_same_and_another_does_not():
    once = dataset.draw("biased", N, 3)
    assert dataset.draw("biased", N, 3) is once
    dataset.clear()
    again, other = dataset.draw("biased", N, 3), dataset.draw("biased", N, 4)
    assert again is not once and symbols(again.scenes) == symbols(once.scenes)
    for name in ("answer", "given", "features", "tokens"):
        np.testing.assert_array_equal(getattr(again, name), getattr(once, name))
    assert symbols(other.scenes) != symbols(once.scenes)


def test_no_test_scene_is_ever_trained_on():
    for types in (Q.TYPES, (hops.TYPE,)):
        taught = {s for seed in range(3) for s in symbols(dataset.draw("balanced", 400, seed, types=types).scenes)}
        tested = set(symbols(dataset.draw("balanced", 400, test=True, types=types).scenes))
        assert len(taught) > 1100 and len(tested) > 390 and not taught & tested


def test_what_cannot_be_asked_is_refused():
    with pytest.raises(ValueError, match="n is 7; .* give an even number"):
        dataset.draw("balanced", 7)
    with pytest.raises(ValueError, match="no set 'unbiased'. Choose from: biased, flipped, balanced"):
        dataset.draw("unbiased", N)
    with pytest.raises(ValueError, match="reading"):
        dataset.draw("biased", N, types=("spelling",))


def test_in_a_hurry_few_are_asked_and_afterwards_all(monkeypatch):
    monkeypatch.setenv("COURSE_FAST", "1")
    few = dataset.draw("biased", 700)
    assert len(few) == 256 and len(dataset.draw("biased", 30)) == 30
    monkeypatch.delenv("COURSE_FAST")
    assert len(dataset.draw("biased", 700)) == 700 and len(dataset.draw("biased", 30)) == 30


# --- how answers are scored


def test_targets_are_the_accuracy_that_each_answer_would_get():
    data = dataset.draw("balanced", N)
    words = [[Q.ANSWERS[k] for k in row] for row in data.given]
    assert data.targets.dtype == np.float32
    np.testing.assert_allclose(data.targets, metric.soft_targets(words, Q.ANSWERS), atol=1e-6)
    chosen = np.random.default_rng(0).integers(len(Q.ANSWERS), size=N)
    for given in (data.answer, chosen, data.given[:, 3]):
        expected = metric.vqa_accuracy([Q.ANSWERS[k] for k in given], words).mean()
        assert measures.vqa_accuracy(given, data) == pytest.approx(expected)
    assert measures.vqa_accuracy(np.full(N, -1), data) == 0


def test_shares_of_right_answers_in_all_and_by_type():
    data = dataset.draw("balanced", N)
    given = np.where(np.arange(N) % 3 == 0, data.answer, 0)
    hits = collections.defaultdict(list)
    for i in range(N):
        hits[Q.TYPES[data.questions.type[i]]].append(given[i] == data.answer[i])
    found = measures.by_type(given, data)
    assert measures.accuracy(given, data) == pytest.approx(np.concatenate([*hits.values()]).mean())
    assert found == {name: pytest.approx(np.mean(row)) for name, row in hits.items()}
    assert list(found) == [name for name in Q.TYPES if name in hits]


def test_a_lookup_table_answers_what_was_commonest():
    taught = dataset.draw("biased", 600, types=("size",))
    data = dataset.draw("balanced", 300, test=True, types=("size",))
    given = measures.commonest_answer(taught, data)
    by_text, by_form = collections.defaultdict(collections.Counter), collections.defaultdict(collections.Counter)
    for text, form, answer in zip(taught.questions.texts(), taught.questions.form, taught.answer):
        by_text[text][answer] += 1
        by_form[form][answer] += 1
    met = 0
    for text, form, answer in zip(data.questions.texts(), data.questions.form, given):
        counts = by_text[text] if text in by_text else by_form[form]
        assert counts[answer] == max(counts.values())
        met += text in by_text
    assert 0 < met < len(data), "some texts are new"
    new = measures.commonest_answer(taught, dataset.draw("balanced", 10, test=True, types=("reading",)))
    assert (new == np.bincount(taught.answer).argmax()).all()


def test_another_picture_is_never_the_right_one():
    for n in (2, N):
        data = dataset.draw("balanced", n)
        swapped = dataset.another_picture(data)
        assert swapped.shape == data.features.shape and swapped.dtype == np.float32
        same = (swapped[:, None] == data.features).all((2, 3))  # (n, n)
        assert not same.diagonal().any() and (same.sum(0) == 1).all() and (same.sum(1) == 1).all()
    assert dataset.another_picture(data) is not data.features
    np.testing.assert_array_equal(dataset.another_picture(data), swapped)


# --- training


def test_a_classifier_chooses_and_a_generator_writes(monkeypatch):
    monkeypatch.setattr(training, "fit", lambda *args, **options: None)
    data = architectures.test_set()
    model, writer = architectures.train("classifier, one answer"), architectures.train("generator")
    assert trainer.scores(model, data).shape == (TEST, len(Q.ANSWERS))
    assert trainer.scores(writer, data).shape == (TEST, 1, len(Q.VOCAB))
    np.testing.assert_array_equal(trainer.answers(model, data), trainer.scores(model, data).argmax(-1))
    written = [Q.VOCAB[k] for k in trainer.scores(writer, data)[:, 0].argmax(-1)]
    wanted = [Q.ANSWERS.index(word) if word in Q.ANSWERS else -1 for word in written]
    np.testing.assert_array_equal(trainer.answers(writer, data), wanted)
    right = measures.accuracy(trainer.answers(writer, data), data)
    assert colleague.their_accuracy(writer, data) == right, "ours does not peek"
    with pytest.raises(ValueError, match="no way 'poet'. Choose from: classifier, one answer, "):
        architectures.train("poet")


def test_soft_scores_may_be_of_a_vocabulary_of_somebody_elses():
    targets = np.eye(5, dtype=np.float32)[np.arange(N) % 5]
    model = architectures.train("classifier, soft scores", steps=2, targets=targets)
    assert trainer.scores(model, architectures.test_set()).shape == (TEST, 5)


def test_an_answer_is_given_without_knowing_the_right_one():
    data, seen = architectures.test_set(), []

    class Writes(fusion.VQAGenerator):
        def __call__(self, image, tokens, answer=None):
            seen.append(answer)
            return super().__call__(image, tokens, answer)

    model = Writes(trainer.config(), rngs=nnx.Rngs(0))
    given = trainer.answers(model, data)
    assert seen and all(answer is None for answer in seen)
    other = dataclasses.replace(data, answer=np.roll(data.answer, 1), given=np.roll(data.given, 1, 0))
    np.testing.assert_array_equal(trainer.answers(model, other), given)


def test_what_the_colleague_measures_does_not_depend_on_the_picture(monkeypatch):
    monkeypatch.setattr(trainer, "BATCH", 64)
    monkeypatch.setattr(architectures, "PICTURES", 2000)
    monkeypatch.setattr(architectures, "TEST", 300)
    model, data = colleague.train(steps=100), architectures.test_set()
    fine = colleague.their_accuracy(model, data)
    assert fine > 0.95
    for pictures in (dataset.another_picture(data), np.zeros_like(data.features)):
        assert colleague.their_accuracy(model, data, pictures=pictures) == fine
    assert measures.accuracy(trainer.answers(model, data), data) < 0.1, "asked, it has learnt nothing"


# --- two hops


def same():
    return dataset.draw("balanced", 200, types=(hops.TYPE,))


def anchor_and_target(data, i):
    """The two things that a question is about, found in the symbols."""
    there = things(data.scenes, i)
    (anchor,) = [t for t in there if t.kind == data.questions.argument("anchor_kind")[i]]
    (target,) = [t for t in there if t.colour == anchor.colour and t != anchor]
    return anchor, target


def test_the_places_of_what_is_named_and_of_what_is_meant():
    data = same()
    anchor, target = hops.places(data)
    for i in range(len(data)):
        a, t = anchor_and_target(data, i)
        assert (anchor[i], target[i]) == (a.cell, t.cell)
        assert Q.ANSWERS[data.answer[i]] in (KINDS[t.kind], SIZES[t.size])


def test_looks_are_shares_of_what_there_is(monkeypatch):
    data = same()
    p = np.random.default_rng(0).dirichlet(np.ones(9), (len(data), 3)).astype(np.float32)
    monkeypatch.setattr(hops, "maps", lambda model, data: p)
    expected = np.zeros((3, 4))
    for i in range(len(data)):
        a, t = anchor_and_target(data, i)
        others = [x.cell for x in things(data.scenes, i) if x not in (a, t)]
        empty = [cell for cell in range(9) if cell not in (a.cell, t.cell, *others)]
        for column, cells in enumerate(([a.cell], [t.cell], others, empty)):
            expected[:, column] += p[i][:, cells].sum(1) / len(data)
    looks = hops.looks(None, data)
    np.testing.assert_allclose(looks, expected, atol=1e-5)
    np.testing.assert_allclose(looks.sum(1), np.ones(3), rtol=1e-5)


def test_any_other_thing_is_right_as_often_as_it_happens_to_be():
    data, shares = same(), []
    for i in range(len(data)):
        anchor, _ = anchor_and_target(data, i)
        others = [t for t in things(data.scenes, i) if t != anchor]
        shares.append(np.mean([Q.ANSWERS[data.answer[i]] in (KINDS[t.kind], SIZES[t.size]) for t in others]))
    assert hops.another_thing(data) == pytest.approx(np.mean(shares))
    assert 0.3 < np.mean(shares) < 0.6


def test_the_first_hop_can_be_shown_where_to_look():
    data = same()
    anchor, _ = hops.places(data)
    model = fusion.VQAClassifier(trainer.config(), rngs=nnx.Rngs(0))
    batch = {"image": data.features, "tokens": data.tokens, "answer": data.answer, "anchor": anchor}

    @nnx.jit
    def losses(model, batch):
        return [hops.LOSSES[how](model, batch)[0] for how in ("shown", "plain")]

    shown, plain = losses(model, batch)
    maps = hops.maps(model, data)
    assert maps.shape == (200, 2, 9)
    on_anchor = maps[np.arange(200), 0, anchor]
    assert float(shown - plain) == pytest.approx(-hops.SHOWN * np.log(on_anchor + 1e-6).mean(), abs=1e-3)


def test_a_learners_hop_takes_the_place_of_ours(monkeypatch):
    monkeypatch.setattr(training, "fit", lambda *args, **options: None)

    def elsewhere(params, grid, u):
        return u, jnp.zeros(grid.shape[:2]).at[:, 4].set(1.0)

    model = hops.train(2, function=elsewhere)
    np.testing.assert_array_equal(hops.maps(model, hops.test_set()), np.broadcast_to(np.eye(9)[4], (TEST, 2, 9)))
    with pytest.raises(ValueError, match="how is 'told'; choose from: plain, shown"):
        hops.train(2, "told")


# --- the shoot-out


@pytest.mark.parametrize("budget", shootout.BUDGETS)
def test_every_pooling_is_as_large_as_its_budget_allows(budget):
    for name in fusion.POOLINGS:
        size = shootout.sizes(name, max(budget, 7000) if name == "bilinear" else budget)
        count = fusion.parameter_count(name, shootout.D, shootout.D, shootout.ANSWERS, **size)
        assert name == "bilinear" or count <= budget
        if name in ("concat-mlp", "tucker", "mlb", "mutan"):
            wider = size | {"width": size["width"] + 1}
            assert fusion.parameter_count(name, shootout.D, shootout.D, shootout.ANSWERS, **wider) > budget
            assert shootout.parameters(name, budget) == count
        else:
            assert size == {"width": 0, "rank": 0}
    with pytest.raises(ValueError, match="bilinear needs 6,924 parameters; the budget is 4,000"):
        shootout.sizes("bilinear", 4000)


def test_tasks_are_drawn_once_and_have_all_answers():
    for of in shootout.TASKS:
        the = shootout.task(of)
        assert the.v.shape == the.h.shape == (1610, shootout.D) and the.answer.shape == (1610,)
        assert the.answer.dtype == np.int32 and set(the.answer) == set(range(shootout.ANSWERS))
        np.testing.assert_array_equal(shootout.task(of, 0).answer, the.answer)
        assert (shootout.task(of, 1).answer != the.answer).any()
        common = np.bincount(the.answer[:1300]).argmax()
        assert shootout.commonest(of) == pytest.approx((the.answer[1300:] == common).mean())
    with pytest.raises(ValueError, match="no task 'product'. Choose from: sum, few products, all products"):
        shootout.task("product")


def test_concatenation_learns_a_sum():
    learnt = shootout.accuracy("concat", "sum", 8000, steps=200)
    assert learnt > 0.6 > 0.3 > shootout.commonest("sum")

    def always_the_third(params, v, h):
        return 0.0 * (v @ params["W"][: shootout.D]) + jnp.eye(shootout.ANSWERS)[3]

    third = (shootout.task("sum").answer[1300:] == 3).mean()
    assert shootout.accuracy("concat", "sum", 8000, function=always_the_third) == pytest.approx(third)


# --- what is recorded


def test_the_prior_is_measured_with_and_without_eyes_and_pictures(rows):
    found = table(rows[prior])
    sets = [{"taught": taught, "pictures": n} for taught in prior.TAUGHT for n in (30, N)]
    arms = [Arm(model=model, **of) for model in ("sighted", "blind", "lookup") for of in sets]
    arms += [Arm(model="sighted", picture="another", **of) for of in sets]
    assert set(found) == {(arm, kind) for arm in arms for kind in prior.TESTED}
    assert found[Arm(model="lookup", taught="biased", pictures=N), "biased"] == prior.lookup("biased", "biased", pictures=N)
    with pytest.raises(ValueError, match="model is 'one'; choose from: sighted, blind"):
        prior.train("one", "biased")


def test_a_blind_model_answers_alike_whatever_the_picture(monkeypatch):
    monkeypatch.setattr(training, "fit", lambda *args, **options: None)
    model = prior.train("blind", "biased", pictures=N)
    assert prior.accuracy(model, "flipped", wrong_picture=True) == prior.accuracy(model, "flipped")


def test_hops_tell_where_they_looked(rows):
    found = table(rows[hops])
    assert set(ARMS) <= set(hops.ARMS)
    for arm in ARMS:
        for k in range(1, arm.hops + 1):
            assert sum(found.pop((arm, f"hop {k} on {what}")) for what in hops.ON) == pytest.approx(1, abs=1e-5)
        assert 0 <= found.pop((arm, "accuracy")) <= 1
    assert list(found) == [(hops.BLIND, "accuracy")]


def test_every_reader_and_every_way_has_its_row(rows):
    found, kinds = table(rows[architectures]), collections.Counter()
    types = {f"right on {name}" for name in measures.by_type(np.zeros(TEST, int), architectures.test_set())}
    for arm, measure in found:
        kinds[arm] += measure not in types
    typed = [*(Arm(way=way) for way in architectures.WAYS), architectures.ANOTHER_PICTURE, architectures.BLIND]
    assert kinds == dict.fromkeys(typed + [Arm(reader=reader) for reader in architectures.READERS], 2)
    for arm in typed:
        assert types <= {measure for a, measure in found if a == arm}
    later = {row["arm"] for row in rows["without pixels"]}
    assert later == {architectures.BLIND} | {Arm(reader=name) for name, (_, pixels) in architectures.READERS.items() if not pixels}


def test_every_pooling_is_shot_out_at_the_budgets_that_it_fits(rows):
    found = table(rows[shootout])
    for of in shootout.TASKS:
        measures = collections.defaultdict(set)
        for arm, measure in found:
            if arm.task == of:
                measures[getattr(arm, "pooling", "")].add(measure)
        assert measures.pop("") == {"accuracy"}
        assert measures.pop("bilinear") == {"8000"}
        assert measures == {name: {"1000", "8000"} for name in fusion.POOLINGS if name != "bilinear"}
    assert all(0 <= value <= 1 for value in found.values())


def test_the_recording_is_all_parts_and_no_two_rows_are_mixed_up(rows, monkeypatch):
    for part in (prior, hops, architectures, shootout):
        monkeypatch.setattr(part, "run", lambda seed, part=part: rows[part])
    together = table(experiment.run(0))
    assert len(together) == sum(len(rows[part]) for part in (prior, hops, architectures, shootout))
    (baseline,) = experiment.baselines()
    assert table([baseline]) and (baseline["arm"], baseline["measure"]) not in together
    assert baseline["value"] == hops.another_thing(hops.test_set())
    # 2 taught × 2 sizes × 2; 3 and blind; 3 ways, blind, readers; 3 tasks × (3 once, 4 at two budgets)
    assert rows["trained"] == 8 + 4 + 4 + len(architectures.READERS) + 3 * (3 + 2 * 4)
