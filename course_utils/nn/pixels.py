"""Pixels as numbers, and pictures in pieces: patches that tile them, windows that overlap."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from einops import rearrange


def normalise(image: jax.Array) -> jax.Array:
    """uint8 in 0..255, or float32 in 0..1 → float32 in -1..1, of the same shape."""
    return image.astype(jnp.float32) / 127.5 - 1 if image.dtype == jnp.uint8 else 2 * image - 1


def patchify(image: jax.Array, patch: int) -> jax.Array:
    """Cuts pictures into squares and lays each out as a row: [B, H, W, C] → [B, N, P² C], patches row by row.

    Within a patch, pixels go row by row and a pixel's channels stay together.

    Raises ValueError if the patch size does not divide height and width.
    """
    height, width = image.shape[1:3]
    if height % patch or width % patch:
        raise ValueError(f"Patches of {patch} px do not fill a picture of {height} × {width} px; choose a divisor of both.")
    return rearrange(image, "b (r p) (c q) k -> b (r c) (p q k)", p=patch, q=patch)


def overlapping_windows(x: jax.Array, stride: int) -> jax.Array:
    """Windows of side 2s, one every s pixels, half a stride of zeros around: [B, H, W, C] → [B, H/s, W/s, 4 s² C].

    In a window stand its four quarters one after the other, each s × s × C. ``stride`` is even.
    """
    half = stride // 2
    x = jnp.pad(x, ((0, 0), (half, half), (half, half), (0, 0)))
    x = rearrange(x, "b (h p) (w q) c -> b h w (p q c)", p=stride, q=stride)  # (B, H/s + 1, W/s + 1, s² C)
    return jnp.concatenate([x[:, :-1, :-1], x[:, :-1, 1:], x[:, 1:, :-1], x[:, 1:, 1:]], -1)
