"""Where OpenFlamingo's published weights go (the names are those of its ``helpers``)."""

from __future__ import annotations

from course_utils.nn.names import norm
from course_utils.nn.published import Names, same, transpose


def resampler_names(depth: int) -> Names:
    """For :func:`course_utils.nn.published.load` into a :class:`PerceiverResampler` of ``depth`` layers with frames."""
    names = {"latents": ("latents", same), "frame_embs": ("frames", same), **norm("norm", "norm")}
    for k in range(depth):
        theirs, ours = f"layers.{k}.0", f"layers.{k}"
        names |= norm(f"{theirs}.norm_media", f"{ours}.norm_media") | norm(f"{theirs}.norm_latents", f"{ours}.norm_latents")
        names |= _attention(theirs, ours) | _feed_forward(f"layers.{k}.1", f"{ours}.think")
    return names


def gated_names() -> Names:
    """For :func:`course_utils.nn.published.load` into a :class:`GatedCrossAttention`."""
    return {
        "attn_gate": ("alpha", same),
        "ff_gate": ("beta", same),
        **norm("attn.norm", "norm"),
        **_attention("attn", ""),
        **_feed_forward("ff", "think"),
    }


def _attention(theirs: str, ours: str) -> dict:
    ours = f"{ours}." if ours else ""
    parts = {"to_q": "query", "to_kv": "key_value", "to_out": "out"}
    return {f"{theirs}.{name}.weight": (f"{ours}{part}.kernel", transpose) for name, part in parts.items()}


def _feed_forward(theirs: str, ours: str) -> dict:
    linear = {f"{theirs}.1.weight": (f"{ours}.up.kernel", transpose), f"{theirs}.3.weight": (f"{ours}.down.kernel", transpose)}
    return norm(f"{theirs}.0", f"{ours}.norm") | linear
