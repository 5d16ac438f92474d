"""Notebook 06's experiments at a small size: what episodes show and ask, what a control takes away, and how answers are scored."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from course_utils import runtime
from course_utils.experiments.flamingo import colleague, dataset, few_shot, names, probe, text, trainer
from course_utils.towers import language
from course_utils.world import captions, corpus
from course_utils.world import scenes as S
from course_utils.world.interleaved import Pictures
from course_utils.world.things import COLOURS, KINDS

pytestmark = pytest.mark.newest  # On Colab's releases the released notebooks run these experiments.

FIRST_NAME = len(corpus.vocabulary()) - len(corpus.MADE_UP)


def labelled(split: str, alone: int = 400, several: int = 60) -> Pictures:
    """Pictures that say at once what they show: of each feature one is 1, that of its pair."""
    rng = S.generator(split, 5)
    drawn = [S.sample(rng, n, objects=objects, split=split) for n, objects in ((alone, (1, 1)), (several, (2, 3)))]
    scenes = S.concatenate(drawn)
    pair = scenes.kind[:, 0].astype(int) * len(COLOURS) + scenes.colour[:, 0]
    return Pictures(scenes, np.eye(len(KINDS) * len(COLOURS), dtype=np.float32)[pair][:, None])


@pytest.fixture(scope="module")
def test_pool():
    return labelled("test")


class Copies(nnx.Module):
    """Finds the picture that shows what the last one shows, and says the name behind it; or, ``blind``, the first name."""

    def __init__(self, blind: bool = False):
        self.blind = blind

    def see(self, features):
        return features

    def read(self, tokens, media):
        is_name = tokens >= FIRST_NAME
        number = jnp.cumsum(is_name, 1) * is_name  # 1, 2, … at names
        shown = number.max(1)
        alike = jnp.einsum("bind,bnd->bi", media, media[jnp.arange(len(media)), shown - 1])
        before = jnp.arange(media.shape[1]) < shown[:, None] - 1
        which = 1 + jnp.where(before, alike, -1).argmax(1) if not self.blind else jnp.ones_like(shown)
        name = (tokens * (number == which[:, None]) * (number < shown[:, None])).max(1)  # never the one that is asked
        return jnp.broadcast_to(jax.nn.one_hot(name, len(corpus.vocabulary()))[:, None], (*tokens.shape, len(corpus.vocabulary()))), None

    def __call__(self, tokens, features):
        return self.read(tokens, features)[0]


def test_test_episodes_show_held_out_pairs_and_never_say_what_they_show(test_pool):
    arrays = names.episodes(test_pool, 2, 2, 50)
    places, called = names.named(arrays)
    assert places.shape == (50, 5)
    pairs = test_pool.pairs()[arrays["pictures"][:, :5]]
    assert S.HELD_OUT[pairs[..., 0], pairs[..., 1]].all()
    kind_words = [corpus.vocabulary().index(kind) for kind in KINDS]
    assert not np.isin(arrays["tokens"], kind_words).any()
    for shown, row, name in zip(arrays["pictures"], pairs, called):
        assert len(set(shown[:5].tolist())) == 5  # no picture twice
        of = {tuple(pair): n for pair, n in zip(row[:4].tolist(), name[:4].tolist())}
        assert len(of) == len(set(of.values())) == 2 and of[tuple(row[4].tolist())] == name[4]


def test_training_texts_say_of_some_pictures_what_they_show():
    pool, rng = labelled("train"), np.random.default_rng(0)
    found = dataset.episodes(rng, pool, 60, described=0.5)
    said = sum(episode.document.words.count("a") for episode in found) / sum(len(episode.pictures) for episode in found)
    assert 0.4 < said < 0.6
    for episode in found:
        asked = [word for word, ask in zip(*episode.document) if ask]
        assert set(asked) <= {*corpus.MADE_UP, corpus.END}


def test_who_copies_by_sight_is_right_until_a_control_takes_the_sight_away(test_pool):
    for setting in ((2, 1), (2, 2), (4, 2)):
        assert names.accuracy(Copies(), test_pool, *setting, count=100) == 1.0
    assert names.accuracy(Copies(), test_pool, 2, 0, count=50) < 0.1
    for control in names.CONTROLS[1:]:
        assert 0.3 < names.accuracy(Copies(), test_pool, 2, 2, control, count=200) < 0.7, control
    with pytest.raises(ValueError, match="control"):
        names.accuracy(Copies(), test_pool, 2, 2, "deaf")


def test_controls_change_what_they_say_and_nothing_else(test_pool):
    arrays = names.episodes(test_pool, 2, 2, 40)
    places, called = names.named(arrays)
    same, features = names.changed(arrays, test_pool, "")
    np.testing.assert_array_equal(features, test_pool.features[arrays["pictures"]])
    shuffled, _ = names.changed(arrays, test_pool, "names shuffled")
    np.testing.assert_array_equal(shuffled["pictures"], arrays["pictures"])
    differ = shuffled["tokens"] != arrays["tokens"]
    assert differ.any() and not np.delete(differ, np.unique(places[:, :-1]), 1).any()
    np.testing.assert_array_equal(names.named(shuffled)[1][:, -1], called[:, -1])
    other, _ = names.changed(arrays, test_pool, "other pictures")
    np.testing.assert_array_equal(other["tokens"], arrays["tokens"])
    np.testing.assert_array_equal(other["pictures"][:, 4], arrays["pictures"][:, 4])


def test_the_answer_follows_the_exchange_where_sight_decides_and_stays_where_it_does_not(test_pool):
    for says, told in probe.measures(Copies(), test_pool, 60).items():
        assert told["follows" if probe.EXCHANGES[says] else "stays"] == 1.0, says
    for says, told in probe.measures(Copies(blind=True), test_pool, 60).items():
        assert told == {"follows": 0.0, "stays": 1.0}, says


def test_the_colleagues_asked_name_is_always_the_last_one_given(test_pool):
    arrays = dataset.packed([colleague.her_episode(np.random.default_rng(i), test_pool, dataset.by_pair(test_pool)) for i in range(20)])
    called = names.named(arrays)[1]
    np.testing.assert_array_equal(called[:, 3], called[:, 2])
    assert all(len(set(row[:3].tolist())) == 3 for row in called)


@pytest.mark.parametrize("task", few_shot.SHOTS)
def test_a_task_by_example_is_scored_by_its_form_and_by_what_it_says(test_pool, task):
    rng, kinds = np.random.default_rng(3), few_shot.KINDS[task]
    for which, another in zip(kinds, kinds[1:] + kinds[:1]):
        whole = few_shot.episode(rng, test_pool, task, which, 2)
        cut, wanted = few_shot.prompt(whole)
        assert whole.document.words == [*cut.document.words, *wanted, corpus.END] and len(cut.pictures) == 3
        picture = whole.pictures[-1]
        assert few_shot.right(task, which, test_pool, picture, wanted, [*wanted, corpus.END, "dog"]) == (True, True)
        assert few_shot.right(task, another, test_pool, picture, wanted, wanted) == (False, False)
        if task == "captions":
            others = np.flatnonzero((test_pool.pairs() != test_pool.pairs()[picture]).any(1))[:1]
            said = captions.split(captions.caption(test_pool.scenes[others], "short", which)[0], which)
            assert few_shot.right(task, which, test_pool, picture, wanted, said) == (True, False)


def test_before_training_its_own_text_is_the_language_models():
    with runtime.in_a_hurry():
        alone, begun = text.own_text(language.frozen_language_model()), text.own_text(trainer.untrained())
    assert alone == pytest.approx(begun, abs=1e-6)


def test_a_language_model_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="frozen, fine-tuned, never taught"):
        trainer.language_model("borrowed", 0)
