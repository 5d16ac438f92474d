"""Notebook 03's models: published CLIP to the last digits, towers that do not know of each other, pictures that vary."""

import dataclasses
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from shared import normal, run

from course_utils import losses, training
from course_utils.models import dual_encoder as D
from course_utils.models.dual_encoder import clip, towers
from course_utils.nn import pixels, published, vit
from course_utils.nn.vit import ViTConfig
from course_utils.text import split_lower
from course_utils.world import emoji
from course_utils.world.recolour import recolour
from course_utils.world.things import RGB

CLIP_FILE = np.load(Path(__file__).parent / "parity/clip.npz")
IMAGE = ViTConfig(side=12, patch=4, width=18, depth=3, heads=3, hidden=24)
TEXT = clip.TextConfig(words=50, length=10, width=16, depth=2, heads=2, hidden=32, eos=49)


def agree(got, expected):
    assert got.shape == expected.shape
    assert np.abs(got - expected).max() <= 1e-5 * np.abs(expected).max()


# --- published CLIP


@pytest.fixture(scope="module")
def ran():
    weights = {key[2:]: CLIP_FILE[key] for key in CLIP_FILE if key.startswith("w:")}
    sizes = {
        "vision": len([k for k in weights if k.startswith("vision_model") and k.endswith("q_proj.weight")]),
        "text": len([k for k in weights if k.startswith("text_model") and k.endswith("q_proj.weight")]),
    }
    image, text = dataclasses.replace(IMAGE, depth=sizes["vision"]), dataclasses.replace(TEXT, depth=sizes["text"])
    model = clip.CLIP(image, text, 8, rngs=nnx.Rngs(0))
    published.load(model, weights, clip.names(image, text))
    pixels = CLIP_FILE["pixel_values"].transpose(0, 2, 3, 1)
    with jax.default_matmul_precision("highest"):
        logits, aux = run(model, pixels, CLIP_FILE["input_ids"].astype(np.int32), CLIP_FILE["attention_mask"] > 0)
    return model, logits, aux


def test_both_towers_equal_the_published_ones(ran):
    _, logits, aux = ran
    agree(aux["vision"]["tokens"], CLIP_FILE["vision_last_hidden_state"])
    agree(aux["vision"]["states"][-2], CLIP_FILE["vision_penultimate"])
    read = CLIP_FILE["attention_mask"] > 0  # what stands at padding is read by nobody, and not compared
    agree(aux["reading"]["tokens"][read], CLIP_FILE["text_last_hidden_state"][read])
    agree(aux["image"], CLIP_FILE["image_embeds"])
    agree(aux["text"], CLIP_FILE["text_embeds"])
    agree(logits, CLIP_FILE["logits_per_image"])


def test_the_loss_equals_the_published_one(ran):
    model, _, aux = ran
    with jax.default_matmul_precision("highest"):
        loss = losses.info_nce(7 * aux["image"], 0.3 * aux["text"], model.log_scale[...])
    agree(np.asarray(loss), CLIP_FILE["loss"])


def test_what_follows_the_end_of_a_text_does_not_change_it():
    config = clip.TextConfig.tiny()
    model = clip.TextTransformer(config, rngs=nnx.Rngs(0))
    tokens = np.array([[5, 7, 3, 1, 1], [4, 3, 9, 9, 2]], np.int32)
    other = np.array([[5, 7, 3, 8, 2], [4, 3, 3, 5, 7]], np.int32)
    for a, b in ((tokens, other), (tokens, tokens[:, ::-1])):
        same = np.allclose(run(model, a)[0], run(model, b)[0], atol=1e-6)
        assert same == (b is other)


# --- the vision transformer


def test_patches_are_squares_row_by_row():
    image = np.arange(2 * 6 * 9 * 3).reshape(2, 6, 9, 3)
    patches = pixels.patchify(image, 3)
    assert patches.shape == (2, 6, 27)
    np.testing.assert_array_equal(patches[1, 4], image[1, 3:6, 3:6].ravel())
    with pytest.raises(ValueError, match="Patches of 4 px do not fill a picture of 6 × 9 px"):
        pixels.patchify(image, 4)


def test_without_positions_the_order_of_patches_is_lost():
    config = ViTConfig.tiny()
    model = vit.VisionTransformer(config, rngs=nnx.Rngs(0))
    image = normal(5, 9, 9, 3)
    patches = image.reshape(5, 3, 3, 9, 3)[:, ::-1].reshape(5, 9, 9, 3)  # rows of patches in another order
    y, aux = run(model, image)
    assert y.shape == (5, 6) and aux["tokens"].shape == (5, 10, 6) and len(aux["states"]) == 3
    assert aux["attention"][0].shape == (5, 2, 10, 10)
    np.testing.assert_allclose(aux["attention"][1].sum(-1), 1, rtol=1e-5)
    assert np.abs(y - run(model, patches)[0]).max() > 1e-3
    model.positions.table[...] = jnp.zeros_like(model.positions.table[...])
    np.testing.assert_allclose(run(model, image)[0], run(model, patches)[0], atol=1e-5)


def test_quick_gelu_is_neither_of_the_other_two():
    x = np.linspace(-3, 3, 7, dtype=np.float32)
    np.testing.assert_allclose(vit.quick_gelu(x), x / (1 + np.exp(-1.702 * x)), rtol=1e-5)
    for approximate in (True, False):
        assert np.abs(vit.quick_gelu(x) - jax.nn.gelu(x, approximate=approximate)).max() > 5e-3


# --- the miniature


CONFIGS = {
    "windows": (D.WindowConfig.tiny(), (5, 8, 8, 3)),
    "ViT": (ViTConfig.tiny(), (5, 9, 9, 3)),
    "places": (D.PlacesConfig.tiny(), (5, 5, 7)),
}
TEXTS = {"bag": D.BagConfig.tiny(), "sentence": D.SentenceConfig.tiny()}
TOKENS = np.array([[2, 3, 4, 0, 0], [4, 3, 2, 0, 0], [5, 6, 7, 8, 9], [2, 0, 0, 0, 0], [1, 2, 0, 0, 0]], np.int32)


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("image", CONFIGS)
def test_each_tower_sees_its_own_input_only(image, text):
    config, shape = CONFIGS[image]
    model = D.DualEncoder(D.DualConfig(config, TEXTS[text], width=3), rngs=nnx.Rngs(0))
    x = np.random.default_rng(0).random(shape, np.float32)
    logits, aux = run(model, x, TOKENS[:4])
    assert logits.shape == (5, 4) and aux["image"].shape == (5, 3) and aux["text"].shape == (4, 3)
    other, tokens = x.copy(), TOKENS[:4].copy()  # copies: JAX may read an array of NumPy's after the call has returned
    other[2], tokens[1, 0] = 1 - x[2], 9
    again, aux_again = run(model, other, tokens)

    def moved(name):  # which vectors are others; two runs of one program differ by rounding at most
        return np.flatnonzero(np.abs(aux_again[name] - aux[name]).max(1) > 1e-5).tolist()

    assert moved("image") == [2] and moved("text") == [1]
    kept = np.ix_([0, 1, 3, 4], [0, 2, 3])
    np.testing.assert_allclose(again[kept], logits[kept], atol=1e-4)  # scale 14: cosines to 1e-5


def test_a_bag_has_no_order_and_passes_over_what_it_never_met():
    for name, config in TEXTS.items():
        model = D.DualEncoder(D.DualConfig(D.WindowConfig.tiny(), config, width=3), rngs=nnx.Rngs(0))
        vectors = np.asarray(run(model.text, TOKENS)[0])
        assert (np.abs(vectors[0] - vectors[1]).max() < 1e-6) == (name == "bag")
        assert (np.abs(vectors[3] - vectors[4]).max() < 1e-6) == (name == "bag")
        padded = np.asarray(run(model.text, TOKENS[:, :4])[0])
        np.testing.assert_allclose(vectors[[0, 1, 3]], padded[[0, 1, 3]], atol=1e-6)


def test_a_window_tower_refuses_what_does_not_fit():
    for stride in (3, 6):
        with pytest.raises(ValueError, match="does not fit 8 px"):
            towers.WindowTower(D.WindowConfig(side=8, stride=stride), 3, rngs=nnx.Rngs(0))


@pytest.mark.parametrize("loss, biased", [(D.contrastive_loss, False), (D.pairwise_loss, True)])
def test_pairs_can_be_learnt_by_heart(loss, biased):
    model = D.DualEncoder(D.DualConfig(D.WindowConfig.tiny(), D.BagConfig.tiny(), 5, biased), rngs=nnx.Rngs(0))
    image, tokens = np.random.default_rng(0).random((7, 8, 8, 3), np.float32), np.arange(2, 9, dtype=np.int32)[:, None]
    batch = {"image": image, "tokens": tokens}
    history = training.fit(model, loss, lambda rng: batch, steps=150, learning_rate=0.03, progress=False)
    assert history.loss[-1] < 0.2 * history.loss[0]
    found = training.predict(model, D.image_vectors, {"image": image}) @ training.predict(model, D.text_vectors, {"tokens": tokens}).T
    np.testing.assert_array_equal(found.argmax(1), np.arange(7))
    assert "scale" in history.metrics and ("bias" in history.metrics) == biased


def test_a_learners_loss_takes_the_place_of_ours():
    model = D.DualEncoder(D.DualConfig.tiny(), loss=lambda image, text, log_scale: jnp.sum(image) * 0 + 7.0, rngs=nnx.Rngs(0))
    loss, _ = D.contrastive_loss(model, {"image": np.zeros((2, 8, 8, 3), np.float32), "tokens": TOKENS[:2]})
    assert float(loss) == 7.0


# --- words


def test_words_become_tokens_and_unknown_words_are_said():
    texts = ["Dog face", "a picture of a DOG!", "zyzzyva", ""]
    tokens = D.words.vocabulary().encode(texts, 5)
    assert tokens.shape == (4, 5) and tokens.dtype == np.int32
    dog, face = map(D.words.vocabulary().index, ("dog", "face"))
    assert tokens[0].tolist() == [dog, face, 0, 0, 0] and tokens[1, 4] == dog
    assert tokens[2].tolist() == [D.words.UNKNOWN, 0, 0, 0, 0] and not tokens[3].any()
    assert D.words.vocabulary().unknown("a zyzzyva and a Quokka") == ["zyzzyva", "quokka"]


def test_no_word_of_a_held_out_concept_alone_is_in_the_vocabulary():
    known = emoji.load()
    taught = {w for k in np.flatnonzero(known.train_concepts) for p in D.words.phrases(k) for w in split_lower(p)}
    taught |= {w for t in D.words.TEMPLATES for w in split_lower(t.format(""))}
    assert D.words.vocabulary()[:2] == ("<pad>", "<unknown>") and set(D.words.vocabulary()[2:]) == taught
    new = [k for k in np.flatnonzero(known.test_concepts) if D.words.vocabulary().unknown(known.names["en"][k])]
    assert len(new) > 20


# --- pictures


def test_without_variation_a_picture_is_the_artwork_on_white():
    rows = np.array([3, 500, 77])
    drawn = D.pictures.pictures("noto", rows, D.pictures.NONE)
    art = emoji.on_background(emoji.load().pictures("noto")[rows])
    assert drawn.shape == (3, 32, 32, 3) and drawn.dtype == np.uint8
    assert np.abs(drawn.astype(int) - art).max() <= 2


def test_the_same_seed_draws_the_same_and_rows_are_their_own():
    rows = np.arange(5)
    once = D.pictures.pictures("fluent", rows, D.pictures.TEST, seed=3)
    np.testing.assert_array_equal(once, D.pictures.pictures("fluent", rows, D.pictures.TEST, seed=3))
    assert (once != D.pictures.pictures("fluent", rows, D.pictures.TEST, seed=4)).any((1, 2, 3)).all()


def test_a_picture_is_shifted_mirrored_and_scaled_as_its_numbers_say():
    the, rng = D.pictures.atlas(("noto",)), np.random.default_rng(0)
    numbers = D.pictures.numbers(rng, np.array([10, 10, 10]), D.pictures.NONE)
    numbers["horizontal"][1] = (-1, 0)
    numbers["vertical"][2] = (1, 3)
    plain, mirrored, shifted = np.asarray(D.pictures.draw(the, numbers))
    np.testing.assert_allclose(mirrored, plain[:, ::-1], atol=1e-5)
    np.testing.assert_allclose(shifted[3:], plain[:-3], atol=1e-5)
    numbers["vertical"][:], numbers["horizontal"][:] = (0.5, 0), (0.5, 0)
    small = np.asarray(D.pictures.draw(the, numbers))[0]
    assert abs(small[8:24, 8:24].mean() - plain.mean()) < 0.01 and small[:6].min() > 0.99


def test_recoloured_pictures_have_one_colour_and_grey_ones_none():
    rows = np.arange(40)
    grey = D.pictures.pictures("twemoji", rows, D.pictures.Variation(grey=1.0)).astype(int)
    assert np.ptp(grey, axis=-1).max() <= 2
    the = D.pictures.atlas(("twemoji",))
    numbers = D.pictures.numbers(np.random.default_rng(1), rows[:3], D.pictures.Variation(recolour=1.0, colours="scene"))
    drawn = 255 * np.asarray(D.pictures.draw(the, numbers))
    for i in range(3):
        art = emoji.load().pictures("twemoji")[i]
        nearest = min(np.abs(emoji.on_background(recolour(art, c)).astype(int) - drawn[i]).max() for c in RGB)
        assert nearest <= 4
