"""One step of an LSTM that reads a word and what was looked at."""

import functools
import itertools

import numpy as np

from course_utils.exercises.arrays import normal, parameters, sigmoid
from course_utils.exercises.core import Case, Exercise
from course_utils.exercises.edits import edits
from course_utils.exercises.judges import Output, judge_outputs, of_output
from course_utils.models.captioning import attention


def cases(seed: int) -> list[Case]:
    """Batches of different sizes, with states that are not small."""
    rng = np.random.default_rng([seed, 202])
    drawn = []
    for b, d, d_w, d_v in [(3, 5, 4, 7), (5, 3, 6, 2), (1, 4, 2, 3)]:
        shapes = {"W_x": (d_w, 4 * d), "W_z": (d_v, 4 * d), "W_h": (d, 4 * d), "b": (4 * d,)}
        params = parameters(rng, shapes, spread=1.0, vectors=0.7)
        states = [normal(rng, b, size) for size in (d, d, d_w, d_v)]
        states[1] *= 2
        drawn.append(Case((params, *states), f"B = {b}, D = {d}, D_w = {d_w}, D_v = {d_v}"))
    return drawn


def lstm_step(params, h, c, word, context):
    """The next h and c, float[B, D] each."""
    gates = word @ params["W_x"] + context @ params["W_z"] + h @ params["W_h"] + params["b"]
    i, f, g, o = np.split(gates, 4, -1)
    i, f, o, g = sigmoid(i), sigmoid(f), sigmoid(o), np.tanh(g)
    new = f * c + i * g
    state = o * np.tanh(new)
    return state, new


_BIAS, _MEMORY, _SHOWN, _SPLIT, _GATES = ' + params["b"]', "f * c + i * g", "np.tanh(new)", "np.split(gates, 4, -1)", "i, f, g, o ="

CELL_MISTAKES = edits(
    lstm_step,
    (
        "forget-and-input-exchanged",
        "i and f have changed places: i lets in the new, f keeps the old; they lie as i, f, g, o.",
        _GATES,
        "f, i, g, o =",
    ),
    *(
        ("gate-order", f"The gates are taken as {', '.join(order)}. They lie as i, f, g, o.", _GATES, f"{', '.join(order)} =")
        for order in itertools.permutations("ifgo")
        if "".join(order) not in ("ifgo", "figo")
    ),
    (
        "gates-interleaved",
        "You take every fourth number. Each gate is a block of D numbers: split in four.",
        *(_SPLIT, "(gates[:, k::4] for k in range(4))"),
    ),
    (
        "reshaped",
        "You reshape to (4, B, D), which mixes the rows. Cut the columns: `jnp.split(gates, 4, axis=-1)`.",
        *(_SPLIT, "gates.reshape(4, *h.shape)"),
    ),
    ("no-context", 'What was looked at is missing: add `context @ params["W_z"]`.', 'context @ params["W_z"] + ', ""),
    ("no-state", 'The state is missing: add `h @ params["W_h"]`.', 'h @ params["W_h"] + ', ""),
    ("bias-repeated", "The bias b comes in more than once. Add it to the sum of the three products.", _BIAS, (2 * _BIAS, 3 * _BIAS)),
    ("candidate-not-tanh", "g goes through tanh, so that it can be negative, and is bounded.", "np.tanh(g)", ("g", "sigmoid(g)")),
    ("gates-not-sigmoid", "i, f and o go through a sigmoid: from 0, closed, to 1, open.", "sigmoid", ("np.tanh", "")),
    ("forget-plus-one", "You add 1 to the forget gate, as some libraries do. Here b holds it already.", "sigmoid(f)", "sigmoid(f + 1)"),
    ("cell-for-state", "You multiply the memory c with W_h. The gates read h.", "h @", "c @"),
    ("arguments-exchanged", "h and c have changed places among the arguments: `(params, h, c, word, context)`.", "h, c,", "c, h,"),
    ("state-for-cell", "You keep h in the place of c: c' = f ∘ c + i ∘ g.", "f * h"),
    ("no-memory", "The old memory is lost: c' = f ∘ c + i ∘ g.", _MEMORY, "i * g"),
    ("forgets-otherwise", "You keep 1 − f, or 1 − i as a GRU does. An open f (1) keeps: f ∘ c.", ("(1 - f) * c", "(1 - i) * c")),
    ("subtracted", "You subtract i ∘ g. It is added: c' = f ∘ c + i ∘ g.", "+ i * g", "- i * g"),
    ("no-input-gate", "The input gate i is missing from i ∘ g.", "i * g", "g"),
    ("no-forget-gate", "The forget gate f is missing from f ∘ c.", "c"),
    ("memory-squashed", "c' is not squashed; the tanh belongs to h' = o ∘ tanh(c').", _MEMORY, f"np.tanh({_MEMORY})"),
    ("exchanged", "Where c belongs stands h: `return h, c`, first the state, then the memory.", "return state, new", "return new, state"),
    ("old-memory-returned", "This is the old c. Return the new one, c' = f ∘ c + i ∘ g.", "return state, new", "return state, c"),
    at="f * c",
)
STATE_MISTAKES = edits(
    lstm_step,
    ("no-tanh-on-cell", "h' = o ∘ tanh(c'): the tanh is missing.", "new"),
    ("old-cell-shown", "h' shows the old memory. It shows the new one: o ∘ tanh(c').", "np.tanh(c)"),
    ("no-output-gate", "The output gate o is missing: h' = o ∘ tanh(c').", "o * np", "np"),
    ("tanh-of-product", "The tanh stands around o ∘ c'. It stands around c' alone.", "o * np.tanh(new)", "np.tanh(o * new)"),
    ("output-gate-not-sigmoid", "The output gate o goes through a sigmoid: h' = σ(o) ∘ tanh(c').", "sigmoid(o)", ("o", "np.tanh(o)")),
    ("other-gate-shows", "Another gate stands in the place of o: h' = o ∘ tanh(c').", "o * np", ("i * np", "f * np")),
    ("state-kept", "You add the old h. The new one is o ∘ tanh(c') alone.", "return state", "return h + state"),
    ("old-state-returned", "This is the old h. Return the new one.", "return state", "return h"),
    ("sigmoid-of-cell", "h' = o ∘ tanh(c'); you use a sigmoid of c'.", "sigmoid(new)"),
    ("exchanged", "Where h belongs stands c: `return h, c`, first the state, then the memory.", "return state", "return new"),
    at=_SHOWN,
)

_BY_HAND = "differs. Compute the four gates of one row by hand: i, f, g, o, D numbers each."

judge = functools.partial(
    judge_outputs,
    reference=lstm_step,
    outputs=[
        Output("c", 1, 0.5, "the next memory, shape (B, D)", of_output(1, CELL_MISTAKES), remark=f"The memory {_BY_HAND}"),
        Output("h", 0, 0.5, "the next state, shape (B, D)", of_output(0, STATE_MISTAKES), remark=f"The state {_BY_HAND}"),
    ],
)

EXERCISE = Exercise("02.2", "lstm_step", 4, attention.lstm_step, cases, judge, compiled=True)
