"""Notebook 04's models: parity with VisualBERT, masks and types by perturbation, negatives, alignment, ranking."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from shared import run

from course_utils.models import fusion_encoder as fe
from course_utils.models.fusion_encoder import dual, words
from course_utils.models.fusion_encoder.published import visualbert_names
from course_utils.nn import published
from course_utils.nn.attention import MultiHeadAttention
from course_utils.nn.post_norm import PostNormBlock
from course_utils.text import PAD

CLOSE = {"rtol": 1e-5, "atol": 1e-6}
HEADS = 2  # of the published miniature
TINY = fe.StreamConfig.tiny()


@pytest.fixture(autouse=True)
def full_precision():
    with jax.default_matmul_precision("highest"):
        yield


# losses as one program each
itm_loss, uniter_loss, matching_loss = map(nnx.jit, (fe.itm_loss, fe.uniter_loss, fe.encoder.matching_loss))


def compiled(model):
    """The model as one program: eagerly every operation of every shape would be one."""
    return lambda *args: run(model, *args)


def normal(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)


def texts(rows=3, length=5, words=11, seed=0):
    """Token rows of different lengths, padding at their ends."""
    rng = np.random.default_rng(seed)
    tokens = rng.integers(1, words, (rows, length)).astype(np.int32)
    for row, token in enumerate(tokens):
        token[2 + row % (length - 1) :] = 0
    return tokens


@pytest.fixture(scope="module")
def visualbert():
    held = dict(np.load(Path(__file__).parent / "parity" / "visualbert.npz"))
    config = fe.StreamConfig(words=40, length=16, features=12, width=16, depth=1, heads=HEADS, hidden=24, region_positions=16)
    model = fe.SingleStream(config, rngs=nnx.Rngs(0))
    weights = {name[2:]: array for name, array in held.items() if name.startswith("w:")}
    published.load(model, weights, visualbert_names(1))
    return model, held, weights


def test_visualbert_is_the_published_one(visualbert):
    model, held, _ = visualbert
    text, aux = model(held["input_ids"].astype(np.int32), held["visual_embeds"])
    got = np.concatenate([text, aux["image"]], 1)
    np.testing.assert_allclose(got, held["last_hidden_state"], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(aux["pooled"], held["pooler_output"], rtol=1e-5, atol=1e-5)


def test_every_published_weight_counts(visualbert):
    """But for what VisualBERT itself never reads: the second type of text, the first of pictures, other positions."""
    model, held, weights = visualbert
    unread = {"embeddings.token_type_embeddings.weight", "embeddings.visual_token_type_embeddings.weight"}
    for name in sorted(set(weights) - unread):
        other = nnx.clone(model)
        published.load(other, {**weights, name: weights[name] + 0.1 * normal(*weights[name].shape)}, visualbert_names(1))
        _, aux = other(held["input_ids"].astype(np.int32), held["visual_embeds"])
        if name.endswith("key.bias"):  # a softmax does not feel what is added to all keys
            continue
        assert np.abs(np.asarray(aux["pooled"]) - held["pooler_output"]).max() > 1e-5, name


# --- attention


def test_the_module_is_the_courses_attention_with_a_function_inside():
    ours = fe.CrossAttention(6, 3, rngs=nnx.Rngs(4))
    theirs = MultiHeadAttention(6, 3, rngs=nnx.Rngs(4))
    x, context, mask = normal(3, 5, 6), normal(3, 4, 6), np.random.default_rng(2).random((3, 5, 4)) < 0.7
    for args in ((x,), (x, context), (x, context, mask)):
        for got, expected in zip(ours(*args), theirs(*args)):
            np.testing.assert_allclose(got, expected, **CLOSE)
    silent = fe.CrossAttention(6, 3, function=lambda p, x, c, m, h: (0 * x, None), rngs=nnx.Rngs(4))
    assert not silent(x)[0].any()


def test_a_post_norm_block_ends_normalised_and_pre_and_post_differ():
    block = PostNormBlock(6, 2, 9, rngs=nnx.Rngs(0))
    y, weights = block(normal(3, 5, 6), context=normal(3, 4, 6))
    assert weights.shape == (3, 2, 5, 4)
    np.testing.assert_allclose(np.asarray(y).mean(-1), 0, atol=1e-5)
    np.testing.assert_allclose(np.asarray(y).std(-1), 1, atol=1e-3)


# --- streams


@pytest.mark.parametrize("stream", fe.STREAMS)
@pytest.mark.parametrize("boxes", [False, True])
def test_nobody_feels_what_is_hidden(stream, boxes):
    model = compiled(fe.FusionEncoder(fe.StreamConfig.tiny(boxes=boxes), stream, kinds=4, rngs=nnx.Rngs(0)))
    tokens, regions = texts(), normal(3, 9, 7)
    there = np.ones((3, 9), bool)
    there[:, 5] = False
    match, aux = model(tokens, regions, there)
    assert match.shape == (3,) and aux["words"].shape == (3, 5, 11) and aux["kinds"].shape == (3, 9, 4)
    shorter = tokens.copy()
    shorter[0, :] = [3, 4, 0, 0, 0]
    cut = model(shorter[:1, :2], regions[:1], there[:1])[0]
    np.testing.assert_allclose(model(shorter, regions, there)[0][:1], cut, rtol=1e-4, atol=1e-5)
    other = regions.copy()
    other[:, 5] += 3
    np.testing.assert_allclose(model(tokens, other, there)[0], match, **CLOSE)
    assert np.abs(np.asarray(model(tokens, other)[0]) - np.asarray(model(tokens, regions)[0])).max() > 1e-5


@pytest.mark.parametrize("stream", fe.STREAMS)
def test_without_boxes_regions_are_a_set_and_with_them_they_are_not(stream):
    tokens, regions = texts(), normal(3, 9, 7)
    turned = regions[:, ::-1]
    same = compiled(fe.FusionEncoder(TINY, stream, rngs=nnx.Rngs(0)))
    np.testing.assert_allclose(same(tokens, regions)[0], same(tokens, turned)[0], rtol=1e-4, atol=1e-5)
    placed = compiled(fe.FusionEncoder(fe.StreamConfig.tiny(boxes=True), stream, rngs=nnx.Rngs(0)))
    assert np.abs(np.asarray(placed(tokens, regions)[0] - placed(tokens, turned)[0])).max() > 1e-5
    moved = tokens[:, [1, 0, 2, 3, 4]]
    assert np.abs(np.asarray(same(tokens, regions)[0] - same(moved, regions)[0])).max() > 1e-5, "words have an order"


@pytest.mark.parametrize("stream", fe.STREAMS)
def test_every_parameter_of_the_stream_is_taught_by_matching(stream):
    model = fe.FusionEncoder(fe.StreamConfig.tiny(boxes=True, depth=2), stream, rngs=nnx.Rngs(0))
    graphdef, params = nnx.split(model, nnx.Param)
    tokens, regions = texts(rows=7, length=5), normal(7, 9, 7)

    def whole(p):
        match, aux = nnx.merge(graphdef, p)(tokens, regions)
        return (match**2).sum() + (aux["pooled"] ** 3).sum()

    slopes = jax.jit(jax.grad(whole))(params)
    for path, slope in nnx.to_flat_state(slopes):
        name = ".".join(map(str, path))
        if name.startswith("stream") and "key.bias" not in name:
            assert np.abs(np.asarray(slope[...])).max() > 0, name


def test_boxes_are_the_nine_places():
    boxes = np.asarray(fe.cell_boxes(9))
    np.testing.assert_allclose(boxes[5], [2 / 3, 1 / 3, 1, 2 / 3, 1 / 3, 1 / 3, 1 / 9], rtol=1e-6)
    np.testing.assert_array_equal(fe.cell_boxes(10)[1:], boxes)
    np.testing.assert_array_equal(fe.cell_boxes(10)[0], [0, 0, 1, 1, 1, 1, 1])
    with pytest.raises(ValueError, match="no square"):
        fe.cell_boxes(8)


def test_an_unknown_stream_is_refused():
    with pytest.raises(ValueError, match="single, two"):
        fe.FusionEncoder(TINY, "three", rngs=nnx.Rngs(0))


# --- negatives


def test_a_negative_is_never_true_and_follows_the_softmax():
    rng = np.random.default_rng(0)
    similarity = rng.normal(size=(5, 5)).astype(np.float32) * 1.5
    true = np.eye(5, dtype=bool)
    true[0, 3] = true[3, 0] = True
    noise = rng.gumbel(size=(4000, 5, 5)).astype(np.float32)
    drawn = np.asarray(jax.vmap(lambda n: fe.hard_negatives(similarity, true, n))(noise))
    share = np.array([np.bincount(drawn[:, i], minlength=5) / 4000 for i in range(5)])
    assert not share[true].any()
    weights = np.where(true, 0, np.exp(similarity))
    np.testing.assert_allclose(share, weights / weights.sum(1, keepdims=True), atol=0.03)


def itm_batch(rows=13, true=5, seed=0, **more):
    """A data set of 17, of which 13 are drawn, the first five as true pairs; two of them say the same."""
    rng = np.random.default_rng(seed)
    content = np.arange(17, dtype=np.int32)
    content[3] = content[8]
    return {
        "features": normal(17, 9, 7),
        "tokens": texts(17),
        "content": content,
        "pictures": normal(17, 3, seed=1),
        "captions": normal(17, 3, seed=2),
        "row": rng.permutation(17)[:rows].astype(np.int32),
        "noise": rng.gumbel(size=(2, true, rows)).astype(np.float32),
        "hardness": np.float32(1.5),
        "word_hidden": rng.random((true, 5)) < 0.7,
        "region_hidden": rng.random((true, 9)) < 0.4,
        "kind": np.arange(153).reshape(17, 9).astype(np.int32) % 4,
        "weights": np.ones(4, np.float32),
        **more,
    }


def chosen(batch):
    """The rows of the wrong texts and of the wrong pictures, by hand."""
    row = batch["row"]
    here = row[:5]
    true = batch["content"][here][:, None] == batch["content"][row]
    similarity = 1.5 * batch["pictures"] @ batch["captions"].T
    text_of = np.where(true, -np.inf, similarity[here][:, row] + batch["noise"][0]).argmax(1)
    image_of = np.where(true, -np.inf, similarity.T[here][:, row] + batch["noise"][1]).argmax(1)
    return here, row[text_of], row[image_of]


def test_the_matching_loss_by_hand():
    model, batch = fe.FusionEncoder(TINY, rngs=nnx.Rngs(0)), itm_batch()
    loss, told = itm_loss(model, batch)
    here, text_of, image_of = chosen(batch)
    p = [
        1 / (1 + np.exp(-np.asarray(run(model, batch["tokens"][t], batch["features"][i])[0], np.float64)))
        for t, i in ((here, here), (text_of, here), (here, image_of))
    ]
    expected = 0.5 * (-np.log(p[0]).mean() - np.log(1 - np.concatenate(p[1:])).mean())
    np.testing.assert_allclose(loss, expected, rtol=1e-4)
    right = np.concatenate([p[0] > 0.5, p[1] <= 0.5, p[2] <= 0.5])
    np.testing.assert_allclose(told["right"], right.mean(), rtol=1e-5)


def test_another_choice_is_one_function_each_time():
    def choose(similarity, true, noise):
        return fe.hard_negatives(0 * similarity, true, noise)

    assert fe.loss_with(fe.itm_loss, choose) is fe.loss_with(fe.itm_loss, choose)
    batch, model = itm_batch(), fe.FusionEncoder(TINY, rngs=nnx.Rngs(0))
    easy = itm_loss(model, {**batch, "hardness": np.float32(0)})[0]
    np.testing.assert_allclose(nnx.jit(fe.loss_with(fe.itm_loss, choose))(model, batch)[0], easy, rtol=1e-6)
    assert abs(float(easy) - float(itm_loss(model, batch)[0])) > 1e-6


def test_a_match_is_the_mean_vote_of_the_words_that_are_there():
    model, tokens = fe.FusionEncoder(TINY, rngs=nnx.Rngs(0)), texts()
    match, aux = run(model, tokens, normal(3, 9, 7))
    for b in range(3):
        np.testing.assert_allclose(match[b], np.asarray(aux["votes"])[b][tokens[b] > 0].mean(), **CLOSE)


# --- objectives


def test_each_objective_is_weighed_and_told():
    model = fe.FusionEncoder(TINY, kinds=4, rngs=nnx.Rngs(0))
    parts = [float(uniter_loss(model, itm_batch(weights=row.astype(np.float32)))[0]) for row in np.eye(4)]
    np.testing.assert_allclose(parts[0], float(itm_loss(model, itm_batch())[0]), rtol=1e-5)
    together, told = uniter_loss(model, itm_batch(weights=np.array([1, 2, 3, 4], np.float32)))
    np.testing.assert_allclose(together, np.dot([1, 2, 3, 4], parts), rtol=1e-5)
    np.testing.assert_allclose(told["alignment"], parts[3], rtol=1e-5)
    assert 1 < parts[1] < 5 and 0.5 < parts[2] < 4, "an untrained head guesses"


def test_a_hidden_region_is_not_seen():
    model = fe.FusionEncoder(TINY, kinds=4, rngs=nnx.Rngs(0))
    only = itm_batch(weights=np.array([0, 0, 1, 0], np.float32))
    here, other = only["row"][:5], only["features"].copy()
    other[here] += 5 * only["region_hidden"][..., None]
    np.testing.assert_allclose(uniter_loss(model, {**only, "features": other})[0], uniter_loss(model, only)[0], rtol=1e-5)
    other[here] += 5
    assert abs(float(uniter_loss(model, {**only, "features": other})[0] - uniter_loss(model, only)[0])) > 1e-5


def test_a_hidden_word_is_not_read_and_specials_are_never_hidden():
    model = fe.FusionEncoder(TINY, kinds=4, rngs=nnx.Rngs(0))
    words_only = itm_batch(weights=np.array([0, 1, 0, 0], np.float32), word_hidden=np.ones((5, 5), bool))
    _, told = uniter_loss(model, words_only)
    read = run(
        model,
        np.where(words_only["tokens"] > words.MASK, words.MASK, words_only["tokens"])[words_only["row"][:5]],
        words_only["features"][words_only["row"][:5]],
    )[1]["words"]
    truth = words_only["tokens"][words_only["row"][:5]]
    hidden = truth > words.MASK
    np.testing.assert_allclose(told["words"], (np.asarray(read).argmax(-1) == truth)[hidden].mean(), rtol=1e-5)


def test_given_pairs_are_scored_each_for_itself():
    model = fe.FusionEncoder(TINY, rngs=nnx.Rngs(0))
    batch = {"tokens": texts(7), "image": normal(7, 9, 7), "match": np.arange(7) % 3 == 0}
    logits = np.asarray(run(model, batch["tokens"], batch["image"])[0], np.float64)
    expected = np.mean(np.log1p(np.exp(np.where(batch["match"], -logits, logits))))
    np.testing.assert_allclose(matching_loss(model, batch)[0], expected, rtol=1e-4)


# --- a dual encoder of scenes


@pytest.mark.parametrize("depth", [0, 1])
def test_a_dual_encoder_reads_each_side_alone(depth):
    model = dual.DualEncoder(dual.DualConfig.tiny(depth=depth), rngs=nnx.Rngs(0))
    tokens, regions = texts(), normal(3, 9, 7)
    logits, aux = run(model, tokens, regions)
    np.testing.assert_allclose(np.linalg.norm(aux["image"], axis=-1), 1, rtol=1e-5)
    other = run(model, tokens[::-1], regions)[1]
    np.testing.assert_allclose(other["image"], aux["image"], **CLOSE)
    np.testing.assert_allclose(logits, np.exp(2.3) * (np.asarray(aux["image"]) * aux["text"]).sum(-1), rtol=1e-4)
    turned = tokens[2:, [1, 0, 2, 3, 4]]
    same = np.allclose(run(model, turned, regions[2:])[1]["text"], aux["text"][2:], atol=1e-5)
    assert same == (depth == 0), "without depth the order of words is lost"


# --- alignment


def test_transport_has_the_right_margins_and_beats_other_plans():
    cost = np.random.default_rng(5).random((5, 7)).astype(np.float32)
    plan = np.asarray(fe.optimal_transport(cost, rounds=200), np.float64)
    np.testing.assert_allclose(plan.sum(0), 1 / 7, rtol=1e-4)
    np.testing.assert_allclose(plan.sum(1), 1 / 5, rtol=1e-2)
    assert (plan >= 0).all() and (plan * cost).sum() < cost.mean()
    rng = np.random.default_rng(0)
    for _ in range(20):  # random plans with the same margins
        other = rng.random((5, 7)) ** 4
        for _ in range(300):
            other *= (1 / 5) / other.sum(1, keepdims=True)
            other *= (1 / 7) / other.sum(0, keepdims=True)
        assert (plan * cost).sum() <= (other * cost).sum() + 1e-3


def test_transport_between_equal_sets_finds_the_matching():
    order = np.array([2, 0, 3, 1, 4])
    cost = (order[:, None] != np.arange(5)).astype(np.float32)
    np.testing.assert_allclose(fe.optimal_transport(cost), np.eye(5)[order] / 5, atol=1e-4)


def test_padding_has_no_mass_and_does_not_matter():
    text, image = normal(3, 5, 6), normal(3, 4, 6)
    valid = np.arange(5) < np.array([[5], [2], [4]])
    plan = np.asarray(fe.transport_plan(text, image, valid))
    assert not plan[~valid].any()
    alone = fe.optimal_transport(fe.cosine_cost(text[1, :2], image[1]))
    np.testing.assert_allclose(plan[1, :2], alone, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(plan.sum((1, 2)), 1, rtol=1e-3)


def test_slopes_of_the_distance_flow_through_the_cost_only():
    text, image, valid = normal(2, 5, 6), normal(2, 4, 6), np.ones((2, 5), bool)
    plan = fe.transport_plan(text, image, valid)

    def whole(t):
        return fe.alignment_distance(t, image, fe.transport_plan(t, image, valid)).sum()

    held = jax.grad(lambda t: fe.alignment_distance(t, image, plan).sum())(jnp.asarray(text))
    np.testing.assert_allclose(jax.grad(whole)(jnp.asarray(text)), held, rtol=1e-4, atol=1e-6)


# --- ranking


def test_reranking_by_hand():
    dual = np.array([[0.1, 0.9, 0.5, 0.7], [4, 3, 2, 1.0]])
    np.testing.assert_array_equal(fe.shortlist(dual, 2), [[1, 3], [0, 1]])
    np.testing.assert_array_equal(fe.rerank(dual, np.array([[-1, 2], [5, 4.0]])), [[3, 1, 2, 0], [0, 1, 2, 3]])
    truth = np.eye(4, dtype=bool)[[3, 1]]
    assert fe.recall(fe.rerank(dual, np.array([[-1, 2], [5, 4.0]])), truth) == 0.5
    assert fe.recall(fe.shortlist(dual, 4), truth, k=2) == 1.0


# --- words


def test_captions_become_numbers_and_back():
    tokens = words.VOCAB.encode(["a red dog, a blue bus and two yellow bananas"], 14)
    assert tokens.shape == (1, 14) and tokens[0, 0] == words.VOCAB.index("<cls>") and (tokens[0, -2:] == PAD).all()
    assert " ".join(words.VOCAB.words(tokens[0])) == "<cls> a red dog , a blue bus and two yellow bananas"
    with pytest.raises(ValueError, match="elephant"):
        words.VOCAB.encode(["a red elephant"])
    with pytest.raises(ValueError, match="room for 3"):
        words.VOCAB.encode(["a red dog and a cat"], 4)
    assert [words.VOCAB[w] for w in words.COLOUR_WORDS[:2]] == ["red", "yellow"]
