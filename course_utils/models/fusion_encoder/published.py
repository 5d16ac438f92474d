"""Where VisualBERT's published weights go (the names are those of ``transformers.VisualBertModel``)."""

from __future__ import annotations

from course_utils.nn.published import Names, same, transpose


def visualbert_names(depth: int) -> Names:
    """For :func:`course_utils.nn.published.load` into a :class:`SingleStream` of ``depth`` blocks without boxes."""
    names = {
        "embeddings.word_embeddings.weight": ("tables.words", same),
        "embeddings.position_embeddings.weight": ("tables.positions", same),
        "embeddings.token_type_embeddings.weight": ("tables.types", same),
        "embeddings.visual_token_type_embeddings.weight": ("tables.region_types", same),
        "embeddings.visual_position_embeddings.weight": ("tables.region_positions", same),
        **_linear("embeddings.visual_projection", "tables.project"),
        **_norm("embeddings.LayerNorm", "tables.norm"),
        **_linear("pooler.dense", "pool"),
    }
    for k in range(depth):
        theirs, ours = f"encoder.layer.{k}", f"blocks.{k}"
        for name in ("query", "key", "value"):
            names |= _linear(f"{theirs}.attention.self.{name}", f"{ours}.attention.{name}")
        names |= _linear(f"{theirs}.attention.output.dense", f"{ours}.attention.out")
        names |= _norm(f"{theirs}.attention.output.LayerNorm", f"{ours}.norm_attention")
        names |= _linear(f"{theirs}.intermediate.dense", f"{ours}.mlp.up")
        names |= _linear(f"{theirs}.output.dense", f"{ours}.mlp.down")
        names |= _norm(f"{theirs}.output.LayerNorm", f"{ours}.norm_mlp")
    return names


def _linear(theirs: str, ours: str) -> dict:
    return {f"{theirs}.weight": (f"{ours}.kernel", transpose), f"{theirs}.bias": (f"{ours}.bias", same)}


def _norm(theirs: str, ours: str) -> dict:
    return {f"{theirs}.weight": (f"{ours}.scale", same), f"{theirs}.bias": (f"{ours}.bias", same)}
