"""Notebook 01's models: fusion functions that contain each other, published weights, looks, losses that fall."""

import itertools
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from shared import CLOSE, normal, run

from course_utils import training
from course_utils.models import fusion
from course_utils.models.fusion import encoders, pooling, stacked, vqa
from course_utils.nn import published
from course_utils.nn.pixels import overlapping_windows
from course_utils.text import PAD
from course_utils.world import questions as Q
from course_utils.world import render

SIZES = {"d_v": 5, "d_h": 7, "d_out": 3}


def parameters(name, seed=0, **sizes):
    sizes = SIZES | {"width": 4, "rank": 2} | sizes
    return {k: normal(*shape, seed=seed + i) for i, (k, shape) in enumerate(pooling.shapes(name, **sizes).items())}


def same_sizes(name):
    return {"d_v": 7} if name == "product" else {}


# --- pooling


def test_mutan_equals_the_published_one():
    file = np.load(Path(__file__).parent / "parity/fusion_mutan.npz")
    weights = {key[2:]: file[key] for key in file if key.startswith("w:")}
    model = fusion.Pooling("mutan", 12, 10, 5, width=6, rank=3, rngs=nnx.Rngs(0))
    published.load(model, weights, pooling.mutan_names(rank=3))
    with jax.default_matmul_precision("highest"):
        y, _ = model(jnp.asarray(file["v"]), jnp.asarray(file["q"]))
    assert np.abs(y - file["output"]).max() < 1e-5 * np.abs(file["output"]).max()


@pytest.mark.parametrize("name", fusion.POOLINGS)
def test_shapes_and_the_number_of_parameters(name):
    sizes = SIZES | same_sizes(name)
    model = fusion.Pooling(name, *sizes.values(), width=4, rank=2, rngs=nnx.Rngs(0))
    y, aux = model(normal(2, 11, sizes["d_v"]), normal(2, 11, 7))
    assert y.shape == (2, 11, 3) and aux == {}
    learnt = sum(leaf.size for leaf in jax.tree.leaves(nnx.state(model, nnx.Param)))
    assert learnt == fusion.parameter_count(name, **sizes, width=4, rank=2)
    params = {key: getattr(model, key)[...] for key in model.names}
    np.testing.assert_allclose(pooling.POOLINGS[name](params, normal(3, sizes["d_v"]), normal(3, 7)).shape, (3, 3))


@pytest.mark.parametrize("name", fusion.POOLINGS)
def test_what_goes_in_at_unit_size_comes_out_of_a_similar_size(name):
    model = fusion.Pooling(name, 61, 61, 53, width=47, rank=5, rngs=nnx.Rngs(0))
    y, _ = model(normal(101, 61), normal(101, 61, seed=1))
    assert 0.3 < np.asarray(y).std() < 1.7


def bilinear(params, v, h):
    """By loops."""
    t, b = params["T"], params["b"]
    return np.array([[v[n] @ t[:, :, k] @ h[n] + b[k] for k in range(t.shape[2])] for n in range(len(v))])


def test_bilinear_by_hand():
    params, v, h = parameters("bilinear"), normal(11, 5), normal(11, 7, seed=9)
    np.testing.assert_allclose(pooling.bilinear_pooling(params, v, h), bilinear(params, v, h), **CLOSE)
    assert fusion.parameter_count("bilinear", 2048, 2400, 3000) == 2048 * 2400 * 3000 + 3000


def test_tucker_is_a_bilinear_form_whose_tensor_is_factored():
    params, v, h = parameters("tucker"), normal(11, 5), normal(11, 7, seed=9)
    tensor = np.einsum("ia,jb,abc,ck->ijk", *(params[name] for name in "UVCP"))
    full = bilinear({"T": tensor, "b": params["b"]}, v, h)
    np.testing.assert_allclose(pooling.tucker_pooling(params, v, h), full, rtol=1e-4, atol=1e-4)


def test_mutan_is_tucker_with_a_core_of_rank_r():
    params, v, h = parameters("mutan", rank=3), normal(11, 5), normal(11, 7, seed=9)
    params |= {key: np.zeros_like(params[key]) for key in ("b_U", "b_V", "b_M", "b_N")}
    core = np.einsum("irk,jrk->ijk", params["M"], params["N"])
    assert max(np.linalg.matrix_rank(core[:, :, k]) for k in range(4)) == 3
    expected = pooling.tucker_pooling({**{key: params[key] for key in "UVPb"}, "C": core}, v, h)
    np.testing.assert_allclose(pooling.mutan_pooling(params, v, h), expected, rtol=1e-4, atol=1e-4)


def test_where_tanh_is_almost_straight_mlb_is_a_bilinear_form_of_low_rank():
    """T = U ∘ V ∘ P."""
    params, v, h = parameters("mlb"), normal(11, 5), normal(11, 7, seed=9)
    tensor = np.einsum("id,jd,dk->ijk", *(params[name] for name in "UVP"))
    small = pooling.mlb_pooling(params, 1e-2 * v, 1e-2 * h) - params["b"]
    np.testing.assert_allclose(1e4 * small, bilinear({"T": tensor, "b": 0 * params["b"]}, v, h), rtol=2e-2, atol=2e-2)


def test_concatenation_cannot_make_question_and_picture_interact_and_the_others_can():
    """A mixed second difference is 0 exactly for functions of the form f(v) + g(h)."""
    for name in fusion.POOLINGS:
        params = parameters(name, **same_sizes(name))
        d_v = 7 if name == "product" else 5
        v, dv, h, dh = normal(11, d_v), normal(11, d_v, seed=1), normal(11, 7, seed=2), normal(11, 7, seed=3)
        f = pooling.POOLINGS[name]
        mixed = f(params, v + dv, h + dh) - f(params, v + dv, h) - f(params, v, h + dh) + f(params, v, h)
        assert (np.abs(mixed).max() < 1e-4) == (name == "concat"), name


def test_budgets():
    for name, rank, budget in itertools.product(("concat-mlp", "tucker", "mlb", "mutan"), (1, 3), (997, 3001)):
        width = fusion.widest(name, 24, 24, 12, budget, rank)
        count = fusion.parameter_count(name, 24, 24, 12, width, rank)
        assert count <= budget < fusion.parameter_count(name, 24, 24, 12, width + 1, rank)
    with pytest.raises(ValueError, match="no inner width: it has 6,924 parameters"):
        fusion.widest("bilinear", 24, 24, 12, 3000)
    with pytest.raises(ValueError, match="61 parameters at a width of 1; the budget is 60"):
        fusion.widest("concat-mlp", 24, 24, 6, 60)


def test_pooling_errors_say_what_to_do():
    with pytest.raises(ValueError, match="no pooling 'sum'. Choose from: concat,"):
        pooling.shapes("sum", 5, 7, 3)
    with pytest.raises(ValueError, match="one length, not 5 and 7"):
        pooling.shapes("product", 5, 7, 3)
    with pytest.raises(ValueError, match="mlb has an inner width"):
        pooling.shapes("mlb", 5, 7, 3)
    with pytest.raises(ValueError, match="rank of at least 1"):
        pooling.shapes("mutan", 5, 7, 3, width=2)


def test_a_learners_function_takes_the_place_of_ours():
    def mine(params, v, h):
        return jnp.tanh(v @ params["U"]) * jnp.tanh(h @ params["V"]) @ params["P"] + params["b"] + 1

    args = ("mlb", *SIZES.values())
    ours, theirs = (fusion.Pooling(*args, width=4, function=f, rngs=nnx.Rngs(0)) for f in (None, mine))
    v, h = normal(2, 5), normal(2, 7)
    np.testing.assert_allclose(theirs(v, h)[0], ours(v, h)[0] + 1, **CLOSE)


# --- stacked attention


def test_an_additive_hop_by_hand():
    params = {"W_I": normal(6, 5), "W_Q": normal(6, 5, seed=1), "b": normal(5, seed=2), "w": normal(5, seed=3)}
    grid, u = normal(2, 7, 6, seed=4), normal(2, 6, seed=5)
    got, p = stacked.additive_hop(params, grid, u)
    for b in range(2):
        seen = [np.tanh(params["W_I"].T @ v + params["W_Q"].T @ u[b] + params["b"]) for v in grid[b]]
        scores = np.array(seen) @ params["w"]
        expected = np.exp(scores) / np.exp(scores).sum()
        np.testing.assert_allclose(p[b], expected, **CLOSE)
        np.testing.assert_allclose(got[b], u[b] + expected @ grid[b], **CLOSE)


@pytest.mark.parametrize(("score", "hops"), [*itertools.product(fusion.HOPS, (1, 3))])
def test_maps_add_up_and_follow_the_places(score, hops):
    model = fusion.StackedAttention(6, 5, hops=hops, score=score, rngs=nnx.Rngs(0))
    grid, question, order = normal(2, 7, 6), normal(2, 6, seed=1), np.random.default_rng(2).permutation(7)
    u, aux = model(grid, question)
    assert u.shape == (2, 6) and aux["maps"].shape == (2, hops, 7)
    np.testing.assert_allclose(aux["maps"].sum(-1), np.ones((2, hops)), rtol=1e-5)
    moved, aux_moved = model(grid[:, order], question)
    np.testing.assert_allclose(moved, u, **CLOSE)
    np.testing.assert_allclose(aux_moved["maps"], np.asarray(aux["maps"])[..., order], **CLOSE)
    with pytest.raises(ValueError, match="at least once"):
        fusion.StackedAttention(6, 5, hops=0, rngs=nnx.Rngs(0))
    with pytest.raises(ValueError, match="Choose from: additive, dot-product"):
        fusion.StackedAttention(6, 5, score="cosine", rngs=nnx.Rngs(0))


# --- encoders


@pytest.mark.parametrize(("stride", "side"), [(2, 6), (2, 10), (4, 12)])
def test_windows_times_a_matrix_are_a_convolution(stride, side):
    x, kernel = normal(2, side, side, 3), normal(2 * stride, 2 * stride, 3, 5, seed=1)
    quarters = kernel.reshape(2, stride, 2, stride, 3, 5).transpose(0, 2, 1, 3, 4, 5).reshape(-1, 5)
    expected = jax.lax.conv_general_dilated(
        x, kernel, (stride, stride), [(stride // 2, stride // 2)] * 2, dimension_numbers=("NHWC", "HWIO", "NHWC")
    )
    np.testing.assert_allclose(overlapping_windows(x, stride) @ quarters, expected, rtol=1e-4, atol=1e-4)


def image_of(config, n=2, seed=0):
    rng = np.random.default_rng(seed)
    if isinstance(config, fusion.FeatureConfig):
        return rng.normal(size=(n, config.tokens, config.features)).astype(np.float32)
    return rng.integers(0, 256, (n, config.side, config.side, 3), np.uint8)


TINY = [fusion.PatchGridConfig.tiny(), fusion.PatchGridConfig.tiny(depth=1), fusion.WindowGridConfig.tiny(), fusion.FeatureConfig.tiny()]


@pytest.mark.parametrize("config", TINY, ids=["patches", "vit", "cnn", "features"])
def test_grids(config):
    tower = encoders.build(config, rngs=nnx.Rngs(0))
    assert nnx.eval_shape(tower, image_of(config))[0].shape == (2, config.tokens, config.width)


def test_without_blocks_a_patch_reaches_its_own_place_and_with_them_all():
    for depth in (0, 1):
        config = fusion.PatchGridConfig.tiny(depth)
        tower, image = encoders.build(config, rngs=nnx.Rngs(0)), image_of(config)
        changed = image.copy()
        changed[:, 3:6, 6:9] = 255 - changed[:, 3:6, 6:9]  # row 1, column 2
        reached = np.abs(np.asarray(run(tower, changed)[0] - run(tower, image)[0])).max((0, 2)) > 1e-5
        np.testing.assert_array_equal(reached, np.ones(9, bool) if depth else np.arange(9) == 5)


@pytest.mark.parametrize("config", [fusion.LSTMConfig.tiny(), fusion.TransformerConfig.tiny()], ids=["lstm", "transformer"])
def test_padding_does_not_change_a_question_and_order_does(config):
    reader = encoders.build(config, rngs=nnx.Rngs(0))
    asked = Q.read(["is there a dog?", "what is above the blue thing?"])
    h, aux = run(reader, asked.tokens(7))
    assert h.shape == (2, 6) and aux["states"].shape == (2, 7, 6)
    np.testing.assert_allclose(run(reader, asked.tokens(13))[0], h, **CLOSE)
    assert np.abs(np.asarray(run(reader, asked.tokens(7)[:, [1, 0, 2, 3, 4, 5, 6]])[0] - h)).max() > 1e-4


def test_the_longest_question_fits():
    assert Q.all_questions().tokens(Q.LONGEST).shape[1] == Q.LONGEST
    with pytest.raises(ValueError, match="has 14 tokens"):
        Q.all_questions().tokens(Q.LONGEST - 1)


def test_encoder_errors_say_what_to_do():
    with pytest.raises(ValueError, match="5 px do not fill 64 px"):
        encoders.build(fusion.PatchGridConfig(patch=5), rngs=nnx.Rngs(0))
    with pytest.raises(ValueError, match="stride of 4 does not fit 6 px"):
        encoders.build(fusion.WindowGridConfig(side=12, strides=(2, 4)), rngs=nnx.Rngs(0))
    with pytest.raises(ValueError, match="2 strides, 1 widths"):
        encoders.build(fusion.WindowGridConfig(widths=(8,)), rngs=nnx.Rngs(0))


# --- models

IMAGES, QUESTIONS = ("patches", "cnn", "features", "blind"), ("lstm", "transformer")


def batch_for(config, n=11, seed=0):
    rng = np.random.default_rng(seed)
    asked = Q.all_questions()[rng.integers(len(Q.all_questions()), size=n)]
    answer = rng.integers(len(Q.ANSWERS), size=n).astype(np.int32)
    batch = {"tokens": asked.tokens(14), "answer": answer, "targets": np.eye(len(Q.ANSWERS), dtype=np.float32)[answer]}
    return batch | ({} if config.image is None else {"image": image_of(config.image, n, seed)})


@pytest.mark.parametrize(
    ("image", "question", "fused"),
    [
        *((i, q, "san") for i in IMAGES for q in QUESTIONS[:1]),
        ("vit", "transformer", "mlb"),
        *(("features", "lstm", name) for name in fusion.POOLINGS),
    ],
)
def test_every_part_fits_every_other_and_a_picture_matters_to_those_who_see(image, question, fused):
    config = fusion.VQAConfig.tiny(image, question, fused)
    batch, model = batch_for(config), fusion.VQAClassifier(config, rngs=nnx.Rngs(0))
    logits, aux = run(model, vqa.pictures(batch), batch["tokens"])
    assert logits.shape == (11, len(Q.ANSWERS)) and aux["fused"].shape == aux["question"].shape == (11, 6)
    if config.image is None:
        assert "grid" not in aux and np.array_equal(run(model, None, batch["tokens"])[0], logits)
        return
    assert aux["grid"].shape == (11, config.image.tokens, 6)
    other, _ = run(model, image_of(config.image, 11, seed=1), batch["tokens"])
    assert np.abs(np.asarray(other - logits)).max() > 1e-4
    assert fused != "san" or aux["maps"].shape == (11, 2, config.image.tokens)


def test_a_blind_model_is_the_same_without_eyes():
    config = fusion.VQAConfig.tiny("cnn", "lstm", "san")
    assert config.blind() == fusion.VQAConfig.tiny("blind", "lstm", "san") and config.blind().image is None
    blind = fusion.VQAGenerator(config.blind(), rngs=nnx.Rngs(0))
    assert not [path for path, _ in nnx.to_flat_state(nnx.state(blind, nnx.Param)) if "image" in path or "fuse" in path]


def test_model_errors_say_what_to_do():
    def build(**changes):
        return fusion.VQAClassifier(fusion.VQAConfig(**changes), rngs=nnx.Rngs(0))

    with pytest.raises(ValueError, match="one width, not 64 and 32"):
        build(question=fusion.LSTMConfig(width=32), fusion=fusion.StackConfig())
    with pytest.raises(ValueError, match="no vector 'max'. Choose from: flatten, mean"):
        build(fusion=fusion.PoolingConfig(vector="max"))


def test_every_answer_is_one_token():
    assert [Q.VOCAB[token] for token in fusion.ANSWER_TOKENS] == list(Q.ANSWERS)
    assert fusion.TOKEN_ANSWERS[fusion.ANSWER_TOKENS].tolist() == list(range(len(Q.ANSWERS)))
    assert fusion.TOKEN_ANSWERS[Q.VOCAB.index("the")] == fusion.TOKEN_ANSWERS[PAD] == -1


def test_a_generator_does_not_see_the_word_that_it_is_to_write():
    decoder = vqa.AnswerDecoder(6, words=13, length=4, depth=2, heads=2, rngs=nnx.Rngs(0))
    fused, answer = normal(2, 6), np.array([[1, 2, 3, 4], [5, 6, 7, 8]])
    before = np.asarray(run(decoder, fused, answer)[0])
    assert before.shape == (2, 4, 13)
    for t in range(4):
        changed = answer.copy()
        changed[:, t] = 11
        reached = np.abs(np.asarray(run(decoder, fused, changed)[0]) - before).max((0, 2)) > 1e-5
        np.testing.assert_array_equal(reached, np.arange(4) > t)
    assert (np.abs(np.asarray(run(decoder, fused + normal(2, 6, seed=1), answer)[0]) - before).max((0, 2)) > 1e-5).all()


def test_three_ways_to_give_a_picture():
    drawn = Q.pairs(np.random.default_rng(0), 3)
    images = render.render(drawn.a, 64)
    assert vqa.pictures({"image": images}) is images and vqa.pictures({"tokens": 0}) is None
    chosen = vqa.pictures({"pictures": images, "row": np.array([2, 0])})
    np.testing.assert_array_equal(chosen, np.asarray(images)[[2, 0]])
    made = vqa.pictures({"tiles": render.tiles(64), **render.stamps(drawn.a, 64)})
    np.testing.assert_array_equal(made, images)


@pytest.mark.parametrize(
    ("head", "loss", "config"),
    [
        (fusion.VQAClassifier, fusion.sigmoid_loss, ("cnn", "lstm", "mlb")),
        (fusion.VQAClassifier, fusion.softmax_loss, ("vit", "transformer", "san")),
        (fusion.VQAGenerator, fusion.writing_loss, ("features", "lstm", "mutan")),
        (fusion.VQAClassifier, fusion.softmax_loss, ("blind", "lstm", "mlb")),
    ],
    ids=["sigmoid", "softmax", "writing", "blind"],
)
def test_losses_start_at_guessing_and_fall(head, loss, config):
    config = fusion.VQAConfig.tiny(*config)
    batch, model = batch_for(config, n=13), head(config, rngs=nnx.Rngs(0))
    history = training.fit(model, loss, lambda rng: batch, steps=60, learning_rate=0.03, chunk=60, progress=False)
    guess = np.log(len(Q.VOCAB) if head is fusion.VQAGenerator else len(Q.ANSWERS))
    if loss is fusion.sigmoid_loss:  # K answers at 1 / K: each costs about 1 / K, and log K where it is right
        guess = 1 + batch["targets"].sum(1).mean() * guess
    assert abs(history.loss[0] / guess - 1) < 0.3
    assert history.loss[-1] < 0.5 * history.loss[0]
    assert history.metrics["accuracy"][-1] > history.metrics["accuracy"][0]


def test_under_a_sigmoid_answers_start_rare_and_a_softmax_does_not_feel_it():
    config = fusion.VQAConfig.tiny("features", "lstm", "mlb")
    batch, model = batch_for(config, n=101), fusion.VQAClassifier(config, rngs=nnx.Rngs(0))
    k = len(Q.ANSWERS)
    logits, _ = run(model, batch["image"], batch["tokens"])
    p = np.asarray(jax.nn.sigmoid(logits))
    assert 0.8 < k * p.mean() < 1.25 and 0.5 < k * np.percentile(p, 5) and k * np.percentile(p, 95) < 2
    model.classify.bias[...] = jnp.zeros(k)
    without, _ = run(model, batch["image"], batch["tokens"])
    assert np.asarray(jax.nn.sigmoid(without)).mean() > 0.3, "half of all answers at once, without the bias"
    np.testing.assert_allclose(jax.nn.softmax(logits), jax.nn.softmax(without), rtol=1e-4)
