"""Answers to the exercise of notebook 00."""

import einops
import jax
import jax.numpy as jnp
import numpy as np
import optax

from answers import right, slips, unwritten, wrong

unwritten("00.1")


def directions(queries, gallery):
    q_length = np.linalg.norm(queries, axis=1, keepdims=True)
    g_length = np.linalg.norm(gallery, axis=1, keepdims=True)
    q_length[q_length == 0] = 1
    g_length[g_length == 0] = 1
    q = queries / q_length
    g = gallery / g_length
    c = q @ g.T
    return c


right("00.1")(directions)
slips(
    "00.1",
    directions,
    ("close", "returned as float16 (borderline)", "return c", "return c.astype(np.float16)"),
    ("not-normalised", "no normalisation at all", "q @ g.T", "queries @ gallery.T"),
    ("gallery-not-normalised", "only the queries are divided by their length", "q @ g.T", "q @ gallery.T"),
    ("queries-not-normalised", "only the gallery is divided by its length", "q @ g.T", "queries @ g.T"),
    ("wrong-axis", "lengths over the pictures, axis 0", "axis=1", "axis=0"),
    ("wrong-axis", "axis 0 for the queries only", "(queries, axis=1", "(queries, axis=0"),
    ("wrong-axis", "axis 0 for the gallery only", "(gallery, axis=1", "(gallery, axis=0"),
    ("one-length-for-all", "norm of the whole matrix (axis forgotten)", ", axis=1, keep", ", keep"),
    ("exception", "forgot keepdims: (Q, d) / (Q,)", ", keepdims=True", ""),
    ("exception", "forgot .T on the gallery", "g.T", "g"),
    ("exception", "transposed the queries, not the gallery", "q @ g.T", "q.T @ g"),
    ("transposed", "gallery @ queries.T: (G, Q)", "q @ g.T", "g @ q.T"),
    ("values", "gallery.reshape(d, G), not gallery.T", "g.T", "g.reshape(g.shape[::-1])"),
    ("other-order", "(G, Q), reshaped to (Q, G)", "q @ g.T", "(g @ q.T).reshape(len(q), len(g))"),
    ("distance", "cosine distance 1 - cos", "return c", "return 1 - c"),
    ("distance", "Euclidean distance", "q @ g.T", "np.linalg.norm(queries[:, None] - gallery, axis=-1)"),
    ("distance", "distance of the unit vectors", "q @ g.T", "np.linalg.norm(q[:, None] - g, axis=-1)"),
    ("distance", "squared Euclidean distance", "q @ g.T", "((queries[:, None] - gallery) ** 2).sum(-1)"),
    ("sign", "sign flipped (a loss habit)", "return c", "return -c"),
    ("values", "operator precedence: q.g / |q| * |g|", "gallery /", "gallery *"),
    ("shape", "queries against themselves", "g.T", "q.T"),
    ("shape", "gallery against itself", "q @", "g @"),
    ("guard-too-large", "clipped to [0, 1]", "return c", "return np.clip(c, 0, 1)"),
    ("guard-too-large", "relu on the result", "return c", "return jax.nn.relu(c)"),
    ("shifted", "(1 + cos) / 2, from 0 to 1", "return c", "return (1 + c) / 2"),
    ("absolute", "absolute value", "return c", "return abs(c)"),
    ("angle", "the angle, not its cosine", "return c", "return np.arccos(np.clip(c, -1, 1))"),
    ("values", "cos of the quotient (the formula read as cos of something)", "return c", "return np.cos(c)"),
    ("values", "cos of the dot product", "q @ g.T", "np.cos(queries @ gallery.T)"),
    ("softmax", "softmax over the gallery", "return c", "return softmax(c)"),
    ("softmax", "softmax over the queries", "return c", "return softmax(c, 0)"),
    ("one-number-for-all", "q.g / sqrt(d) (attention habit)", "q @ g.T", "queries @ gallery.T / q.shape[1] ** 0.5"),
    ("factor", "divided by sqrt(d) as well", "return c", "return c / q.shape[1] ** 0.5"),
    ("factor", "mean over the features, not the sum", "q @ g.T", "(q[:, None] * g).mean(-1)"),
    ("shape", "index of the best picture", "return c", "return c.argmax(1)"),
    ("shape", "best score only", "return c", "return c.max(1)"),
    ("ranks", "the ranking: right shape, indices", "return c", "return np.argsort(-c, axis=1)"),
    ("other-order", "scores sorted in each row", "return c", "return -np.sort(-c, axis=1)"),
    ("paired", "row i against row i only", "q @ g.T", "(q[: len(g)] * g[: len(q)]).sum(1)"),
    ("exception", "sum(q * g, axis=1)", "q @ g.T", "(q * g).sum(1)"),
    ("paired", "diagonal of the matrix", "return c", "return np.diag(c)"),
    ("no-length", "the rows' standard deviations", "np.linalg.norm(", "np.std("),
    ("no-length", "L1 norm", "norm(", "norm(ord=1, x="),
    ("no-length", "plain sum", "linalg.norm", "sum"),
    ("no-length", "largest absolute entry as the norm", "norm(", "norm(ord=np.inf, x="),
    ("zero-vector", "NaN where a vector is zero", "== 0", "< 0"),
    ("not-finite", "zeros guarded in the queries only", "g_length == 0", "g_length < 0"),
    ("not-finite", "zeros guarded in the gallery only", "q_length == 0", "q_length < 0"),
    ("one-number-for-all", "minimum(length, eps), where maximum is meant", "== 0] = 1", ">= 0] = 1e-8"),
    ("all-zero", "result cast to int", "return c", "return c.astype(int)"),
    ("only-0-and-1", "cos > 0.5", "return c", "return c > 0.5"),
    ("all-zero", "same direction? (isclose 1)", "return c", "return np.isclose(c, 1)"),
    ("not-an-array", "returns (scores, norms)", "return c", "return c, q_length[:, 0]"),
    ("not-an-array", "returns a dict", "return c", "return {'cos': c}"),
    ("only-0-and-1", "eye(Q, G)", "return c", "return np.eye(*c.shape)"),
)


def outer_product(queries, gallery):
    q_length = np.sqrt((queries**2).sum(1))
    g_length = np.sqrt((gallery**2).sum(1))
    lengths = np.outer(q_length, g_length)
    blank = lengths == 0
    c = queries @ gallery.T / np.where(blank, 1, lengths)
    return c


right("00.1")(outer_product)
slips(
    "00.1",
    outer_product,
    ("exception", "norms multiplied without an outer product", "np.outer(q_length, g_length)", "q_length * g_length"),
    ("squared-lengths", "square root forgotten: |q|² |g|²", "sqrt", "array"),
    ("squared-lengths", "square root forgotten for the gallery: |q| |g|²", "g_length = np.sqrt", "g_length = np.array"),
    ("values", "copy-paste: the gallery's norm for both", "np.outer(q_length, g_length)", "g_length**2"),
    ("values", "copy-paste: |q|² below the fraction", "np.outer(q_length, g_length)", "q_length[:, None] ** 2"),
    ("absolute", "the root of the squares' quotient: sign lost", "return c", "return np.sqrt(c**2)"),
    ("zero-vector-value", "zero vectors get 1", "return c", "return np.where(blank, 1, c)"),
    ("zero-vector-value", "zero vectors get -1", "return c", "return np.where(blank, -1, c)"),
    ("zero-vector", "NaN sought by == nan (never true)", "1, lengths)", "0, lengths)", "return c", "return np.where(c == np.nan, 0, c)"),
    ("shape", "zero rows dropped", "return c", "return c[~blank.all(1)][:, ~blank.all(0)]"),
    ("zeroes-others", "all 0 if any vector is zero", "return c", "return c * (not blank.any())"),
)


@right("00.1")
def nan_to_num(queries, gallery):
    q = queries / jnp.linalg.norm(queries, axis=1, keepdims=True)
    g = gallery / jnp.linalg.norm(gallery, axis=1)[:, None]
    return jnp.nan_to_num(q @ g.T)


@right("00.1")
def nested_vmap(queries, gallery):
    def one(q, g):
        n = jnp.sqrt(q @ q) * jnp.sqrt(g @ g)
        return jnp.where(n > 0, (q @ g) / jnp.where(n > 0, n, 1.0), 0.0)

    return jax.vmap(lambda q: jax.vmap(lambda g: one(q, g))(gallery))(queries)


@right("00.1")
def python_loops(queries, gallery):
    out = []
    for q in np.asarray(queries).tolist():
        row = []
        for g in np.asarray(gallery).tolist():
            dot = sum(a * b for a, b in zip(q, g))
            nq = sum(a * a for a in q) ** 0.5
            ng = sum(b * b for b in g) ** 0.5
            row.append(dot / (nq * ng) if nq and ng else 0.0)
        out.append(row)
    return out


@right("00.1")
def broadcast_features(queries, gallery):
    a, b = queries[:, None, :], gallery[None, :, :]
    dot = (a * b).sum(-1)
    den = np.sqrt((a**2).sum(-1) * (b**2).sum(-1))
    return np.divide(dot, den, out=np.zeros_like(dot), where=den != 0)


@right("00.1")
def reciprocal_roots(queries, gallery):
    inv_q = jax.lax.rsqrt(jnp.maximum(jnp.sum(queries**2, -1), 1e-24))
    inv_g = jax.lax.rsqrt(jnp.maximum(jnp.sum(gallery**2, -1), 1e-24))
    return (queries @ gallery.T) * inv_q[:, None] * inv_g[None, :]


@right("00.1")
def optax_similarity(queries, gallery):
    return optax.cosine_similarity(queries[:, None], gallery[None], epsilon=1e-8)


@right("00.1")
def clipped_product(queries, gallery):
    # as torch.nn.functional.cosine_similarity
    n = jnp.outer(jnp.linalg.norm(queries, axis=-1), jnp.linalg.norm(gallery, axis=-1))
    return jnp.inner(queries, gallery) / jnp.clip(n, 1e-8)


@right("00.1")
def from_distances(queries, gallery):
    # on unit vectors |a - b|² = 2 - 2 cos
    qn, gn = np.linalg.norm(queries, axis=1), np.linalg.norm(gallery, axis=1)
    q = queries / np.where(qn == 0, 1, qn)[:, None]
    g = gallery / np.where(gn == 0, 1, gn)[:, None]
    d2 = ((q[:, None] - g[None]) ** 2).sum(-1)
    return (1 - d2 / 2) * (qn > 0)[:, None] * (gn > 0)[None, :]


@right("00.1")
@jax.jit
def compiled(queries, gallery):
    def unit(x):
        n2 = jnp.sum(jnp.square(x), axis=-1, keepdims=True)
        return jnp.where(n2 > 0, x / jnp.sqrt(jnp.where(n2 > 0, n2, 1)), 0)

    return unit(queries) @ unit(gallery).T


@right("00.1")
def halves(queries, gallery):
    if len(queries) == 0:
        return np.zeros((0, len(gallery)))
    if len(queries) == 1:
        q = queries[0]
        vals = []
        for g in gallery:
            n = (q @ q) ** 0.5 * (g @ g) ** 0.5
            vals.append(q @ g / n if n > 0 else 0.0)
        return np.array([vals])
    half = len(queries) // 2
    return np.concatenate([halves(queries[:half], gallery), halves(queries[half:], gallery)])


@right("00.1")
def einops_everywhere(queries, gallery):
    qs = einops.rearrange(queries, "q d -> q 1 d")
    gs = einops.rearrange(gallery, "g d -> 1 g d")
    dot = einops.reduce(qs * gs, "q g d -> q g", "sum")
    n2 = einops.reduce(qs**2, "q 1 d -> q 1", "sum") * einops.reduce(gs**2, "1 g d -> 1 g", "sum")
    return np.where(n2 > 0, dot / np.sqrt(np.where(n2 > 0, n2, 1)), 0)


@right("00.1")
def in_place(queries, gallery):
    queries /= np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-12)
    gallery /= np.maximum(np.linalg.norm(gallery, axis=1, keepdims=True), 1e-12)
    return queries @ gallery.T


@right("00.1")
def at_on_arguments(queries, gallery):
    qz = jnp.linalg.norm(queries, axis=1) == 0
    gz = jnp.linalg.norm(gallery, axis=1) == 0
    queries = queries.at[qz].set(0.0)
    c = (queries @ gallery.T) / (jnp.linalg.norm(queries, axis=1)[:, None] * jnp.linalg.norm(gallery, axis=1))
    return c.at[qz].set(0).at[:, gz].set(0)


@right("00.1")
def vectorized(queries, gallery):
    @jnp.vectorize
    def safe(n):
        return jnp.where(n == 0, jnp.inf, n)

    f = jnp.vectorize(lambda a, b: a @ b, signature="(d),(d)->()")
    q, g = queries[:, None, :], gallery[None, :, :]
    return f(q, g) / safe(jnp.sqrt(f(q, q)) * jnp.sqrt(f(g, g)))


@right("00.1")
def apply_along_axis(queries, gallery):
    def unit(v):
        n = np.hypot.reduce(v)
        return v / n if n else v * 0

    u = np.apply_along_axis(unit, 1, np.concatenate([queries, gallery]))
    return u[: len(queries)].dot(u[len(queries) :].T)


@right("00.1")
def loop_over_features(queries, gallery):
    dot = jnp.zeros((queries.shape[0], gallery.shape[0]))
    q2, g2 = jnp.zeros(queries.shape[0]), jnp.zeros(gallery.shape[0])
    for k in range(queries.shape[1]):
        dot += queries[:, k][:, None] * gallery[:, k]
        q2 += queries[:, k] ** 2
        g2 += gallery[:, k] ** 2
    n = jnp.sqrt(q2)[:, None] * jnp.sqrt(g2)
    return jnp.divide(dot, jnp.where(n == 0, 1, n))


@right("00.1")
def gradient_of_length(queries, gallery):
    # the gradient of |x| is x / |x|
    safe = lambda x: jnp.sqrt(jnp.where(jnp.any(x != 0), jnp.sum(x**2), 1.0))
    unit = lambda x: jax.vmap(jax.grad(safe))(jnp.asarray(x))
    return unit(queries) @ unit(gallery).T


@right("00.1")
def nonzero_rows_only(queries, gallery):
    c = np.full((len(queries), len(gallery)), 0.0)
    qi = np.flatnonzero(np.any(queries != 0, 1))
    gi = np.flatnonzero(np.any(gallery != 0, 1))
    q, g = queries[qi], gallery[gi]
    c[np.ix_(qi, gi)] = (q @ g.T) / np.linalg.norm(q, axis=1)[:, None] / np.linalg.norm(g, axis=1)
    return c


@wrong("00.1", "features rounded to float16 first (borderline)", "close")
def half_precision(queries, gallery):
    return directions(*(x.astype(np.float16).astype(np.float32) for x in (queries, gallery)))


@wrong("00.1", "mean-centred rows: Pearson correlation", "centred")
def centred(queries, gallery):
    return directions(*(x - x.mean(1, keepdims=True) for x in (queries, gallery)))


@wrong("00.1", "corrcoef, upper right block", "centred")
def correlation(queries, gallery):
    return jnp.nan_to_num(jnp.corrcoef(queries, gallery)[: len(queries), len(queries) :])


@wrong("00.1", "optax.cosine_distance", "distance")
def optax_distance(queries, gallery):
    return optax.cosine_distance(queries[:, None], gallery[None], epsilon=1e-8)


@wrong("00.1", "top_k: (values, indices)", "shape")
def best_two(queries, gallery):
    return jax.lax.top_k(directions(queries, gallery), 2)


@wrong("00.1", "one vmap over both arguments at once", "exception")
def one_vmap(queries, gallery):
    return jax.vmap(lambda a, b: a @ b / (jnp.linalg.norm(a) * jnp.linalg.norm(b)))(queries, gallery)


@wrong("00.1", "nested vmap, out axes swapped: (G, Q)", "transposed")
def swapped_vmaps(queries, gallery):
    f = lambda a, b: a @ b / jnp.maximum(jnp.linalg.norm(a) * jnp.linalg.norm(b), 1e-12)
    return jax.vmap(jax.vmap(f, (0, None)), (None, 0))(queries, gallery)


@wrong("00.1", "the first query's row, repeated (loop index bug)", "rows-alike")
def first_row_repeated(queries, gallery):
    return [directions(queries[:1], gallery)[0] for _ in queries]


@wrong("00.1", "prints instead of returning", "returns-nothing")
def printed(queries, gallery):
    print(directions(queries, gallery))
