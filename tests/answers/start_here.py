"""Answers to the exercises of notebook 00, written in different styles: all of RIGHT must pass, each of WRONG must be
told what it got wrong (the diagnosis beside it)."""

import jax
import jax.numpy as jnp
import numpy as np
from einops import einsum


# ---- 00.1 cosine_similarity: right
def with_einsum(queries, gallery):
    q = queries / jnp.maximum(jnp.linalg.norm(queries, axis=1, keepdims=True), 1e-12)
    g = gallery / jnp.maximum(jnp.linalg.norm(gallery, axis=1, keepdims=True), 1e-12)
    return einsum(q, g, "q d, g d -> q g")


def with_loops(queries, gallery):
    table = np.zeros((len(queries), len(gallery)))
    for i, q in enumerate(queries):
        for j, g in enumerate(gallery):
            lengths = np.sqrt((q**2).sum()) * np.sqrt((g**2).sum())
            table[i, j] = q @ g / lengths if lengths > 0 else 0.0
    return table


def with_vmap(queries, gallery):
    def one(q, g):
        lengths = jnp.linalg.norm(q) * jnp.linalg.norm(g)
        return jnp.where(lengths > 0, jnp.vdot(q, g) / jnp.where(lengths > 0, lengths, 1.0), 0.0)

    return jax.vmap(lambda q: jax.vmap(lambda g: one(q, g))(gallery))(queries)


def divided_afterwards(queries, gallery):
    dot = jnp.asarray(queries) @ jnp.asarray(gallery).T
    lengths = jnp.linalg.norm(queries, axis=1)[:, None] * jnp.linalg.norm(gallery, axis=1)[None, :]
    return jnp.nan_to_num(dot / lengths)


def with_small_epsilon(queries, gallery):
    return (queries / (np.linalg.norm(queries, axis=-1, keepdims=True) + 1e-8)) @ (
        gallery / (np.linalg.norm(gallery, axis=-1, keepdims=True) + 1e-8)
    ).T


def in_place(queries, gallery):
    for x in (queries, gallery):
        lengths = np.linalg.norm(x, axis=1, keepdims=True)
        x /= np.where(lengths == 0, 1, lengths)
    return queries @ gallery.T


def as_lists(queries, gallery):
    return with_loops(queries, gallery).tolist()


# ---- 00.1 cosine_similarity: wrong
def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def no_keepdims_one_norm(queries, gallery):
    return queries @ gallery.T / (np.linalg.norm(queries) * np.linalg.norm(gallery))


def zeros_of_the_right_shape(queries, gallery):
    return np.zeros((len(queries), len(gallery)))


def large_epsilon(queries, gallery):
    return (queries / (np.linalg.norm(queries, axis=1, keepdims=True) + 0.1)) @ (
        gallery / (np.linalg.norm(gallery, axis=1, keepdims=True) + 0.1)
    ).T


def forgot_return(queries, gallery):
    unit(queries) @ unit(gallery).T


def forgot_transpose(queries, gallery):
    return unit(queries) @ unit(gallery)


def a_generator(queries, gallery):
    return (q @ g for q in queries for g in gallery)


def untouched(queries, gallery):
    raise NotImplementedError()


RIGHT = {"00.1": [with_einsum, with_loops, with_vmap, divided_afterwards, with_small_epsilon, in_place, as_lists]}

WRONG = {
    "00.1": [
        (lambda q, g: q @ g.T, "not-normalised"),
        (lambda q, g: unit(g) @ unit(q).T, "transposed"),
        (lambda q, g: unit(q) @ g.T, "gallery-not-normalised"),
        (lambda q, g: q @ unit(g).T, "queries-not-normalised"),
        (lambda q, g: unit(q.T).T @ unit(g.T).T.T, "wrong-axis"),
        (no_keepdims_one_norm, "one-length-for-all"),
        (lambda q, g: unit(q) @ unit(g).T, "zero-vector"),
        (lambda q, g: 1.0 - unit(q) @ unit(g).T, "distance"),
        (lambda q, g: jax.nn.softmax(unit(q) @ unit(g).T, axis=-1), "softmax"),
        (lambda q, g: jnp.arccos(jnp.clip(unit(q) @ unit(g).T, -1, 1)), "angle"),
        (lambda q, g: np.abs(with_loops(q, g)), "absolute"),
        (zeros_of_the_right_shape, "values"),
        (large_epsilon, "values"),
        (forgot_return, "returns-nothing"),
        (forgot_transpose, "exception"),
        (a_generator, "exception"),
        (untouched, "empty"),
    ]
}
