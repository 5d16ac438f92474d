"""Answers to the exercise of notebook 00, written from its text alone, without a look at its check.

All of RIGHT must pass; each of WRONG must be told what it got wrong (its description, then the diagnosis it must get).
"""

import einops
import jax
import jax.numpy as jnp
import numpy as np
import optax


def r_where_safe_norm(queries, gallery):
    queries, gallery = jnp.asarray(queries), jnp.asarray(gallery)
    qn = jnp.linalg.norm(queries, axis=-1, keepdims=True)
    gn = jnp.linalg.norm(gallery, axis=-1, keepdims=True)
    q = queries / jnp.where(qn == 0, 1.0, qn)
    g = gallery / jnp.where(gn == 0, 1.0, gn)
    return q @ g.T


def r_einsum_outer(queries, gallery):
    dots = jnp.einsum("qd,gd->qg", queries, gallery)
    norms = jnp.einsum("q,g->qg", jnp.linalg.norm(queries, axis=1), jnp.linalg.norm(gallery, axis=1))
    return jnp.where(norms > 0, dots / jnp.where(norms > 0, norms, 1), 0)


def r_nan_to_num(queries, gallery):
    q = jnp.asarray(queries) / jnp.linalg.norm(queries, axis=1, keepdims=True)
    g = jnp.asarray(gallery) / jnp.linalg.norm(gallery, axis=1)[:, None]
    return jnp.nan_to_num(q @ g.T)


def r_vmap_nested(queries, gallery):
    def one(q, g):
        n = jnp.sqrt(q @ q) * jnp.sqrt(g @ g)
        return jnp.where(n > 0, (q @ g) / jnp.where(n > 0, n, 1.0), 0.0)

    return jax.vmap(lambda q: jax.vmap(lambda g: one(q, g))(gallery))(jnp.asarray(queries))


def r_vmap_in_axes(queries, gallery):
    def one(q, g):
        return jnp.vdot(q, g) / jnp.maximum(jnp.linalg.norm(q) * jnp.linalg.norm(g), 1e-12)

    return jax.vmap(jax.vmap(one, in_axes=(None, 0)), in_axes=(0, None))(queries, gallery)


def r_python_loops_list(queries, gallery):
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


def r_numpy_loops_inplace(queries, gallery):
    out = np.zeros((len(queries), len(gallery)))
    for i in range(len(queries)):
        for j in range(len(gallery)):
            n = np.linalg.norm(queries[i]) * np.linalg.norm(gallery[j])
            if n > 0:
                out[i, j] = np.dot(queries[i], gallery[j]) / n
    return out


def r_jax_at_set_loops(queries, gallery):
    out = jnp.zeros((queries.shape[0], gallery.shape[0]))
    for i in range(queries.shape[0]):
        for j in range(gallery.shape[0]):
            n = jnp.linalg.norm(queries[i]) * jnp.linalg.norm(gallery[j])
            if n > 0:
                out = out.at[i, j].set(jnp.dot(queries[i], gallery[j]) / n)
    return out


def r_broadcast_d(queries, gallery):
    a, b = queries[:, None, :], gallery[None, :, :]
    dot = (a * b).sum(-1)
    den = np.sqrt((a**2).sum(-1) * (b**2).sum(-1))
    return np.divide(dot, den, out=np.zeros_like(dot), where=den != 0)


def r_rsqrt(queries, gallery):
    queries, gallery = jnp.asarray(queries), jnp.asarray(gallery)
    inv_q = jax.lax.rsqrt(jnp.maximum(jnp.sum(queries**2, -1), 1e-24))
    inv_g = jax.lax.rsqrt(jnp.maximum(jnp.sum(gallery**2, -1), 1e-24))
    return (queries @ gallery.T) * inv_q[:, None] * inv_g[None, :]


def r_optax(queries, gallery):
    return optax.cosine_similarity(jnp.asarray(queries)[:, None], jnp.asarray(gallery)[None], epsilon=1e-8)


def r_optax_safe_norm(queries, gallery):
    q = queries / optax.safe_norm(jnp.asarray(queries), 1e-9, axis=1, keepdims=True)
    g = gallery / optax.safe_norm(jnp.asarray(gallery), 1e-9, axis=1, keepdims=True)
    return q.dot(g.transpose())


def r_additive_eps(queries, gallery):
    # the PyTorch habit: add a little to the denominator
    q = queries / (jnp.linalg.norm(queries, axis=1, keepdims=True) + 1e-8)
    g = gallery / (jnp.linalg.norm(gallery, axis=1, keepdims=True) + 1e-8)
    return jnp.matmul(q, g.T)


def r_torch_F_cosine_eps(queries, gallery):
    # torch.nn.functional.cosine_similarity: max(|q||g|, 1e-8)
    n = jnp.outer(jnp.linalg.norm(queries, axis=-1), jnp.linalg.norm(gallery, axis=-1))
    return jnp.inner(queries, gallery) / jnp.clip(n, 1e-8)


def r_float64_numpy(queries, gallery):
    q = np.asarray(queries, dtype=np.float64)
    g = np.asarray(gallery, dtype=np.float64)
    with np.errstate(all="ignore"):
        c = (q @ g.T) / np.outer(np.sqrt((q * q).sum(1)), np.sqrt((g * g).sum(1)))
    c[np.isnan(c)] = 0
    return c


def r_one_minus_cdist_scipy_like(queries, gallery):
    # scipy: 1 - cdist(q, g, "cosine"), with nan -> 0
    def cdist_cosine(xa, xb):
        return 1 - xa @ xb.T / np.linalg.norm(xa, axis=1)[:, None] / np.linalg.norm(xb, axis=1)[None, :]

    return np.nan_to_num(1 - cdist_cosine(np.asarray(queries), np.asarray(gallery)), nan=0.0)


def r_euclid_identity(queries, gallery):
    # on unit vectors |a-b|^2 = 2 - 2cos; zero rows masked afterwards
    qn, gn = np.linalg.norm(queries, axis=1), np.linalg.norm(gallery, axis=1)
    q = queries / np.where(qn == 0, 1, qn)[:, None]
    g = gallery / np.where(gn == 0, 1, gn)[:, None]
    d2 = ((q[:, None] - g[None]) ** 2).sum(-1)
    return (1 - d2 / 2) * (qn > 0)[:, None] * (gn > 0)[None, :]


def r_preferred_element_type(queries, gallery):
    def unit(x):
        x = jnp.asarray(x)
        return x / jnp.maximum(jnp.linalg.norm(x, axis=-1, keepdims=True), jnp.finfo(x.dtype).tiny)

    return jnp.matmul(unit(queries), unit(gallery).T, preferred_element_type=jnp.float32, precision=jax.lax.Precision.HIGHEST)


@jax.jit
def r_jit_decorated(queries, gallery):
    def unit(x):
        n2 = jnp.sum(jnp.square(x), axis=-1, keepdims=True)
        return jnp.where(n2 > 0, x / jnp.sqrt(jnp.where(n2 > 0, n2, 1)), 0)

    return unit(queries) @ unit(gallery).T


def r_helper_class(queries, gallery):
    class Gallery:
        def __init__(self, x):
            self.n = jnp.linalg.norm(x, axis=1)
            self.x = x

        def __call__(self, q):
            d = self.n * jnp.linalg.norm(q)
            return jnp.where(d == 0, 0.0, self.x @ q / jnp.where(d == 0, 1.0, d))

    g = Gallery(jnp.asarray(gallery))
    return jnp.stack([g(q) for q in jnp.asarray(queries)])


r_lambda = lambda queries, gallery: (lambda u: u(queries) @ u(gallery).T)(
    lambda x: x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-30)
)


def r_recursion(queries, gallery):
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
    return np.concatenate([r_recursion(queries[:half], gallery), r_recursion(queries[half:], gallery)])


def r_lax_map(queries, gallery):
    gallery = jnp.asarray(gallery)

    def row(q):
        n = jnp.linalg.norm(q) * jnp.linalg.norm(gallery, axis=1)
        return jax.lax.select(n > 0, gallery @ q / n, jnp.zeros_like(n))

    return jax.lax.map(row, jnp.asarray(queries))


def r_lax_scan(queries, gallery):
    gallery = jnp.asarray(gallery)
    gn = jnp.linalg.norm(gallery, axis=1)

    def step(carry, q):
        n = gn * jnp.linalg.norm(q)
        return carry, jnp.where(n > 0, gallery @ q / jnp.where(n > 0, n, 1), 0)

    return jax.lax.scan(step, None, jnp.asarray(queries))[1]


def r_einops(queries, gallery):
    qs = einops.rearrange(queries, "q d -> q 1 d")
    gs = einops.rearrange(gallery, "g d -> 1 g d")
    dot = einops.reduce(qs * gs, "q g d -> q g", "sum")
    n2 = einops.reduce(qs**2, "q 1 d -> q 1", "sum") * einops.reduce(gs**2, "1 g d -> 1 g", "sum")
    return np.where(n2 > 0, dot / np.sqrt(np.where(n2 > 0, n2, 1)), 0)


def r_jax_nn_standardless_l2(queries, gallery):
    # sklearn's normalize() + linear kernel
    def normalize(X):
        norms = np.sqrt(np.einsum("ij,ij->i", X, X))
        norms[norms == 0.0] = 1.0
        return X / norms[:, np.newaxis]

    return np.dot(normalize(queries), normalize(gallery).T)


def r_clip_result(queries, gallery):
    q = queries / np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-12)
    g = gallery / np.maximum(np.linalg.norm(gallery, axis=1, keepdims=True), 1e-12)
    return np.clip(q @ g.T, -1.0, 1.0)


def r_tensordot(queries, gallery):
    num = jnp.tensordot(queries, gallery, axes=[[1], [1]])
    den = jnp.hypot(0, jnp.linalg.norm(queries, axis=1))[:, None] * jnp.linalg.norm(gallery, axis=1)
    return num / (den + (den == 0))


def r_dot_general(queries, gallery):
    dn = (((1,), (1,)), ((), ()))
    num = jax.lax.dot_general(jnp.asarray(queries), jnp.asarray(gallery), dn)
    den = jnp.linalg.norm(queries, axis=1)[:, None] * jnp.linalg.norm(gallery, axis=1)[None]
    return jnp.where(den == 0, 0, num / den)


def r_scale_by_max_first(queries, gallery):
    def unit(x):
        m = np.abs(x).max(1, keepdims=True)
        x = x / np.where(m == 0, 1, m)
        n = np.linalg.norm(x, axis=1, keepdims=True)
        return x / np.where(n == 0, 1, n)

    return unit(queries) @ unit(gallery).T


def r_numpy_from_jax(queries, gallery):
    def cosine(queries, gallery):
        queries, gallery = jnp.asarray(queries), jnp.asarray(gallery)
        qn = jnp.linalg.norm(queries, axis=-1, keepdims=True)
        gn = jnp.linalg.norm(gallery, axis=-1, keepdims=True)
        q = queries / jnp.where(qn == 0, 1.0, qn)
        g = gallery / jnp.where(gn == 0, 1.0, gn)
        return q @ g.T

    return np.asarray(cosine(queries, gallery))


def r_list_of_jax_rows(queries, gallery):
    def cosine(queries, gallery):
        queries, gallery = jnp.asarray(queries), jnp.asarray(gallery)
        qn = jnp.linalg.norm(queries, axis=-1, keepdims=True)
        gn = jnp.linalg.norm(gallery, axis=-1, keepdims=True)
        q = queries / jnp.where(qn == 0, 1.0, qn)
        g = gallery / jnp.where(gn == 0, 1.0, gn)
        return q @ g.T

    return [row for row in cosine(queries, gallery)]


def r_inplace_on_the_arguments(queries, gallery):
    # plain NumPy habit: changes its arguments; the numbers are right
    queries /= np.maximum(np.linalg.norm(queries, axis=1, keepdims=True), 1e-12)
    gallery /= np.maximum(np.linalg.norm(gallery, axis=1, keepdims=True), 1e-12)
    return queries @ gallery.T


def r_at_on_the_arguments(queries, gallery):
    # .at on the argument itself: fine when it is a jax array
    qz = jnp.linalg.norm(queries, axis=1) == 0
    gz = jnp.linalg.norm(gallery, axis=1) == 0
    queries = queries.at[qz].set(0.0)
    c = (queries @ gallery.T) / (jnp.linalg.norm(queries, axis=1)[:, None] * jnp.linalg.norm(gallery, axis=1))
    return c.at[qz].set(0).at[:, gz].set(0)


def r_boolean_zero_rows(queries, gallery):
    qz = ~queries.any(axis=1)
    gz = ~gallery.any(axis=1)
    c = queries @ gallery.T / np.sqrt(np.outer((queries**2).sum(1), (gallery**2).sum(1)) + np.logical_or.outer(qz, gz))
    return c


def r_vectorize(queries, gallery):
    @jnp.vectorize
    def safe(n):
        return jnp.where(n == 0, jnp.inf, n)

    f = jnp.vectorize(lambda a, b: a @ b, signature="(d),(d)->()")
    q, g = queries[:, None, :], gallery[None, :, :]
    return f(q, g) / safe(jnp.sqrt(f(q, q)) * jnp.sqrt(f(g, g)))


def r_vecdot_inf(queries, gallery):
    # the length of a zero vector set to infinity: x / inf = 0
    qn = jnp.linalg.vector_norm(queries, axis=-1)
    gn = jnp.linalg.vector_norm(gallery, axis=-1)
    qn, gn = jnp.where(qn, qn, jnp.inf), jnp.where(gn, gn, jnp.inf)
    return jnp.linalg.vecdot(queries[:, None] / qn[:, None, None], gallery[None] / gn[None, :, None])


def r_apply_along_axis(queries, gallery):
    def unit(v):
        n = np.hypot.reduce(v)
        return v / n if n else v * 0

    u = np.apply_along_axis(unit, 1, np.concatenate([queries, gallery]))
    return u[: len(queries)].dot(u[len(queries) :].T)


def r_loop_over_features(queries, gallery):
    dot = jnp.zeros((queries.shape[0], gallery.shape[0]))
    q2, g2 = jnp.zeros(queries.shape[0]), jnp.zeros(gallery.shape[0])
    for k in range(queries.shape[1]):
        dot += queries[:, k][:, None] * gallery[:, k]
        q2 += queries[:, k] ** 2
        g2 += gallery[:, k] ** 2
    n = jnp.sqrt(q2)[:, None] * jnp.sqrt(g2)
    return jnp.divide(dot, jnp.where(n == 0, 1, n))


def r_fori_loop_indexing(queries, gallery):
    # indexes the arguments with a traced i: works on jax arrays only
    gn = jnp.linalg.norm(gallery, axis=1)

    def body(i, out):
        n = jnp.linalg.norm(queries[i]) * gn
        return out.at[i].set(jnp.where(n > 0, gallery @ queries[i] / jnp.where(n > 0, n, 1), 0))

    return jax.lax.fori_loop(0, queries.shape[0], body, jnp.zeros((queries.shape[0], gallery.shape[0])))


def r_vmap_over_indices(queries, gallery):
    # the same trap with vmap over indices
    def one(i, j):
        n = jnp.linalg.norm(queries[i]) * jnp.linalg.norm(gallery[j])
        return jnp.where(n > 0, queries[i] @ gallery[j] / jnp.where(n > 0, n, 1), 0)

    i, j = jnp.arange(queries.shape[0]), jnp.arange(gallery.shape[0])
    return jax.vmap(lambda a: jax.vmap(lambda b: one(a, b))(j))(i)


def r_jit_closed_over_gallery(queries, gallery):
    @jax.jit
    def unit(x):
        return jnp.nan_to_num(x / jnp.linalg.norm(x, axis=1, keepdims=True))

    scores = jax.jit(lambda q: q @ unit(gallery).T)
    return scores(unit(queries))


def r_grad_of_norm(queries, gallery):
    # the gradient of |x| is x / |x|
    safe = lambda x: jnp.sqrt(jnp.where(jnp.any(x != 0), jnp.sum(x**2), 1.0))
    unit = lambda x: jax.vmap(jax.grad(safe))(jnp.asarray(x))
    return unit(queries) @ unit(gallery).T


def r_argwhere_delete_nan(queries, gallery):
    c = np.full((len(queries), len(gallery)), 0.0)
    qi = np.flatnonzero(np.any(queries != 0, 1))
    gi = np.flatnonzero(np.any(gallery != 0, 1))
    q, g = queries[qi], gallery[gi]
    c[np.ix_(qi, gi)] = (q @ g.T) / np.linalg.norm(q, axis=1)[:, None] / np.linalg.norm(g, axis=1)
    return c


def r_tuple_of_tuples(queries, gallery):
    def cosine(queries, gallery):
        queries, gallery = jnp.asarray(queries), jnp.asarray(gallery)
        qn = jnp.linalg.norm(queries, axis=-1, keepdims=True)
        gn = jnp.linalg.norm(gallery, axis=-1, keepdims=True)
        q = queries / jnp.where(qn == 0, 1.0, qn)
        g = gallery / jnp.where(gn == 0, 1.0, gn)
        return q @ g.T

    c = cosine(queries, gallery)
    return tuple(tuple(float(x) for x in row) for row in c)


def w_float16_output(queries, gallery):
    "computed in float32, returned as float16 (borderline)"

    def cosine(queries, gallery):
        queries, gallery = jnp.asarray(queries), jnp.asarray(gallery)
        qn = jnp.linalg.norm(queries, axis=-1, keepdims=True)
        gn = jnp.linalg.norm(gallery, axis=-1, keepdims=True)
        q = queries / jnp.where(qn == 0, 1.0, qn)
        g = gallery / jnp.where(gn == 0, 1.0, gn)
        return q @ g.T

    return cosine(queries, gallery).astype(jnp.float16)


def w_float16_input(queries, gallery):
    "features rounded to float16 first (borderline)"

    def cosine(queries, gallery):
        queries, gallery = jnp.asarray(queries), jnp.asarray(gallery)
        qn = jnp.linalg.norm(queries, axis=-1, keepdims=True)
        gn = jnp.linalg.norm(gallery, axis=-1, keepdims=True)
        q = queries / jnp.where(qn == 0, 1.0, qn)
        g = gallery / jnp.where(gn == 0, 1.0, gn)
        return q @ g.T

    q16, g16 = jnp.asarray(queries, jnp.float16), jnp.asarray(gallery, jnp.float16)
    return cosine(q16.astype(jnp.float32), g16.astype(jnp.float32))


def w_plain_dot(queries, gallery):
    "no normalisation at all: q . g"
    return jnp.asarray(queries) @ gallery.T


def w_only_queries(queries, gallery):
    "only the queries are divided by their length"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return unit(queries) @ gallery.T


def w_only_gallery(queries, gallery):
    "only the gallery is divided by its length"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return queries @ unit(gallery).T


def w_axis0_both(queries, gallery):
    "norm along axis 0 (over pictures) instead of along the features"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return unit(queries, 0) @ unit(gallery, 0).T


def w_axis0_queries(queries, gallery):
    "norm along axis 0 for the queries only"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return unit(queries, 0) @ unit(gallery).T


def w_axis0_gallery(queries, gallery):
    "norm along axis 0 for the gallery only"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return unit(queries) @ unit(gallery, 0).T


def w_frobenius(queries, gallery):
    "norm of the whole matrix (axis forgotten)"
    return queries @ gallery.T / (jnp.linalg.norm(queries) * jnp.linalg.norm(gallery))


def w_no_keepdims(queries, gallery):
    "forgot keepdims: (Q,d) / (Q,)"
    q = jnp.asarray(queries) / jnp.linalg.norm(queries, axis=1)
    g = jnp.asarray(gallery) / jnp.linalg.norm(gallery, axis=1)
    return q @ g.T


def w_norms_no_broadcast(queries, gallery):
    "(Q,G) / ((Q,) * (G,)): norms multiplied without an outer product"
    return queries @ gallery.T / (jnp.linalg.norm(queries, axis=1) * jnp.linalg.norm(gallery, axis=1))


def w_no_transpose(queries, gallery):
    "forgot .T on the gallery"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return unit(queries) @ unit(gallery)


def w_transpose_queries(queries, gallery):
    "transposed the queries instead of the gallery"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return unit(queries).T @ unit(gallery)


def w_result_transposed(queries, gallery):
    "result is (G,Q): gallery @ queries.T"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return unit(gallery) @ unit(queries).T


def w_reshape_not_transpose(queries, gallery):
    "gallery.reshape(d, G) instead of gallery.T"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    g = unit(gallery)
    return unit(queries) @ g.reshape(g.shape[1], g.shape[0])


def w_result_reshaped_transposed(queries, gallery):
    "computes (G,Q), then reshape(Q,G) instead of .T"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return (unit(gallery) @ unit(queries).T).reshape(len(queries), len(gallery))


def w_cos_distance(queries, gallery):
    "cosine distance 1 - cos"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return 1 - unit(queries) @ unit(gallery).T


def w_euclid_distance(queries, gallery):
    "Euclidean distance"
    return jnp.linalg.norm(queries[:, None] - gallery[None], axis=-1)


def w_euclid_unit(queries, gallery):
    "Euclidean distance between the unit vectors"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jnp.linalg.norm(unit(queries)[:, None] - unit(gallery)[None], axis=-1)


def w_neg(queries, gallery):
    "sign flipped: -cos (a loss habit)"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return -(unit(queries) @ unit(gallery).T)


def w_squared_norms(queries, gallery):
    "divides by |q|^2 |g|^2 (forgot the square root)"
    n = (queries**2).sum(1)[:, None] * (gallery**2).sum(1)[None]
    return np.where(n > 0, queries @ gallery.T / np.where(n > 0, n, 1), 0)


def w_sqrt_queries_only(queries, gallery):
    "square root forgotten for the gallery: |q| |g|^2"
    n = np.sqrt((queries**2).sum(1))[:, None] * (gallery**2).sum(1)[None]
    return np.where(n > 0, queries @ gallery.T / np.where(n > 0, n, 1), 0)


def w_sqrt_twice(queries, gallery):
    "square root of the norm: divides by sqrt(|q||g|)"
    n = np.sqrt(np.outer(np.linalg.norm(queries, axis=1), np.linalg.norm(gallery, axis=1)))
    return np.where(n > 0, queries @ gallery.T / np.where(n > 0, n, 1), 0)


def w_sum_of_norms(queries, gallery):
    "divides by |q| + |g| instead of |q| |g|"
    n = np.linalg.norm(queries, axis=1)[:, None] + np.linalg.norm(gallery, axis=1)[None]
    return queries @ gallery.T / n


def w_multiplies_by_norms(queries, gallery):
    "operator precedence: q.g / |q| * |g|"
    qn, gn = np.linalg.norm(queries, axis=1)[:, None], np.linalg.norm(gallery, axis=1)[None]
    return np.nan_to_num(queries @ gallery.T / np.where(qn == 0, 1, qn) * gn)


def w_gallery_norm_twice(queries, gallery):
    "copy-paste: the gallery's norm used for both"
    gn = np.linalg.norm(gallery, axis=1)
    return np.nan_to_num(queries @ gallery.T / (gn * gn))


def w_query_norm_twice(queries, gallery):
    "copy-paste: |q|^2 in the denominator instead of |q||g|"
    qn = np.linalg.norm(queries, axis=1, keepdims=True)
    return np.nan_to_num(queries @ gallery.T / (qn * qn))


def w_queries_with_queries(queries, gallery):
    "queries against themselves"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    q = unit(queries)
    return q @ q.T


def w_gallery_with_gallery(queries, gallery):
    "gallery against itself"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    g = unit(gallery)
    return g @ g.T


def w_clip01(queries, gallery):
    "clipped to [0, 1]"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jnp.clip(unit(queries) @ unit(gallery).T, 0, 1)


def w_relu(queries, gallery):
    "relu on the result"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jax.nn.relu(unit(queries) @ unit(gallery).T)


def w_shift01(queries, gallery):
    "(1 + cos) / 2, mapped to [0, 1]"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return (1 + unit(queries) @ unit(gallery).T) / 2


def w_abs(queries, gallery):
    "absolute value"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jnp.abs(unit(queries) @ unit(gallery).T)


def w_squared_cos(queries, gallery):
    "cos squared"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return (unit(queries) @ unit(gallery).T) ** 2


def w_arccos(queries, gallery):
    "the angle, not its cosine"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jnp.arccos(jnp.clip(unit(queries) @ unit(gallery).T, -1, 1))


def w_arccos_deg(queries, gallery):
    "the angle in degrees"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jnp.degrees(jnp.arccos(jnp.clip(unit(queries) @ unit(gallery).T, -1, 1)))


def w_cos_of_cos(queries, gallery):
    "jnp.cos of the quotient (reads the formula as cos of something)"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jnp.cos(unit(queries) @ unit(gallery).T)


def w_cos_of_dot(queries, gallery):
    "jnp.cos of the dot product"
    return jnp.cos(queries @ gallery.T)


def w_softmax_rows(queries, gallery):
    "softmax over the gallery"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jax.nn.softmax(unit(queries) @ unit(gallery).T, axis=-1)


def w_sqrt_d(queries, gallery):
    "q g^T / sqrt(d) (attention habit)"
    return jnp.asarray(queries) @ gallery.T / jnp.sqrt(queries.shape[-1])


def w_cos_sqrt_d(queries, gallery):
    "cosine divided by sqrt(d) as well"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return unit(queries) @ unit(gallery).T / jnp.sqrt(queries.shape[-1])


def w_cos_div_d(queries, gallery):
    "mean over the features instead of the sum (jnp.mean(q*g))"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return (unit(queries)[:, None] * unit(gallery)[None]).mean(-1)


def w_argmax(queries, gallery):
    "index of the best picture"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jnp.argmax(unit(queries) @ unit(gallery).T, axis=1)


def w_max(queries, gallery):
    "best score only"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jnp.max(unit(queries) @ unit(gallery).T, axis=1)


def w_top_k(queries, gallery):
    "lax.top_k: (values, indices)"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jax.lax.top_k(unit(queries) @ unit(gallery).T, 2)


def w_argsort(queries, gallery):
    "the ranking (argsort), right shape, indices"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jnp.argsort(-(unit(queries) @ unit(gallery).T), axis=1)


def w_sorted(queries, gallery):
    "scores sorted in each row"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jnp.sort(unit(queries) @ unit(gallery).T, axis=1)[:, ::-1]


def w_paired(queries, gallery):
    "paired: row i against row i only"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    n = min(len(queries), len(gallery))
    return (unit(queries)[:n] * unit(gallery)[:n]).sum(1)


def w_paired_direct(queries, gallery):
    "paired, without all pairs: sum(q*g, axis=1)"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jnp.sum(unit(queries) * unit(gallery), axis=1)


def w_diag_of(queries, gallery):
    "jnp.diag of the matrix"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jnp.diag(unit(queries) @ unit(gallery).T)


def w_vmap_paired(queries, gallery):
    "one vmap over both arguments at once"
    return jax.vmap(lambda a, b: a @ b / (jnp.linalg.norm(a) * jnp.linalg.norm(b)))(queries, gallery)


def w_vmap_axes_swapped(queries, gallery):
    "nested vmap, out axes swapped: (G, Q)"
    f = lambda a, b: a @ b / jnp.maximum(jnp.linalg.norm(a) * jnp.linalg.norm(b), 1e-12)
    return jax.vmap(jax.vmap(f, (0, None)), (None, 0))(queries, gallery)


def w_pearson(queries, gallery):
    "mean-centred rows: Pearson correlation"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return unit(queries - queries.mean(1, keepdims=True)) @ unit(gallery - gallery.mean(1, keepdims=True)).T


def w_corrcoef(queries, gallery):
    "jnp.corrcoef, upper right block"
    return jnp.nan_to_num(jnp.corrcoef(queries, gallery)[: len(queries), len(queries) :])


def w_std_instead_of_norm(queries, gallery):
    "divided by the rows' standard deviation"
    return queries / (queries.std(1, keepdims=True) + 1e-9) @ (gallery / (gallery.std(1, keepdims=True) + 1e-9)).T


def w_l1(queries, gallery):
    "L1 norm (sum of absolute values)"
    n = lambda x: x / jnp.maximum(jnp.abs(x).sum(1, keepdims=True), 1e-12)
    return n(queries) @ n(gallery).T


def w_sum_norm(queries, gallery):
    "divided by the plain sum (no absolute, no square)"
    n = lambda x: x / jnp.where(x.sum(1, keepdims=True) == 0, 1, x.sum(1, keepdims=True))
    return n(queries) @ n(gallery).T


def w_linf(queries, gallery):
    "largest absolute entry as the norm"
    n = lambda x: x / jnp.maximum(jnp.abs(x).max(1, keepdims=True), 1e-12)
    return n(queries) @ n(gallery).T


def w_nan(queries, gallery):
    "NaN where a vector is zero"
    q = jnp.asarray(queries) / jnp.linalg.norm(queries, axis=1, keepdims=True)
    g = jnp.asarray(gallery) / jnp.linalg.norm(gallery, axis=1, keepdims=True)
    return q @ g.T


def w_nan_queries_only(queries, gallery):
    "zeros guarded in the queries, not in the gallery"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    g = jnp.asarray(gallery) / jnp.linalg.norm(gallery, axis=1, keepdims=True)
    return unit(queries) @ g.T


def w_nan_gallery_only(queries, gallery):
    "zeros guarded in the gallery, not in the queries"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    q = jnp.asarray(queries) / jnp.linalg.norm(queries, axis=1, keepdims=True)
    return q @ unit(gallery).T


def w_where_nan_eq(queries, gallery):
    "tries c == jnp.nan to find the NaNs (never true)"

    def with_nan(queries, gallery):
        q = jnp.asarray(queries) / jnp.linalg.norm(queries, axis=1, keepdims=True)
        g = jnp.asarray(gallery) / jnp.linalg.norm(gallery, axis=1, keepdims=True)
        return q @ g.T

    c = with_nan(queries, gallery)
    return jnp.where(c == jnp.nan, 0, c)


def w_zeros_are_one(queries, gallery):
    "zero vectors get 1"

    def with_nan(queries, gallery):
        q = jnp.asarray(queries) / jnp.linalg.norm(queries, axis=1, keepdims=True)
        g = jnp.asarray(gallery) / jnp.linalg.norm(gallery, axis=1, keepdims=True)
        return q @ g.T

    return jnp.nan_to_num(with_nan(queries, gallery), nan=1.0)


def w_zeros_are_minus_one(queries, gallery):
    "zero vectors get -1"

    def with_nan(queries, gallery):
        q = jnp.asarray(queries) / jnp.linalg.norm(queries, axis=1, keepdims=True)
        g = jnp.asarray(gallery) / jnp.linalg.norm(gallery, axis=1, keepdims=True)
        return q @ g.T

    return jnp.nan_to_num(with_nan(queries, gallery), nan=-1.0)


def w_drop_zero_rows(queries, gallery):
    "zero rows dropped"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    queries = queries[np.linalg.norm(queries, axis=1) > 0]
    gallery = gallery[np.linalg.norm(gallery, axis=1) > 0]
    return unit(queries) @ unit(gallery).T


def w_returns_zero_if_any(queries, gallery):
    "whole matrix set to 0 if any vector is zero"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    if not (np.linalg.norm(queries, axis=1).all() and np.linalg.norm(gallery, axis=1).all()):
        return jnp.zeros((len(queries), len(gallery)))
    return unit(queries) @ unit(gallery).T


def w_minimum_eps(queries, gallery):
    "minimum(norm, eps) where maximum is meant"
    n = lambda x: x / np.minimum(np.linalg.norm(x, axis=1, keepdims=True), 1e-8)
    return np.nan_to_num(n(queries) @ n(gallery).T)


def w_int_cast(queries, gallery):
    "result cast to int"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return (unit(queries) @ unit(gallery).T).astype(int)


def w_threshold(queries, gallery):
    "boolean: cos > 0.5"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return unit(queries) @ unit(gallery).T > 0.5


def w_bool_same_direction(queries, gallery):
    "boolean: does it point in the same direction (isclose 1)"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jnp.isclose(unit(queries) @ unit(gallery).T, 1.0)


def w_optax_distance(queries, gallery):
    "optax.cosine_distance"
    return optax.cosine_distance(jnp.asarray(queries)[:, None], jnp.asarray(gallery)[None], epsilon=1e-8)


def w_tuple(queries, gallery):
    "returns (scores, norms)"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return unit(queries) @ unit(gallery).T, jnp.linalg.norm(queries, axis=1)


def w_dict(queries, gallery):
    "returns a dict"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return {"cos": unit(queries) @ unit(gallery).T}


def w_none(queries, gallery):
    "forgot return"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    c = unit(queries) @ unit(gallery).T


def w_print(queries, gallery):
    "prints instead of returning"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    print(unit(queries) @ unit(gallery).T)


def w_not_implemented(queries, gallery):
    "raise NotImplementedError left"
    raise NotImplementedError


def w_identity(queries, gallery):
    "jnp.eye(Q, G)"
    return jnp.eye(len(queries), len(gallery))


def w_first_query_repeated(queries, gallery):
    "the first query's row, repeated (loop index bug)"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jnp.stack([unit(gallery) @ unit(queries)[0] for _ in queries])


def w_euclid_squared(queries, gallery):
    "squared Euclidean distance"
    return ((queries[:, None] - gallery[None]) ** 2).sum(-1)


def w_softmax_axis0(queries, gallery):
    "softmax over the queries (axis 0)"

    def unit(x, axis=1):
        n = jnp.linalg.norm(x, axis=axis, keepdims=True)
        return jnp.asarray(x) / jnp.where(n == 0, 1, n)

    return jax.nn.softmax(unit(queries) @ unit(gallery).T, axis=0)


def w_abs_via_sqrt(queries, gallery):
    "sqrt(dot^2 / (|q|^2|g|^2)): sign lost"
    n = (queries**2).sum(1)[:, None] * (gallery**2).sum(1)[None]
    return np.sqrt((queries @ gallery.T) ** 2 / np.where(n == 0, 1, n))


RIGHT = {
    "00.1": [
        r_where_safe_norm,
        r_einsum_outer,
        r_nan_to_num,
        r_vmap_nested,
        r_vmap_in_axes,
        r_python_loops_list,
        r_numpy_loops_inplace,
        r_jax_at_set_loops,
        r_broadcast_d,
        r_rsqrt,
        r_optax,
        r_optax_safe_norm,
        r_additive_eps,
        r_torch_F_cosine_eps,
        r_float64_numpy,
        r_one_minus_cdist_scipy_like,
        r_euclid_identity,
        r_preferred_element_type,
        r_jit_decorated,
        r_helper_class,
        r_lambda,
        r_recursion,
        r_lax_map,
        r_lax_scan,
        r_einops,
        r_jax_nn_standardless_l2,
        r_clip_result,
        r_tensordot,
        r_dot_general,
        r_scale_by_max_first,
        r_numpy_from_jax,
        r_list_of_jax_rows,
        r_inplace_on_the_arguments,
        r_at_on_the_arguments,
        r_boolean_zero_rows,
        r_vectorize,
        r_vecdot_inf,
        r_apply_along_axis,
        r_loop_over_features,
        r_fori_loop_indexing,
        r_vmap_over_indices,
        r_jit_closed_over_gallery,
        r_grad_of_norm,
        r_argwhere_delete_nan,
        r_tuple_of_tuples,
    ]
}

WRONG = {
    "00.1": [
        (w_float16_output, "computed in float32, returned as float16 (borderline)", "close"),
        (w_float16_input, "features rounded to float16 first (borderline)", "close"),
        (w_plain_dot, "no normalisation at all: q . g", "not-normalised"),
        (w_only_queries, "only the queries are divided by their length", "gallery-not-normalised"),
        (w_only_gallery, "only the gallery is divided by its length", "queries-not-normalised"),
        (w_axis0_both, "norm along axis 0 (over pictures) instead of along the features", "wrong-axis"),
        (w_axis0_queries, "norm along axis 0 for the queries only", "queries-over-wrong-axis"),
        (w_axis0_gallery, "norm along axis 0 for the gallery only", "gallery-over-wrong-axis"),
        (w_frobenius, "norm of the whole matrix (axis forgotten)", "one-length-for-all"),
        (w_no_keepdims, "forgot keepdims: (Q,d) / (Q,)", "exception"),
        (w_norms_no_broadcast, "(Q,G) / ((Q,) * (G,)): norms multiplied without an outer product", "exception"),
        (w_no_transpose, "forgot .T on the gallery", "exception"),
        (w_transpose_queries, "transposed the queries instead of the gallery", "exception"),
        (w_result_transposed, "result is (G,Q): gallery @ queries.T", "transposed"),
        (w_reshape_not_transpose, "gallery.reshape(d, G) instead of gallery.T", "values"),
        (w_result_reshaped_transposed, "computes (G,Q), then reshape(Q,G) instead of .T", "other-order"),
        (w_cos_distance, "cosine distance 1 - cos", "distance"),
        (w_euclid_distance, "Euclidean distance", "euclidean"),
        (w_euclid_unit, "Euclidean distance between the unit vectors", "euclidean-of-unit"),
        (w_neg, "sign flipped: -cos (a loss habit)", "sign"),
        (w_squared_norms, "divides by |q|^2 |g|^2 (forgot the square root)", "squared-lengths"),
        (w_sqrt_queries_only, "square root forgotten for the gallery: |q| |g|^2", "gallery-squared"),
        (w_sqrt_twice, "square root of the norm: divides by sqrt(|q||g|)", "root-twice"),
        (w_sum_of_norms, "divides by |q| + |g| instead of |q| |g|", "sum-of-lengths"),
        (w_multiplies_by_norms, "operator precedence: q.g / |q| * |g|", "values"),
        (w_gallery_norm_twice, "copy-paste: the gallery's norm used for both", "values"),
        (w_query_norm_twice, "copy-paste: |q|^2 in the denominator instead of |q||g|", "values"),
        (w_queries_with_queries, "queries against themselves", "shape"),
        (w_gallery_with_gallery, "gallery against itself", "shape"),
        (w_clip01, "clipped to [0, 1]", "guard-too-large"),
        (w_relu, "relu on the result", "guard-too-large"),
        (w_shift01, "(1 + cos) / 2, mapped to [0, 1]", "shifted"),
        (w_abs, "absolute value", "absolute"),
        (w_squared_cos, "cos squared", "squared"),
        (w_arccos, "the angle, not its cosine", "angle"),
        (w_arccos_deg, "the angle in degrees", "degrees"),
        (w_cos_of_cos, "jnp.cos of the quotient (reads the formula as cos of something)", "values"),
        (w_cos_of_dot, "jnp.cos of the dot product", "values"),
        (w_softmax_rows, "softmax over the gallery", "softmax"),
        (w_sqrt_d, "q g^T / sqrt(d) (attention habit)", "one-number-for-all"),
        (w_cos_sqrt_d, "cosine divided by sqrt(d) as well", "factor"),
        (w_cos_div_d, "mean over the features instead of the sum (jnp.mean(q*g))", "factor"),
        (w_argmax, "index of the best picture", "shape"),
        (w_max, "best score only", "shape"),
        (w_top_k, "lax.top_k: (values, indices)", "shape"),
        (w_argsort, "the ranking (argsort), right shape, indices", "ranks"),
        (w_sorted, "scores sorted in each row", "other-order"),
        (w_paired, "paired: row i against row i only", "paired"),
        (w_paired_direct, "paired, without all pairs: sum(q*g, axis=1)", "exception"),
        (w_diag_of, "jnp.diag of the matrix", "paired"),
        (w_vmap_paired, "one vmap over both arguments at once", "exception"),
        (w_vmap_axes_swapped, "nested vmap, out axes swapped: (G, Q)", "transposed"),
        (w_pearson, "mean-centred rows: Pearson correlation", "centred"),
        (w_corrcoef, "jnp.corrcoef, upper right block", "centred"),
        (w_std_instead_of_norm, "divided by the rows' standard deviation", "standard-deviation"),
        (w_l1, "L1 norm (sum of absolute values)", "sum-of-absolutes"),
        (w_sum_norm, "divided by the plain sum (no absolute, no square)", "plain-sum"),
        (w_linf, "largest absolute entry as the norm", "largest-entry"),
        (w_nan, "NaN where a vector is zero", "zero-vector"),
        (w_nan_queries_only, "zeros guarded in the queries, not in the gallery", "not-finite"),
        (w_nan_gallery_only, "zeros guarded in the gallery, not in the queries", "not-finite"),
        (w_where_nan_eq, "tries c == jnp.nan to find the NaNs (never true)", "zero-vector"),
        (w_zeros_are_one, "zero vectors get 1", "zero-vector-value"),
        (w_zeros_are_minus_one, "zero vectors get -1", "zero-vector-value"),
        (w_drop_zero_rows, "zero rows dropped", "shape"),
        (w_returns_zero_if_any, "whole matrix set to 0 if any vector is zero", "zeroes-others"),
        (w_minimum_eps, "minimum(norm, eps) where maximum is meant", "one-number-for-all"),
        (w_int_cast, "result cast to int", "all-zero"),
        (w_threshold, "boolean: cos > 0.5", "only-0-and-1"),
        (w_bool_same_direction, "boolean: does it point in the same direction (isclose 1)", "all-zero"),
        (w_optax_distance, "optax.cosine_distance", "distance"),
        (w_tuple, "returns (scores, norms)", "not-an-array"),
        (w_dict, "returns a dict", "not-an-array"),
        (w_none, "forgot return", "returns-nothing"),
        (w_print, "prints instead of returning", "returns-nothing"),
        (w_not_implemented, "raise NotImplementedError left", "empty"),
        (w_identity, "jnp.eye(Q, G)", "only-0-and-1"),
        (w_first_query_repeated, "the first query's row, repeated (loop index bug)", "rows-alike"),
        (w_euclid_squared, "squared Euclidean distance", "euclidean-squared"),
        (w_softmax_axis0, "softmax over the queries (axis 0)", "softmax-over-queries"),
        (w_abs_via_sqrt, "sqrt(dot^2 / (|q|^2|g|^2)): sign lost", "absolute"),
    ]
}
