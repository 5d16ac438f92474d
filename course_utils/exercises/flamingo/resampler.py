"""One layer of the Perceiver Resampler."""

import functools

import numpy as np

from course_utils.exercises.arrays import normal
from course_utils.exercises.core import Case, Exercise, Picture
from course_utils.exercises.edits import edits
from course_utils.exercises.flamingo.parts import attend, feed_forward, layer_norm, matrix, norm_parameters, thinking_parameters
from course_utils.exercises.judges import Output, judge_outputs, of_output
from course_utils.nn import perceiver


def cases(seed: int) -> list[Case]:
    """Pictures of different sizes, and latents that differ from picture to picture, as those of a second layer do."""
    rng = np.random.default_rng([seed, 601])
    found = []
    for pictures, patches, latents, d, heads in [(2, 6, 3, 6, 2), (1, 4, 5, 6, 3), (3, 9, 2, 8, 4)]:
        params = {
            "norm_media": norm_parameters(rng, d),
            "norm_latents": norm_parameters(rng, d),
            "W_q": matrix(rng, d, d, 1.5),
            "W_kv": matrix(rng, d, 2 * d, 1.5),
            "W_o": matrix(rng, d, d),
            "think": thinking_parameters(rng, d),
        }
        args = (params, normal(rng, pictures, latents, d), 2 * normal(rng, pictures, patches, d), heads)
        found.append(Case(args, f"{pictures} pictures of N = {patches} patches, M = {latents} latents, D = {d}, heads = {heads}"))
    return found


def resampler_layer(params, latents, media, heads):
    """The latents after one layer, float[B, M, D], and where they looked, float[B, H, M, N + M]."""
    z = layer_norm(params["norm_latents"], latents)
    media = layer_norm(params["norm_media"], media)
    seen = np.concatenate([media, z], 1)
    k, v = np.split(seen @ params["W_kv"], 2, -1)
    q = z @ params["W_q"]
    y, weights = attend(q, k, v, heads)
    latents = latents + y @ params["W_o"]
    return latents + feed_forward(params["think"], latents), weights


LOOK_MISTAKES = edits(
    resampler_layer,
    (
        "features-only",
        "The latents look at the features alone, not at themselves: keys and values are of both, side by side.",
        "[media, z]",
        "[media]",
    ),
    ("latents-first", "The latents stand before the features. Put the features first: N + M places.", "[media, z]", "[z, media]"),
    ("latents-only", "The latents look at themselves alone: where are the features?", "[media, z]", "[z]"),
    (
        "raw-latents",
        "Keys and values of the latents are made of the latents as they came. Normalise them first, as the queries'.",
        "[media, z]",
        "[media, latents]",
    ),
    ("raw-media", "The features are not normalised: `norm_media`.", 'layer_norm(params["norm_media"], media)', "media"),
    ("raw-queries", "The queries are made of the latents as they came. Normalise first: `norm_latents`.", "q = z @", "q = latents @"),
    ("one-norm", "Features and latents have a normalisation each: `norm_media` and `norm_latents`.", '"norm_media"', '"norm_latents"'),
    (
        "norms-exchanged",
        "`norm_media` and `norm_latents` are exchanged.",
        "norm_media",
        "§",
        "norm_latents",
        "norm_media",
        "§",
        "norm_latents",
    ),
    ("values-first", "The first D columns of W_kv make the keys, the others the values.", "k, v =", "v, k ="),
    ("one-head", "There is one head over the whole width: pass `heads` on.", "k, v, heads", "k, v, 1"),
)
THINK_MISTAKES = edits(
    resampler_layer,
    ("not-added", "You return what the latents saw in the place of the latents: add it to them.", "latents = latents + y", "latents = y"),
    ("normalised-residual", "You add to the normalised latents. Add to them as they came.", "latents = latents + y", "latents = z + y"),
    ("no-output-matrix", "W_o is missing.", ' @ params["W_o"]', ""),
    (
        "no-thinking",
        "The feed-forward is missing: the latents look, *then think*.",
        'latents + feed_forward(params["think"], latents)',
        "latents",
    ),
    ("thinking-not-added", "The feed-forward is added to the latents, not put in their place.", "latents + feed_forward", "feed_forward"),
    (
        "thinks-before-looking",
        "The feed-forward reads the latents from before they looked. It reads them after.",
        'feed_forward(params["think"], latents)',
        'feed_forward(params["think"], latents - y @ params["W_o"])',
    ),
    (
        "normalised-twice",
        "You normalise before the feed-forward, which does so by itself.",
        '["think"], latents)',
        '["think"], layer_norm(params["norm_latents"], latents))',
    ),
    (
        "thinks-of-what-was-seen",
        "The feed-forward reads what was seen. It reads the latents with it.",
        'feed_forward(params["think"], latents)',
        'feed_forward(params["think"], y @ params["W_o"])',
    ),
)


def _picture(expected: np.ndarray, got: np.ndarray) -> Picture:
    return Picture("map", expected[0, 0], got[0, 0], "latent (first head)", "features, then latents")


OUTPUTS = [
    Output(
        "weights",
        1,
        0.5,
        "where each latent looked, shape (B, H, M, N + M)",
        of_output(1, LOOK_MISTAKES),
        picture=_picture,
        remark="The weights differ. What are queries made of, what keys, and what is normalised before?",
    ),
    Output(
        "latents",
        0,
        0.5,
        "the latents after the layer, shape (B, M, D)",
        of_output(0, THINK_MISTAKES),
        remark="The latents look where they should; what becomes of it is not right: W_o, the sum, the feed-forward, the sum.",
    ),
]
judge = functools.partial(judge_outputs, reference=resampler_layer, outputs=OUTPUTS)
EXERCISE = Exercise("06.1", "resampler_layer", 4, perceiver.resampler_layer, cases, judge, compiled=True)
