"""Ten questions on what the course assumes, each with where to refresh it. Not graded."""

import dataclasses
import html
import re

from IPython.display import HTML

from course_utils.errors import BadInput
from course_utils.show.html import card


@dataclasses.dataclass(frozen=True)
class Question:
    """One question: ``options`` in order a, b, c, d; ``right`` is a letter; ``why`` one sentence; ``refresh`` a link;
    ``needed`` where the course first needs it."""

    topic: str
    text: str
    options: tuple[str, str, str, str]
    right: str
    why: str
    refresh: tuple[str, str]
    needed: str


_TEXT = """
softmax, needed in 01
The scores are (2, 2, 2, 2). What does a softmax make of them?
(2, 2, 2, 2) | (1, 0, 0, 0) | (0.25, 0.25, 0.25, 0.25) | It depends on the temperature.
c: Equal scores share the mass equally, at every temperature.
Dive into Deep Learning, 4.1, https://d2l.ai/chapter_linear-classification/softmax-regression.html

cross-entropy, needed in 01
A classifier over 8 equally frequent classes has learned nothing. Near which value is its mean cross-entropy?
0 | 1/8 | 1 | ln 8 ≈ 2.08
d: It gives each class 1/8, and −ln(1/8) = ln 8. Know this number: a loss that stays there means nothing is learned.
Dive into Deep Learning, 4.1, https://d2l.ai/chapter_linear-classification/softmax-regression.html

convolution, needed in 01
A convolution's 3×3 kernels are moved over a picture of twice the height and width. How many parameters are added?
none | twice as many | four times as many | nine times as many
a: The same kernel is used at every place; its size does not depend on the picture's.
Dive into Deep Learning, 7.2, https://d2l.ai/chapter_convolutional-neural-networks/conv-layer.html

convolution, needed in 02
Two 3×3 convolutions in a row, stride 1. How large a window of the input does one output value see?
3×3 | 5×5 | 6×6 | 9×9
b: Each layer adds one pixel on every side: 3 + 2 = 5.
Dive into Deep Learning, 7.2, https://d2l.ai/chapter_convolutional-neural-networks/conv-layer.html

LSTM, needed in 01 and 02
What does an LSTM's forget gate multiply?
the input | the output | the previous cell state | the gradient of the loss
c: New cell state = forget gate ∘ old cell state + input gate ∘ candidate.
Dive into Deep Learning, 10.1, https://d2l.ai/chapter_recurrent-modern/lstm.html

embeddings, needed in 01
A vocabulary has 1,000 words and the model is 64 wide. What is the embedding table, and what is looking up a word?
64 × 1,000; a convolution | 1,000 × 64; taking one row | 1,000 × 1,000; a softmax | 64 × 64; a matrix product
b: One learned row a word; taking row i is the product with a one-hot vector, without the zeros.
Dive into Deep Learning, 15.1, https://d2l.ai/chapter_natural-language-processing-pretraining/word2vec.html

attention, needed in 03
5 queries attend to 7 keys of width 16. What is the shape of the attention weights, and what sums to 1?
5 × 7; every row | 7 × 5; every row | 5 × 16; every row | 5 × 7; every column
a: One weight for each (query, key); each query shares a mass of 1 among the keys, so the softmax runs over keys.
Dive into Deep Learning, 11.3, https://d2l.ai/chapter_attention-mechanisms-and-transformers/attention-scoring-functions.html

attention, needed in 05
In a causal language model, which positions may token 3 attend to? (The first token is token 1.)
only 3 | 1, 2 and 3 | 3 and all later ones | all of them
b: Itself and what came before. What comes later is what it must predict.
Dive into Deep Learning, 11.7, https://d2l.ai/chapter_attention-mechanisms-and-transformers/transformer.html

JAX, needed in section 4 below
x is a jax.numpy array. How do you get a copy whose first entry is 0?
x[0] = 0 | x.at[0].set(0) | jnp.set(x, 0, 0) | x.copy()[0] = 0
b: JAX arrays never change in place; `.at[…].set(…)` returns a new one.
JAX: thinking in JAX, https://docs.jax.dev/en/latest/notebooks/thinking_in_jax.html

JAX, needed in section 4 below
f maps float[n] to one number. What does jax.grad(f) return?
the gradient at 0, as an array | one number, the length of the gradient | a function that maps float[n] to the gradient, float[n] | f with its gradient stored inside
c: grad transforms a function into another function. So do jit and vmap: that is why they compose.
JAX: automatic differentiation, https://docs.jax.dev/en/latest/automatic-differentiation.html
"""


def _read(block: str) -> Question:
    head, text, options, why, refresh = block.split("\n")
    topic, needed = head.split(", needed in ")
    return Question(topic, text, tuple(options.split(" | ")), why[0], why[3:], tuple(refresh.rsplit(", ", 1)), needed)


QUESTIONS = tuple(map(_read, _TEXT.strip().split("\n\n")))


def questions() -> HTML:
    """The ten questions as one card."""
    items = "".join(
        f"<li style='margin:0 0 12px'>{_format(q.text)}<br>"
        + "".join(
            f"<span style='display:inline-block;margin-right:24px'><b>{letter}</b>&nbsp; {_format(option)}</span>"
            for letter, option in zip("abcd", q.options, strict=True)
        )
        + "</li>"
        for q in QUESTIONS
    )
    return HTML(card(f"<ol style='margin:8px 0;padding-left:24px'>{items}</ol>"))


def answers(letters: str) -> HTML:
    """Marks ten letters, such as ``"a b c d ? a b c d a"`` (``?`` = not sure), and says what to refresh.

    Raises
    ------
    BadInput
        A ValueError: if there are not ten of them, or one is not a, b, c, d or ``?``.
    """
    given = re.findall(r"\S", str(letters).lower().replace(",", " "))
    if len(given) != len(QUESTIONS):
        raise BadInput(f"Write ten of the letters a, b, c, d or ?, one a question. You wrote {len(given)}: {letters!r}.")
    if stray := sorted(set(given) - set("abcd?")):
        raise BadInput(f"Write ten of the letters a, b, c, d or ?. {' and '.join(map(repr, stray))} is none of them.")
    if set(given) == {"?"}:
        return HTML(card("Write your letters in the cell above and run it again."))
    rows, sure, td = [], 0, "<td style='text-align:left;padding:3px 8px'>"
    for i, (g, q) in enumerate(zip(given, QUESTIONS, strict=True), 1):
        badge, note = "<b style='color:#075E4A'>✓</b>", ""
        if g == q.right:
            sure += 1
        else:
            badge = "<b style='color:#A3211A'>✗</b>"
            note = f"<b>{q.right}</b>, {_format(q.options['abcd'.index(q.right)])}. {_format(q.why)} "
            note += f"Refresh: <a href='{q.refresh[1]}' style='color:#0F539E'>{q.refresh[0]}</a>, needed in {q.needed}."
        rows.append(f"<tr style='background:#fff;color:#1C2330'>{td}{badge} {i}</td>{td}{q.topic}</td>{td}{note}</td></tr>")
    advice = (
        "You have all that the course assumes."
        if sure >= 8
        else "Start the course now, and read each page below before the notebook that needs it."
        if sure >= 5
        else "Give the pages named below an evening first: the course will be twice as pleasant."
    )
    table = f"<table style='border-collapse:collapse;margin-top:8px;font-size:13px'>{''.join(rows)}</table>"
    return HTML(card(f"<b>{sure} of {len(QUESTIONS)}.</b> {advice}{table}"))


def _format(text: str) -> str:
    """HTML-escaped text, with `code` in backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
