"""Where published weights of the parts go that several models have: the names are transformers', without what stands before
them. For :func:`course_utils.nn.published.load`; ``theirs`` and ``ours`` are what stands before, dots included."""

from __future__ import annotations

import numpy as np

from course_utils.nn.published import Names, same, transpose


def norm(theirs: str, ours: str) -> Names:
    """A normalisation with scale and bias."""
    return {f"{theirs}.weight": (f"{ours}.scale", same), f"{theirs}.bias": (f"{ours}.bias", same)}


def clip_blocks(theirs: str, ours: str, depth: int) -> Names:
    """The blocks of one of CLIP's towers, into those of a :class:`course_utils.nn.vit.QuickTransformer`."""
    parts = {f"self_attn.{their}_proj": f"attention.{our}" for their, our in (("q", "query"), ("k", "key"), ("v", "value"), ("out", "out"))}
    found: Names = {}
    for i in range(depth):
        layer, block = f"{theirs}encoder.layers.{i}", f"{ours}transformer.blocks.{i}"
        found |= norm(f"{layer}.layer_norm1", f"{block}.norm_attention") | norm(f"{layer}.layer_norm2", f"{block}.norm_mlp")
        for part, place in (parts | {"mlp.fc1": "mlp.up", "mlp.fc2": "mlp.down"}).items():
            found |= linear(f"{layer}.{part}", f"{block}.{place}")
    return found


def clip_vision(theirs: str, ours: str, depth: int) -> Names:
    """CLIP's vision tower, into a :class:`course_utils.nn.vit.VisionTransformer`."""
    return {
        f"{theirs}embeddings.class_embedding": (f"{ours}class_token", same),
        f"{theirs}embeddings.patch_embedding.weight": (f"{ours}embed.kernel", _filters),
        f"{theirs}embeddings.position_embedding.weight": (f"{ours}positions.table", same),
        **norm(f"{theirs}pre_layrnorm", f"{ours}norm_before"),  # so spelled in the published weights
        **norm(f"{theirs}post_layernorm", f"{ours}norm_after"),
        **clip_blocks(theirs, ours, depth),
    }


def decoder(theirs: str, ours: str, depth: int) -> Names:
    """Llama's decoder, and all that share its form, into a :class:`course_utils.nn.lm.LanguageModel`; a head that is not tied
    goes to ``head.kernel``."""
    parts = {f"self_attn.{their}_proj": f"attention.{our}" for their, our in (("q", "query"), ("k", "key"), ("v", "value"), ("o", "out"))}
    parts |= {f"mlp.{part}_proj": f"mlp.{part}" for part in ("gate", "up", "down")}
    norms = {"input_layernorm": "norm_attention", "post_attention_layernorm": "norm_mlp"}
    found: Names = {f"{theirs}embed_tokens.weight": (f"{ours}embed.embedding", same), f"{theirs}norm.weight": (f"{ours}norm.scale", same)}
    for i in range(depth):
        layer, block = f"{theirs}layers.{i}", f"{ours}blocks.{i}"
        found |= {f"{layer}.{part}.weight": (f"{block}.{place}.kernel", transpose) for part, place in parts.items()}
        found |= {f"{layer}.{part}.weight": (f"{block}.{place}.scale", same) for part, place in norms.items()}
    return found


def linear(theirs: str, ours: str) -> Names:
    """A linear layer with its bias."""
    return {f"{theirs}.weight": (f"{ours}.kernel", transpose), f"{theirs}.bias": (f"{ours}.bias", same)}


def _filters(w: np.ndarray) -> np.ndarray:
    """(D, 3, P, P) → (P² · 3, D), in the order of ``patchify``."""
    return w.transpose(2, 3, 1, 0).reshape(-1, len(w))
