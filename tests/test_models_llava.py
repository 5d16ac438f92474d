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
from course_utils.models.llava import chat, llava, projector, published
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
    return llava.Llava(tower, reads, llava.LlavaConfig(TAG, STOP, kind), rngs=nnx.Rngs(2), **parts)


TALKS = [
    [(f"{IMAGE} what colour is the dog?", "red"), (f"and in {IMAGE}?", "the answer is blue")],
    [("what do you see?", "nothing")],
    [(f"is the cat in {IMAGE} {IMAGE} the same?", "yes, it is")],
]
WIDTHS, L = [[N, N], [], [N, N]], 44


def batch(talks=TALKS, **how):
    made = chat.packed(talks, WORDS, TAG, WIDTHS, L, **how)
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
    model = llava.Llava(tower, LanguageModel(config, rngs=nnx.Rngs(0)), llava.LlavaConfig(39, 2), rngs=nnx.Rngs(0))
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
    made = splice.expand(texts, [[4], [4]], 39, 8)
    np.testing.assert_array_equal(made.tokens, held["input_ids"])
    labels = np.pad(held["labels"][:, 1:], ((0, 0), (0, 1)), constant_values=IGNORED).astype(np.int32)

    @nnx.jit
    def everything(model, pixels):
        features = model.tower.vit.before_last(pixels)[:, None]
        logits = model(jnp.asarray(made.tokens), jnp.asarray(made.source), features)
        return model.see(features)[:, 0], logits, next_token(logits, jnp.asarray(labels))[0]

    with jax.default_matmul_precision("highest"):
        seen, logits, loss = everything(model, held["pixel_values"].transpose(0, 2, 3, 1))
    agree(seen, held["image_features"])
    agree(logits, held["logits"])
    agree(np.asarray(loss), held["loss"])


# --- where pictures stand


def slowly(texts, media, widths, table, length):
    """Vector by vector; behind a text, the vector of padding."""
    rows = []
    for text, pictures, counts in zip(texts, media, widths):
        row, k = [], 0
        for token in text:
            if token == TAG:
                row += [pictures[k][j] for j in range(counts[k])]
                k += 1
            else:
                row.append(table[token])
        rows.append(row + [table[PAD]] * (length - len(row)))
    return np.array(rows)


def test_pictures_stand_where_their_tags_are():
    """Two side by side, one at the beginning and one at the end, none at all; more vectors in one picture than in another."""
    texts = [[5, TAG, TAG, 7, 8], [TAG, 4], [6, 6, 6], [9, TAG, 12, TAG, 11, TAG]]
    widths = [[3, 5], [1], [], [2, 5, 4]]
    media, table = normal(4, 3, 5, 7), normal(V, 7, seed=1)
    made = splice.expand(texts, widths, TAG, 17)
    got = jax.jit(splice.splice)(table[made.tokens], media, made.source)
    np.testing.assert_array_equal(got, slowly(texts, media, widths, table, 17))
    assert all(column.dtype == np.int32 for column in made)
    assert made.tokens[1].tolist() == [TAG, 4] + [PAD] * 15


def test_a_label_moves_with_its_token():
    texts, labels = [[5, TAG, TAG, 7, 8], [TAG, 4]], [[IGNORED, IGNORED, 7, 8, IGNORED], [4, IGNORED]]
    made = splice.expand(texts, [[2, 3], [2]], TAG, 9, labels)
    assert made.labels.tolist() == [[IGNORED] * 5 + [7, 8, IGNORED, IGNORED], [IGNORED, 4] + [IGNORED] * 7]
    follows = np.roll(made.tokens, -1, 1)
    assert (made.labels == follows)[made.labels != IGNORED].all()


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
    long = chat.packed(TALKS, WORDS, TAG, WIDTHS, L + 5)
    got, expected = run(model, long["tokens"], long["source"], features), run(model, made["tokens"], made["source"], features)
    text = made["tokens"] != PAD
    np.testing.assert_allclose(got[:, :L][text], expected[text], atol=1e-5)


def test_the_projector_is_its_formula():
    x = normal(2, 3, D)
    for kind, function in projector.PROJECTIONS.items():
        made = projector.Projector(D, W, kind, rngs=nnx.Rngs(0))
        p = {name: np.asarray(array, float) for name, array in made.params.items()}
        y = x @ p["W_1"] + p["b_1"]
        if kind == "mlp":
            y = y * 0.5 * (1 + np.vectorize(math.erf)(y / 2**0.5)) @ p["W_2"] + p["b_2"]
        np.testing.assert_allclose(made(x), y, atol=1e-5)
        told = []
        other = projector.Projector(
            D, W, kind, function=lambda params, x: told.append(sorted(params)) or function(params, x), rngs=nnx.Rngs(0)
        )
        np.testing.assert_array_equal(other(x), made(x))
        assert told == [sorted(p)]


# --- what is asked for


def test_answers_alone_are_asked_for():
    tokens, labels = chat.pack_conversation(TALKS[0], WORDS)
    assert (
        WORDS.words(tokens)
        == (
            f"{BEGIN} {USER} {IMAGE} what colour is the dog ? {ASSISTANT} red {END} "
            f"{USER} and in {IMAGE} ? {ASSISTANT} the answer is blue {END}"
        ).split()
    )
    assert len(labels) == len(tokens) and WORDS.words([label for label in labels if label != IGNORED]) == (
        f"red {END} the answer is blue {END}".split()
    )
    assert [k for k, label in enumerate(labels) if label != IGNORED] == [9, 10, 17, 18, 19, 20, 21]
    for k, label in enumerate(labels):
        assert label in (IGNORED, *tokens[k + 1 : k + 2])
    tokens, labels = chat.pack_conversation([(IMAGE, "a dog")], WORDS, roles=False)
    assert WORDS.words(tokens) == [BEGIN, IMAGE, "a", "dog", END] and labels == [IGNORED, *tokens[2:], IGNORED]
    tokens, labels = chat.pack_conversation([*TALKS[1], ("is it red?", None)], WORDS)
    assert WORDS.words(tokens)[-1] == ASSISTANT and sum(label != IGNORED for label in labels) == 2


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
        model, through_the_tower, lambda rng: made, steps=12, chunk=12, trainable=llava.trainable(stage), learning_rate=1e-2, progress=False
    )
    assert history.loss[-1] < history.loss[0]
    moved = {part: {path: (state(part)[path] != old).any() for path, old in arrays.items()} for part, arrays in before.items()}
    assert not any(moved["tower"].values()) and all(moved["projector"].values())
    assert all(moved["lm"].values()) if stage == 2 else not any(moved["lm"].values())


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
    made = chat.packed(OPEN, WORDS, TAG, WIDTHS, L)
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
    made = chat.packed([[(IMAGE, None)]], WORDS, TAG, [[N]], N + 1, roles=False)
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
    return lambda: chat.packed([talk], WORDS, TAG, [list(widths)], length)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (packing([(f"{IMAGE} and {IMAGE}?", "yes")]), "Text 0 has 2 tags and 1 pictures; give a picture for each tag"),
        (packing([("is it red?", "yes")]), "Text 0 has 0 tags and 1 pictures"),
        (packing([(IMAGE, "yes")], length=10), "Text 0 needs 14 places.*room for 10"),
        (packing([(IMAGE, "a zebra")]), "'zebra' is no word of the language model"),
        (packing([(IMAGE, None), ("is it red?", "yes")]), "Turn 0 has no answer"),
        (packing([("is it red?", IMAGE)]), "The answer of turn 0 shows a picture"),
        (lambda: llava.trainable(3), "no stage '3'. Choose from: 1, 2"),
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
