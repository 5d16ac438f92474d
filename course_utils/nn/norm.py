"""Normalisation that starts in no time (see :mod:`course_utils.nn.init`)."""

from __future__ import annotations

from flax import nnx

from course_utils.nn import init


class LayerNorm(nnx.LayerNorm):
    """Mean 0 and variance 1 along the last axis, then a learned scale and bias (Ba et al., 2016); float[..., D] → the same."""

    def __init__(self, width: int, *, epsilon: float = 1e-6, rngs: nnx.Rngs):
        super().__init__(width, epsilon=epsilon, scale_init=init.ones, bias_init=init.zeros, rngs=rngs)


class RMSNorm(nnx.RMSNorm):
    """Root mean square 1 along the last axis, then a learned scale (Zhang & Sennrich, 2019); float[..., D] → the same."""

    def __init__(self, width: int, *, epsilon: float = 1e-5, rngs: nnx.Rngs):
        super().__init__(width, epsilon=epsilon, scale_init=init.ones, rngs=rngs)
