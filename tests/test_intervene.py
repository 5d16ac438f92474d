"""One place is exchanged, and nothing else; the probe's measures say 1 of a model that uses it, 0 of one that sees nothing."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from course_utils.errors import BadInput
from course_utils.experiments import probe
from course_utils.experiments.captioning import dataset
from course_utils.experiments.captioning import probe as captioning
from course_utils.experiments.fusion_encoder import probe as fusion
from course_utils.intervene import exchanged
from course_utils.models import captioning as C
from course_utils.models.fusion_encoder import words
from course_utils.world import scenes as S

pytestmark = pytest.mark.newest


@pytest.mark.parametrize("shape", [(4, 9, 64), (4, 3, 5, 8), (4, 2)])
@pytest.mark.parametrize("make", [np.asarray, jnp.asarray])
def test_the_place_is_replaced_and_all_others_stay_bit_for_bit(shape, make):
    ours, theirs = (np.random.default_rng(seed).normal(size=shape).astype(np.float32) for seed in (0, 1))
    place = np.array([1, 0, 1, 1])
    found = exchanged(make(ours), place, make(theirs))
    assert type(found) is type(make(ours)) and found.dtype == ours.dtype
    for i in range(4):
        for n in range(shape[1]):
            assert np.asarray(found[i, n]).tobytes() == (theirs if n == place[i] else ours)[i, n].tobytes()


def test_several_vectors_of_one_place_are_exchanged_together():
    ours, theirs = (np.random.default_rng(seed).normal(size=(2, 5, 3)).astype(np.float32) for seed in (0, 1))
    found = exchanged(ours, np.array([1, 0]), theirs, of=np.array([0, 1, 1, 2, 0]))
    np.testing.assert_array_equal(found[0], np.where(np.array([0, 1, 1, 0, 0])[:, None], theirs[0], ours[0]))
    np.testing.assert_array_equal(found[1], np.where(np.array([1, 0, 0, 0, 1])[:, None], theirs[1], ours[1]))
    with pytest.raises(BadInput, match="the 3 places are 0 to 2"):
        exchanged(ours, np.array([1, 3]), theirs, of=np.array([0, 1, 1, 2, 0]))


@pytest.mark.parametrize(
    ("place", "twins", "said"),
    [
        ([0, 3], np.zeros((2, 3, 4)), "no place 3: the 3 places are 0 to 2"),
        ([0, -1], np.zeros((2, 3, 4)), "no place -1"),
        ([0], np.zeros((2, 3, 4)), "for each of the 2 rows"),
        ([0.0, 1.0], np.zeros((2, 3, 4)), "whole number"),
        ([0, 1], np.zeros((2, 4, 4)), r"\[2, 3, 4\] and float64\[2, 4, 4\]"),
        ([0, 1], np.zeros((2, 3, 4), np.float32), "one shape and type"),
    ],
)
def test_what_cannot_be_exchanged_is_refused_in_words(place, twins, said):
    with pytest.raises(BadInput, match=said):
        exchanged(np.zeros((2, 3, 4)), place, twins)


@pytest.mark.parametrize("what", probe.WHATS)
def test_in_a_twin_everything_has_one_other_property_and_nothing_else_differs(what):
    scenes = S.sample(np.random.default_rng(3), 80)
    new, twins = probe.twins(scenes, what, np.random.default_rng(0))
    S.check(twins)
    there, kept = scenes.present, new >= 0
    assert kept.mean() > 0.8
    assert (getattr(twins, what)[kept] == new[kept, None])[there[kept]].all()
    assert (getattr(scenes, what)[kept] != new[kept, None])[there[kept]].all()
    assert not S.HELD_OUT[twins.kind, twins.colour][there].any()
    for field in dataclasses.fields(S.Scenes):
        same = slice(None) if field.name != what else ~kept
        np.testing.assert_array_equal(getattr(twins, field.name)[same], getattr(scenes, field.name)[same])
    with pytest.raises(ValueError, match="kind, colour"):
        probe.twins(scenes, "size", np.random.default_rng(0))


def test_an_outcome_by_hand():
    of = dataclasses.replace(captioning.cases(dataset.from_scenes(S.sample(np.random.default_rng(1), 9, objects=(2, 2))), "kind"))
    of = dataclasses.replace(of, own=np.array([0, 0, 0, 0]), twin=np.array([1, 1, 1, 1]))
    before, after = np.eye(3)[[0, 0, 0, 1]], np.eye(3)[[1, 1, 0, 1]]  # of the last the right answer was not given before
    assert probe.outcome(of, before, after) == {"follows": pytest.approx(2 / 3), "stays": pytest.approx(1 / 3)}
    assert probe.outcome(of, np.eye(3)[[1, 1, 1, 1]], after) == {"follows": 0, "stays": 0}


# ---- captioning


class OnePlace(nnx.Module):
    """Says what the features of the asked thing's place spell; looks at another place."""

    def __init__(self, place: int, look: int):
        self.place, self.look = place, look

    def start(self, image):
        return {"h": jnp.zeros(len(image)), "c": jnp.zeros(len(image)), "places": image}

    def embed(self, tokens):
        return tokens

    def advance(self, state, word):
        alpha = jnp.zeros(state["places"].shape[:2]).at[:, self.look].set(1)
        return state, state["places"][:, self.place], alpha

    def score(self, out, alpha, state):
        return out


def spelled(of):
    """The cases of one place, whose features spell the answer there, and nothing elsewhere."""
    of = of[np.flatnonzero(of.thing == np.bincount(of.thing).argmax())]
    features, others = np.zeros((2, len(of), 9, len(C.VOCAB)), np.float32)
    rows = np.arange(len(of))
    features[rows, of.thing, of.own] = others[rows, of.thing, of.twin] = others[rows, of.another, of.twin] = 1
    return dataclasses.replace(of, features=features, others=others)


@pytest.fixture(scope="module")
def colours():
    return captioning.cases(dataset.from_scenes(S.sample(S.generator("test", 4), 60)), "colour")


def test_a_case_asks_for_a_word_about_one_thing_and_both_things_have_changed(colours):
    assert len(colours) > 30 and (colours.thing != colours.another).all() and (colours.own != colours.twin).all()
    rows = np.arange(len(colours))
    np.testing.assert_array_equal(colours.tokens[rows, colours.at], colours.own)
    for place in (colours.thing, colours.another):
        assert (colours.features[rows, place] != colours.others[rows, place]).any(-1).all()
    filled = np.zeros((len(colours), 9), bool)
    for m in range(S.SLOTS):
        filled[rows[colours.scenes.present[:, m]], colours.scenes.cell[colours.scenes.present[:, m], m]] = True
    np.testing.assert_array_equal(colours.features[~filled], colours.others[~filled])


def test_the_word_follows_the_one_place_that_a_captioner_uses_wherever_it_looks(colours):
    of = spelled(colours)
    model = OnePlace(int(of.thing[0]), look=int((of.thing[0] + 1) % 9))
    outcomes = [
        probe.outcome(of, found["before"], found["after"]) for found in (captioning.told(model, of, p) for p in (of.thing, of.another))
    ]
    assert outcomes == [{"follows": 1, "stays": 0}, {"follows": 0, "stays": 1}]
    looked = captioning.told(model, of, of.thing)["look"].argmax(-1)
    found = captioning.told(model, of, looked)
    assert probe.outcome(of, found["before"], found["after"])["follows"] == 0, "what is looked at is not what is used"


def test_no_word_follows_in_a_captioner_that_sees_nothing(colours):
    model = C.Captioner(C.CaptionConfig(way="none", width=8), rngs=nnx.Rngs(0))
    found = captioning.told(model, colours, colours.thing)
    np.testing.assert_allclose(found["before"], found["after"], atol=1e-6)
    shares = captioning.measures(model, dataset.from_scenes(S.sample(S.generator("test", 4), 40)))
    assert len(shares) == 12 and {share for (_, name), share in shares.items() if name.endswith("follows")} == {0.0}


def test_before_the_exchange_a_captioner_says_what_it_says_elsewhere(colours):
    model = C.Captioner(C.CaptionConfig(width=8, inner=5), rngs=nnx.Rngs(0))
    few = colours[np.arange(8)]
    logits, aux = nnx.jit(lambda m, i, t: m(i, t))(model, few.features, few.tokens)
    found = captioning.told(model, few, few.thing)
    at = np.arange(8), few.at
    np.testing.assert_allclose(found["before"], np.asarray(logits)[at], atol=1e-5)
    np.testing.assert_allclose(found["look"], np.asarray(aux["maps"])[at], atol=1e-6)
    told = captioning.example(model, few, 3)
    assert told["pictures"].shape == (3, 96, 96, 3) and told["said"][told["at"]] == told["words"][0] == C.VOCAB[few.own[3]]
    np.testing.assert_allclose(told["chances"][0, 0], np.exp(found["before"][3, few.own[3]]) / np.exp(found["before"][3]).sum(), rtol=1e-4)


# ---- fusion encoder


class Chooses(nnx.Module):
    """Matches a caption with colours that the features spell: of each word that names a colour, if ``sees``."""

    def __init__(self, sees: bool):
        self.sees = sees

    def __call__(self, tokens, regions):
        spelled = jnp.take_along_axis(regions[:, 0], tokens, 1).sum(1)  # place 0 holds the thing
        attention = jnp.full((len(tokens), 2, tokens.shape[1] + 9, tokens.shape[1] + 9), 1 / 9).at[..., tokens.shape[1] + 4].set(1.0)
        return self.sees * spelled, {"attention": [attention, attention]}


@pytest.fixture(scope="module")
def choices():
    return fusion.cases(40)


def test_the_captions_differ_in_the_colour_of_one_thing(choices):
    own, twin, own_told, twin_told = np.moveaxis(choices.tokens, 1, 0)
    for a, b in ((own, twin), (own_told, twin_told), (own, own_told), (twin, twin_told)):
        differ = a != b
        assert (differ.sum(1) == 1).all() and np.isin(a[differ], words.COLOUR_WORDS).all()
    rows = np.arange(len(choices))
    assert ((own != twin).argmax(1) == choices.at - 1).all(), "the colour stands before its thing's name"
    assert np.isin(own[rows, choices.at], words.KIND_WORDS).all() and (choices.thing != choices.another).all()


@pytest.mark.parametrize("sees", [True, False])
def test_the_choice_follows_the_one_region_that_a_model_uses(choices, sees):
    rows = np.arange(len(choices))
    features, others = np.zeros((2, len(choices), 9, len(words.VOCAB)), np.float32)
    at = (choices.tokens[:, 0] != choices.tokens[:, 1]).argmax(1)
    features[rows, 0, choices.tokens[rows, 0, at]] = others[rows, 0, choices.tokens[rows, 1, at]] = 1
    of = dataclasses.replace(choices, features=features, others=others, thing=0 * rows, another=0 * rows + 8)
    found = fusion.measures(Chooses(sees), of)
    assert found[fusion.THING, "follows"] == float(sees) and found[fusion.ANOTHER, "follows"] == 0 and found[fusion.ANOTHER, "stays"] == 1
    assert found[fusion.BRIGHTEST[2], "follows"] == found[fusion.BRIGHTEST[2], "hit"] == 0
