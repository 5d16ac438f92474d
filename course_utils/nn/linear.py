"""Linear layers and embeddings that start in milliseconds (see :mod:`course_utils.nn.init`)."""

from __future__ import annotations

from flax import nnx

from course_utils.nn import init


class Linear(nnx.Linear):
    """``x @ kernel + bias``; float[..., d_in] → float[..., d_out], kernel from ``lecun_normal``."""

    def __init__(self, d_in: int, d_out: int, *, use_bias: bool = True, kernel_init=None, rngs: nnx.Rngs):
        super().__init__(d_in, d_out, use_bias=use_bias, kernel_init=kernel_init or init.lecun_normal(), bias_init=init.zeros, rngs=rngs)
