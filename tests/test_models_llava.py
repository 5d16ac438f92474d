"""Notebook 07's model: published LLaVA to the last digits, pictures where their tags stand, answers alone that teach, and in each
stage nothing moves that is frozen."""

import math
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from course_utils import decode, training
from course_utils.losses import next_token
from course_utils.models.llava import chat, llava, projector, published, stages, template
from course_utils.nn import lm, splice
from course_utils.nn import published as weights_of
from course_utils.nn.lm import LanguageModel, LMConfig
from course_utils.nn.vit import ViTConfig
from course_utils.text import IGNORED, PAD
from course_utils.towers.vision import VisionTower
from course_utils.world import instructions
from course_utils.world.corpus import BEGIN, END, IMAGE
from course_utils.world.instructions import ASSISTANT, USER
from shared import normal, run

WORDS = instructions.vocabulary()
V, TAG, STOP = len(WORDS), WORDS.index(IMAGE), WORDS.index(END)
N, D, W = 9, 6, 16  # patches of a picture, the tower's width, the language model's


def build(kind="mlp", **parts):
    tower = VisionTower(ViTConfig.tiny(), rngs=nnx.Rngs(0))
    reads = LanguageModel(LMConfig(V, width=W, depth=1, heads=2, hidden=12), rngs=nnx.Rngs(1))
    return llava.Llava(tower, reads, llava.LlavaConfig(STOP, kind), rngs=nnx.Rngs(2), **parts)


TALKS = [
    [(f"{IMAGE} what colour is the dog?", "red"), (f"and in {IMAGE}?", "the answer is blue")],
    [("what do you see?", "nothing")],
    [(f"is the cat in {IMAGE} {IMAGE} the same?", "yes, it is")],
]
WIDTHS, L = [[N, N], [], [N, N]], 44


def batch(talks=TALKS, **how):
    made = chat.packed(talks, WORDS, WIDTHS, L, **how)
    return made | {"pictures": np.array([[3, 0], [0, 0], [1, 3]], np.int32)}


def pool(seed=0):
    return normal(5, N, D, seed=seed).astype(np.float16)


# --- published LLaVA


@pytest.fixture(scope="module")
def reference():
    held = np.load(Path(__file__).parent / "parity/llava.npz")
    weights = {key[2:]: held[key] for key in held if key.startswith("w:")}
    tower = VisionTower(ViTConfig(side=8, patch=4, width=12, depth=3, heads=2, hidden=16), rngs=nnx.Rngs(0))
    config = LMConfig(40, width=16, depth=1, heads=4, key_heads=2, hidden=24, window=0, tied=False)
    model = llava.Llava(tower, LanguageModel(config, rngs=nnx.Rngs(0)), llava.LlavaConfig(2), rngs=nnx.Rngs(0))
    for part, names in published.part_names(3, 1).items():
        target = model.tower.vit if part == "vit" else getattr(model, part)
        weights_of.load(target, {name: weights.pop(name) for name in names}, names)
    assert not weights
    return model, held


def agree(got, expected):
    assert got.shape == expected.shape and np.abs(got - expected).max() <= 1e-5 * np.abs(expected).max()


def test_llava_is_the_published_one(reference):
    """There a picture's tag is written once for each of its patches, and a label stands at its own token."""
    model, held = reference
    texts = [[token for k, token in enumerate(row) if token != 39 or row[k - 1] != 39] for row in held["input_ids"].tolist()]
    assert [len(text) for text in texts] == [5, 5]
    tokens, picture, vector = np.swapaxes([splice.make_room(text, [4], 39) for text in texts], 0, 1).astype(np.int32)
    np.testing.assert_array_equal(tokens, held["input_ids"])
    source = np.stack([picture, vector], -1)
    labels = np.pad(held["labels"][:, 1:], ((0, 0), (0, 1)), constant_values=IGNORED).astype(np.int32)

    @nnx.jit
    def everything(model, pixels):
        features = model.tower.vit.before_last(pixels)[:, None]
        logits = model(jnp.asarray(tokens), jnp.asarray(source), features)
        return projector.project(model.projector.params, features)[:, 0], logits, next_token(logits, jnp.asarray(labels))[0]

    with jax.default_matmul_precision("highest"):
        seen, logits, loss = everything(model, held["pixel_values"].transpose(0, 2, 3, 1))
    agree(seen, held["image_features"])
    agree(logits, held["logits"])
    agree(np.asarray(loss), held["loss"])


# --- where pictures stand


def slowly(text, media, widths, table):
    row, k = [], 0
    for token in text:
        row += [*media[k][: widths[k]]] if token == TAG else [table[token]]
        k += token == TAG
    return np.array(row)


@pytest.mark.parametrize(
    "text, widths", [([5, TAG, TAG, 7, 8], [3, 5]), ([TAG, 4], [1]), ([6, 6, 6], []), ([9, TAG, 12, TAG, 11, TAG], [2, 5, 4])]
)
def test_pictures_stand_where_their_tags_are(text, widths):
    """Two side by side, one at the beginning and one at the end, none at all; more vectors in one picture than in another."""
    media, table = normal(3, 5, 7), normal(V, 7, seed=1)
    tokens, picture, vector = map(np.array, splice.make_room(text, widths, TAG))
    place = np.where(picture < 0, -1, 5 * picture + vector)
    got = jax.jit(splice.splice)(table[tokens][None], media.reshape(1, 15, 7), place[None])[0]
    np.testing.assert_array_equal(got, slowly(text, media, widths, table))
    assert (tokens[picture >= 0] == TAG).all() and ((picture < 0) == (vector < 0)).all()


@pytest.mark.parametrize("kind", projector.PROJECTORS)
def test_a_projector_inserts_with_its_own_parameters(kind):
    """Pictures come flattened; a learner's function sees what the course's does."""
    made, features = batch(), np.asarray(pool()[[[3, 0], [0, 0], [1, 3]]], np.float32)
    seen = []

    def insert(params, features, words, patch):
        seen.append((sorted(params), features.shape, words.shape, patch))
        return projector.insert(params, features, words, patch)

    model = build(kind, insert=insert)
    np.testing.assert_array_equal(model(made["tokens"], made["source"], features), build(kind)(made["tokens"], made["source"], features))
    ((names, shape, words, patch),) = seen
    assert names == sorted(model.projector.params) and shape == (3, 2 * N, D) and words == (3, L, W)
    at = np.flatnonzero(patch[0] >= 0)
    assert patch[0, at].tolist() == [*range(2 * N)] and at.tolist() == [*range(2, 2 + N), *range(14 + N, 14 + 2 * N)]


def test_a_picture_changes_what_stands_behind_it_alone():
    model, made = build(), batch()
    features = np.asarray(pool()[made["pictures"]], np.float32)
    before = run(model, made["tokens"], made["source"], features)
    other = features.copy()
    other[0, 1] += 1
    changed = (run(model, made["tokens"], made["source"], other) != before).any(-1)
    first = int(np.flatnonzero((made["source"][0] == [1, 0]).all(-1))[0])
    assert not changed[0, :first].any() and changed[0, first:].all() and not changed[1:].any()
    swapped = run(model, made["tokens"], made["source"], features[:, ::-1])
    assert (swapped != before).any((1, 2)).tolist() == [True, False, True]


def test_padding_is_seen_by_nobody():
    model, made = build(), batch()
    features = np.asarray(pool()[made["pictures"]], np.float32)
    long = chat.packed(TALKS, WORDS, WIDTHS, L + 5)
    got, expected = run(model, long["tokens"], long["source"], features), run(model, made["tokens"], made["source"], features)
    text = made["tokens"] != PAD
    np.testing.assert_allclose(got[:, :L][text], expected[text], atol=1e-5)


def test_the_projector_is_its_formula():
    x = normal(2, 3, D)
    for kind in projector.PROJECTORS:
        params = projector.Projector(D, W, kind, rngs=nnx.Rngs(0)).params
        p = {name: np.asarray(array, float) for name, array in params.items()}
        y = x @ p["W_1"] + p["b_1"]
        if kind == "mlp":
            y = y * 0.5 * (1 + np.vectorize(math.erf)(y / 2**0.5)) @ p["W_2"] + p["b_2"]
        np.testing.assert_allclose(projector.project(params, x), y, atol=1e-5)


# --- what is asked for


def one(talk, widths=(), **how):
    """A conversation without its padding: words, the words that are asked for, and where."""
    made = chat.packed([talk], WORDS, [list(widths)], L, **how)
    tokens, labels = (made[name][0].tolist() for name in ("tokens", "labels"))
    for k, label in enumerate(labels):
        assert label in (IGNORED, *tokens[k + 1 : k + 2])
    asked = [k for k, label in enumerate(labels) if label != IGNORED]
    return WORDS.words(tokens), WORDS.words([labels[k] for k in asked]), asked


def test_answers_alone_are_asked_for():
    words, asked, where = one(TALKS[0], (1, 1))
    assert (
        words
        == (
            f"{BEGIN} {USER} {IMAGE} what colour is the dog ? {ASSISTANT} red {END} "
            f"{USER} and in {IMAGE} ? {ASSISTANT} the answer is blue {END}"
        ).split()
    )
    assert asked == f"red {END} the answer is blue {END}".split() and where == [9, 10, 17, 18, 19, 20, 21]
    words, asked, where = one([(IMAGE, "a dog")], (2,), roles=False)
    assert words == [BEGIN, IMAGE, IMAGE, "a", "dog", END] and asked == words[3:] and where == [2, 3, 4]
    words, asked, _ = one([*TALKS[1], ("is it red?", None)])
    assert words[-1] == ASSISTANT and asked == ["nothing", END]


def test_a_conversation_is_packed_by_learners_functions():
    """They get numbers: of tokens without their pictures' tags, of specials, of pictures."""
    seen = {}

    def pack(turns, specials, pictures):
        seen["pack"] = turns, specials, pictures
        return np.array(template.pack(turns, specials, pictures))

    def label(tokens, assistant, end):
        seen["label"] = WORDS.words([assistant, end])
        return template.answer_labels(tokens, assistant, end) * (tokens > 0)

    def room(tokens, widths, image):
        seen["room"] = tokens, widths, WORDS[image]
        return splice.make_room(tokens, widths, image)

    talk = [(f"{IMAGE} {IMAGE} red?", "yes"), (f"in {IMAGE}", None)]
    made = chat.packed([talk], WORDS, [[2, 1, 3]], L, pack=pack, label=label, room=room)
    (turns, specials, pictures), _ = seen["pack"], seen["label"]
    assert [[WORDS.words(part or []) for part in turn] for turn in turns] == [[["red", "?"], ["yes"]], [["in", IMAGE], []]]
    assert {name: WORDS[token] for name, token in specials.items()} == {
        "begin": BEGIN, "user": USER, "assistant": ASSISTANT, "end": END, "image": IMAGE
    } and pictures == 2  # fmt: skip
    assert seen["label"] == [ASSISTANT, END] and seen["room"] == (template.pack(turns, specials, 2), [2, 1, 3], IMAGE)
    usual = chat.packed([talk], WORDS, [[2, 1, 3]], L)
    for name in ("tokens", "source", "labels"):
        text = made["tokens"] > 0
        np.testing.assert_array_equal(made[name][text], usual[name][text])


def test_the_loss_is_that_of_the_answers_alone():
    model, made = build(), batch() | {"pool": pool()}
    loss = nnx.jit(llava.llava_loss)
    logits = run(model, made["tokens"], made["source"], np.asarray(pool()[made["pictures"]], np.float32))
    told = np.asarray(jax.nn.log_softmax(logits))
    told = [told[i, t - 1, made["tokens"][i, t]] for i, t in np.argwhere(answered(made["tokens"]))]
    assert len(told) == 7 + 2 + 5 and float(loss(model, made)[0]) == pytest.approx(-np.mean(told), rel=1e-5)
    nobody = made | {"labels": np.full_like(made["labels"], IGNORED)}
    assert float(loss(model, nobody)[0]) == 0


def answered(tokens):
    """bool[B, T]: what stands between an ``<assistant>`` and its ``<end>``, the end included."""
    found, speaks = np.zeros(tokens.shape, bool), WORDS.index(ASSISTANT)
    for row, inside in zip(tokens.tolist(), found):
        answering = False
        for t, token in enumerate(row):
            inside[t] = answering
            answering = token == speaks or (answering and token != STOP)
    return found


# --- what learns


def through_the_tower(model, batch):
    """As the loss, but the tower looks itself: nothing but the filter keeps it as it is."""
    features = model.tower.features(batch["image"])[batch["pictures"]]
    return next_token(model(batch["tokens"], batch["source"], features), batch["labels"])


@pytest.mark.parametrize("stage", [1, 2])
def test_a_stage_trains_its_parts_and_not_a_bit_of_the_others(stage):
    model, made = build(), batch()
    made["image"] = np.random.default_rng(0).integers(256, size=(5, 9, 9, 3)).astype(np.uint8)

    def state(part):
        return {path: np.asarray(param[...]) for path, param in nnx.to_flat_state(nnx.state(getattr(model, part), nnx.Param))}

    before = {part: state(part) for part in ("tower", "projector", "lm")}
    history = training.fit(
        model,
        through_the_tower,
        lambda rng: made,
        steps=12,
        chunk=12,
        trainable=stages.trainable(stage),
        learning_rate=1e-2,
        progress=False,
    )
    assert history.loss[-1] < history.loss[0]
    moved = {part: {path: (state(part)[path] != old).any() for path, old in arrays.items()} for part, arrays in before.items()}
    assert not any(moved["tower"].values()) and all(moved["projector"].values())
    assert all(moved["lm"].values()) if stage == 2 else not any(moved["lm"].values())


@pytest.mark.parametrize("stage", [1, 2])
def test_what_a_learners_update_moves_is_what_is_trained(stage):
    model = build()

    def names(trainable):
        return {path for path, _ in nnx.to_flat_state(nnx.split(model, trainable, ...)[1])}

    seen = []

    def backwards(params, slopes, stage, rate, decay):
        seen.append(sorted(params) == sorted(slopes))
        return {name: 2 * params[name] - array for name, array in stages.update(params, slopes, stage, rate, decay).items()}

    assert names(stages.moved(stages.update, model, stage)) == names(stages.trainable(stage)) != set()
    assert names(stages.moved(backwards, model, stage)) == names(stages.trainable(stage)) and seen == [True]


def test_more_words_leave_the_others_as_they_are():
    old = LanguageModel(LMConfig(11, width=8, depth=1, heads=2, hidden=5), rngs=nnx.Rngs(0))
    untied = LanguageModel(LMConfig(11, width=8, depth=1, heads=2, hidden=5, tied=False), rngs=nnx.Rngs(0))
    tokens = np.array([[3, 10, 7]], np.int32)
    for made in (old, untied):
        more = lm.with_more_words(made, 13, rngs=nnx.Rngs(5))
        assert more.config.vocabulary == 13 and run(more, tokens).shape == (1, 3, 13)
        np.testing.assert_allclose(run(more, tokens)[..., :11], run(made, tokens), atol=1e-6)
        before = np.asarray(run(made, tokens))
        more.embed.embedding[...] = more.embed.embedding[...] + 1
        more.blocks[0].mlp.up.kernel[...] = more.blocks[0].mlp.up.kernel[...] + 1
        np.testing.assert_array_equal(run(made, tokens), before)
    with pytest.raises(ValueError, match="Give 11 or more"):
        lm.with_more_words(old, 10, rngs=nnx.Rngs(0))


# --- what it writes

OPEN = [[*talk[:-1], (talk[-1][0], None)] for talk in TALKS]
LONGEST = 5


def fed(model, noise):
    """Word by word without a cache, everything read anew."""
    made = chat.packed(OPEN, WORDS, WIDTHS, L)
    tokens = np.pad(made["tokens"], ((0, 0), (0, LONGEST)))
    source = np.pad(made["source"], ((0, 0), (0, LONGEST), (0, 0)), constant_values=-1)
    features = np.asarray(pool()[[[3, 0], [0, 0], [1, 3]]], np.float32)
    told = []
    for step in range(LONGEST):
        count = (tokens != PAD).sum(1)
        log_probs = jax.nn.log_softmax(run(model, tokens, source, features)[np.arange(3), count - 1])
        token = np.asarray((log_probs + noise[:, step]).argmax(-1))
        tokens[np.arange(3), count] = token
        told.append(token)
    return np.stack(told, 1)


@pytest.mark.parametrize("temperature", [0.0, 1.5])
def test_cached_answers_are_those_without_a_cache(temperature):
    model = build()
    model.lm.embed.embedding[...] = model.lm.embed.embedding[...] * 2  # so that one word is not as good as another
    noise = decode.gumbel(np.random.default_rng(3), 3, LONGEST, V, temperature)
    expected = fed(model, noise)
    features = pool()[[[3, 0], [0, 0], [1, 3]]]
    got = chat.write(
        model, WORDS, OPEN, features, L, pictures=[2, 0, 2], longest=LONGEST, temperature=temperature, rng=np.random.default_rng(3)
    )
    for text, row in zip(got, expected.tolist()):
        row = row[: row.index(STOP)] if STOP in row else row
        assert text == WORDS.join(WORDS.words(row))
    assert len(set(got)) == 3


def test_a_tag_that_it_writes_is_a_word():
    """Though the prompt ends with a picture."""
    model = build()
    made = chat.packed([[(IMAGE, None)]], WORDS, [[N]], N + 1, roles=False)
    features = normal(1, 1, N, D)
    graph, state = nnx.split(model)

    @jax.jit
    def both(state):
        model = nnx.merge(graph, state)
        reading, last = decode.read_prompts(
            model.reader(), made["tokens"], model.lm.empty_cache(1, 20), model.shown(made["source"], features)
        )
        reading, _ = decode.cached_step(model.reader())(reading, last)
        _, got = decode.cached_step(model.reader())(reading, jnp.array([TAG]))
        count = N + 1
        tokens, source = np.pad(made["tokens"], ((0, 0), (0, 1)), constant_values=TAG), made["source"]
        source = np.pad(source, ((0, 0), (0, 1), (0, 0)), constant_values=-1)
        return got, jax.nn.log_softmax(model(tokens, source, features)[:, count])

    np.testing.assert_allclose(*both(state), atol=1e-5)


# --- what is refused


def packing(talk, widths=(N,), length=L):
    return lambda: chat.packed([talk], WORDS, [list(widths)], length)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (packing([(f"{IMAGE} and {IMAGE}?", "yes")]), "Text 0 has 2 tags and 1 pictures; give a picture for each tag"),
        (packing([("is it red?", "yes")]), "Text 0 has 0 tags and 1 pictures"),
        (packing([(IMAGE, "yes")], length=10), "Text 0 needs 14 places.*room for 10"),
        (packing([(IMAGE, "a zebra")]), "'zebra' is no word of the language model"),
        (packing([(IMAGE, None), ("is it red?", "yes")]), "Turn 0 has no answer"),
        (packing([("is it red?", IMAGE)]), "The answer of turn 0 shows a picture"),
        (lambda: stages.trainable(3), "no stage '3'. Choose from: 1, 2"),
        (lambda: build("conv"), "no projector 'conv'. Choose from: linear, mlp"),
        (lambda: chat.write(build(), WORDS, TALKS, pool()[[[0]] * 3], L), "put None in its place"),
        (lambda: chat.write(build(), WORDS, [[(IMAGE, None)]], pool()[[[0]]], L, temperature=0.5), "give a generator"),
        (lambda: decode.gumbel(np.random.default_rng(0), 1, 1, 3, -1.0), "temperature is -1.0; take 0"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(call, message):
    with pytest.raises(ValueError, match=message) as error:
        call()
    assert "\n" not in str(error.value)
