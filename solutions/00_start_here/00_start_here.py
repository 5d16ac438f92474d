# %% [markdown]
# # 00 · Start here
#
# {{badge}}
#
# **A network can learn anything you teach it, even nonsense. This course is about telling the difference, for models that see and read.**
#
# At the end of this notebook you
# - know this machine, the artwork that the whole course is made of, and the map of what you will build;
# - can read the JAX and Flax NNX that every notebook uses, and have trained a small model in it by hand;
# - have written your first function that grades itself, and searched a gallery of pictures with it;
# - have trained a model on nonsense, and caught one that looks perfect and is not.
#
# | | |
# |---|---|
# | your time | about 90 minutes; sections 2 and 4 are quick if you know them |
# | computing | under a minute in all on two CPU cores; a GPU or TPU is welcome, not needed |
# | needed | Python; what a derivative is; having trained a network once, in any framework |
#
# Run the cells from top to bottom with **Shift + Enter**. Nothing you do here can break anything.

# %% setup

# %%
import time

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx

from course_utils import runtime, training
from course_utils.exercises import check, diagnostic
from course_utils.experiments import record
from course_utils.experiments import start_here as kinds
from course_utils.models.start_here import PatchTower, TowerConfig
from course_utils.show import diagrams, explorer, gallery, live, source, widgets
from course_utils.show import start_here as figures
from course_utils.world import emoji

runtime.start()

# %% [markdown]
# ## 1 · Where are you running?
#
# The line above names your machine and the **preset**: on a CPU the experiments are small; on a GPU or TPU they grow by themselves. If something is wrong with the installation, a line with ✗ says what to do about it.
#
# JAX *compiles* each program the first time it meets it, so the first run of a training cell waits a few seconds before it moves. Compiled programs are kept on disk: the second run starts at once.
#
# **How a notebook of this course works.** Every section asks one question. Text and small pieces of code come first, then an exercise. You write 3 to 15 lines; a check says at once whether they are right, and if not, *what you probably misunderstood*. From then on the notebook runs **your** code. While your code does not pass, it runs the course's, and says so: you are never stuck.

# %% [markdown]
# ## 2 · What do you bring along?
#
# Ten questions on what the course assumes. Nobody sees your answers, and they are not graded: they tell you which page to refresh before which notebook. Not knowing is fine; section 4 teaches what the last two ask.

# %%
diagnostic.questions()

# %%
# Write your ten letters in order; "?" means "not sure".
my_answers = "? ? ? ? ? ? ? ? ? ?"

diagnostic.answers(my_answers)

# %% [markdown]
# ## 3 · What is our world made of?
#
# Photographs are too large to train on while you wait, and coloured squares are too dull to care about. We use **emoji**: real artwork, with names in many languages, drawn again and again by different artists. The same tiger exists in several styles. That gives us a question that matters for every vision model: *does it know tigers, or only the drawings it has seen?*

# %%
diagrams.style_tour().show()

# %% [markdown]
# Three styles are for training. Two are **held out**: no model of the course ever trains on them. A tenth of the concepts is held out as well, in every style. Look up a few things you like: as artists drew them, as a model reads them, as people call them.

# %%
widgets.emoji_tour("tiger", "en")

# %% [markdown]
# From the next notebook on, models look at **scenes**: one to five of 32 kinds, recoloured, on a 3 × 3 grid. A scene is a handful of symbols; its picture, its captions in four languages, its questions and expressions are views of the same symbols, so every answer can be checked. Move the seed, or compose your own; ask about it; point into it.

# %%
explorer.explorer()

# %% [markdown]
# ## 4 · JAX in ten minutes
#
# ### 4.1 Arrays
# `jax.numpy` is NumPy on any device, with one difference: an array never changes. A picture is an array of numbers from 0 to 255, with axes row, column, colour.

# %%
art = emoji.load()
pictures = jnp.asarray(emoji.on_background(art.pictures("noto")))
tiger = pictures[art.index("tiger")]

print("all pictures:", pictures.shape, pictures.dtype)
print("one picture: ", tiger.shape)

# %%
without_top = tiger.at[:16].set(255)  # a new array; `tiger` is as before
gallery.gallery(
    [tiger, without_top, tiger[:, ::-1], tiger[..., ::-1]],
    ["tiger", ".at[:16].set(255)", "[:, ::-1]", "[..., ::-1]"],
    title="Indexing a picture", subtitle="Rows, columns and colour channels are just axes.", columns=4, side=96,
).show()

# %% [markdown]
# ### 4.2 `vmap`: write it for one, run it for all
# How colourful is a picture? Write it for *one* picture: the mean spread between its strongest and weakest channel. `jax.vmap` turns a function of one picture into a function of many, without a loop.

# %%
def colourfulness(picture):
    """uint8[32, 32, 3] → one number."""
    channels = picture.astype(jnp.float32)
    return jnp.mean(channels.max(-1) - channels.min(-1))


scores = jax.vmap(colourfulness)(pictures)
print(colourfulness(tiger).shape, "→", scores.shape)

# %%
order = np.argsort(-np.asarray(scores))
ends = np.concatenate([order[:8], order[-8:]])
gallery.gallery(
    np.asarray(pictures)[ends], [f"{scores[k]:.0f}" for k in ends],
    title="The most and the least colourful emoji", subtitle="One function of one picture, mapped over all of them.",
).show()

# %% [markdown]
# ### 4.3 `grad`: follow the slope
# Which single picture is closest to *all* animals? Let $x$ be a picture and $a_1 \dots a_n$ the animals. The mean squared distance
#
# $$L(x) = \frac{1}{n} \sum_{i=1}^{n} \lVert x - a_i \rVert^2$$
#
# is a function of the 3,072 numbers in $x$. `jax.grad(L)` is a function too: it returns all 3,072 slopes at once. Start from grey and walk downhill.

# %%
animals = jnp.asarray(np.asarray(pictures)[art.group == art.groups.index("animals-nature")] / 255.0)


def distance(x):
    return jnp.mean(jnp.sum((x - animals) ** 2, axis=(1, 2, 3)))


slope = jax.jit(jax.grad(distance))

x, walk = jnp.full((32, 32, 3), 0.5), []
for n in range(17):
    if n in (0, 1, 2, 4, 8, 16):
        walk.append((x, f"step {n}: L = {distance(x):.0f}"))
        last = x
    x = x - 0.1 * slope(x)

gap = float(jnp.abs(last - animals.mean(0)).max())
gallery.gallery(
    [p for p, _ in walk], [words for _, words in walk], columns=6, side=96,
    title="Gradient descent paints the average animal",
    subtitle=f"3,072 numbers follow their slopes. The exact answer is the mean picture; largest gap at the end: {gap:.3f}.",
).show()

# %% [markdown]
# $L$ does not fall to 0: no single picture is close to all animals. (Emoji's groups are Unicode's: "animals & nature" has leaves and flowers too.)
#
# ### 4.4 A model and its training loop, by hand
# Is it an **animal** or **food**? One weight for each of the 3,072 numbers of a picture. A Flax NNX model is a Python object that holds its parameters; randomness is explicit, so it asks for `rngs`. If you come from PyTorch:
#
# | in PyTorch | here |
# |---|---|
# | `torch.manual_seed(0)` | `nnx.Rngs(0)`: a seed that you pass on, no hidden state |
# | `Adam(model.parameters())` | `nnx.Optimizer(model, optax.adam(…), wrt=nnx.Param)`: "with respect to" all parameters |
# | `loss.backward()` | `value_and_grad(loss)(model)` **returns** the slopes |
# | `optimizer.zero_grad()` | not needed: nothing is accumulated |
# | `optimizer.step()` | `optimizer.update(model, slopes)` |
# | `model.to("cuda")` | not needed: arrays live on the best device there is |

# %%
class Probe(nnx.Module):
    def __init__(self, rngs):
        self.linear = nnx.Linear(32 * 32 * 3, 1, rngs=rngs)

    def __call__(self, image):  # uint8[B, 32, 32, 3]
        x = image.reshape(len(image), -1) / 127.5 - 1  # float[B, 3072], in [-1, 1]
        return self.linear(x)[:, 0]  # one score a picture, [B]; above 0 means food


def loss(probe, image, is_food):
    return optax.sigmoid_binary_cross_entropy(probe(image), is_food).mean()


def step(probe, optimizer, image, is_food):
    value, slopes = nnx.value_and_grad(loss)(probe, image, is_food)
    optimizer.update(probe, slopes)
    return value


# %% [markdown]
# `nnx.jit` (for functions of models; `jax.jit` for functions of arrays) compiles the whole step into one program. The first call pays for the compilation, later calls with the same shapes do not. JAX returns before the work is done, so timing needs `block_until_ready`.

# %%
either = np.isin(art.group, [art.groups.index("animals-nature"), art.groups.index("food-drink")])
is_food = jnp.asarray(art.group[either] == art.groups.index("food-drink"), jnp.float32)
examples = pictures[either]


def train_probe(step, steps):
    """Trains a new probe; returns it, its losses, and the milliseconds of each step."""
    probe = Probe(nnx.Rngs(0))
    optimizer = nnx.Optimizer(probe, optax.adam(1e-3), wrt=nnx.Param)
    losses, took = [], []
    for _ in range(steps):
        start = time.perf_counter()
        losses.append(step(probe, optimizer, examples, is_food).block_until_ready())
        took.append(1000 * (time.perf_counter() - start))
    return probe, losses, took


_, _, plain = train_probe(step, 5)
probe, losses, compiled = train_probe(nnx.jit(step), runtime.steps(200))
print(f"loss {losses[0]:.2f} → {losses[-1]:.2f} in {len(losses)} steps; right on its {len(examples)} training pictures: "
      f"{jnp.mean((probe(examples) > 0) == is_food):.0%}")
print(f"one step: {np.median(plain):.1f} ms; compiled: {compiled[0]:.0f} ms for the first, then {np.median(compiled[1:]):.1f} ms")

# %%
weights = np.asarray(probe.linear.kernel[...]).reshape(32, 32, 3)
food_score = np.asarray(probe(examples))
ends = np.concatenate([np.argsort(-food_score)[:4], np.argsort(food_score)[:4]])
gallery.gallery(
    [0.5 + weights / (2 * np.abs(weights).max()), *np.asarray(examples)[ends] / 255.0],
    ["its weights", *[f"{food_score[k]:+.1f}" for k in ends]], columns=9, side=64,
    title="Most like food, most like an animal, in the eyes of 3,072 weights",
    subtitle="First the weights as a picture (grey = 0), then the four highest and the four lowest scores.",
).show()

# %% [markdown]
# ## 5 · A model that knows kinds
#
# **Question: can a small network say what kind of thing an emoji shows, for emoji it has never seen?** Six kinds, after Unicode's groups: smileys, people, animals (and plants), food, places (and what drives between them), objects. This is the whole model:

# %%
source.show(PatchTower)

# %% [markdown]
# Read it from `features` down. `rearrange` cuts a picture into 8 × 8 patches of 4 × 4 pixels: it names the axes before and after the arrow. The same linear layer describes each patch, and an MLP mixes the descriptions into $D = 64$ numbers, the **features**. `classify` turns them into one score a kind, the **logits**, which a softmax would turn into probabilities. Most models of this course are made of such lines: a layer, a rearrangement, a comment with the shape.

# %%
tower = PatchTower(TowerConfig(classes=6), rngs=nnx.Rngs(0))
three = np.asarray(pictures)[[art.index(name) for name in ("tiger", "pizza", "bus")]]

# eval_shape tells the shapes of a function's results without computing them
features, logits = jax.eval_shape(tower.features, three), jax.eval_shape(tower, three)
print("pictures", three.shape, "→ features", features.shape, "→ logits", logits.shape)
print("parameters:", f"{sum(p.size for p in jax.tree.leaves(nnx.state(tower, nnx.Param))):,}")

# %% [markdown]
# Your `step` changed `probe` in place, which is convenient for one model and one step at a time. The library's step is *pure*: parameters go in, better parameters come out, nothing changes behind your back, so that JAX can run many steps in one program. For that the model is split into its structure (`graphdef`), the parameters that learn (`params`), and all that does not (`rest`): a part is **frozen** by leaving it out of `params`. You need not remember the details; recognise your own two lines in it.

# %%
source.show(training.train_step)

# %% [markdown]
# `training.fit` puts fifty such steps into one compiled program (`jax.lax.scan`) and draws the loss as it falls. Here: AdamW, 128 pictures a step, a learning rate that rises to 0.002 and falls to 0. A network that knows nothing gives each of six kinds the same probability; its cross-entropy is $\ln 6 \approx 1.79$, the dotted line.

# %%
steps = runtime.steps(kinds.STEPS)
model, history = kinds.train(
    "true labels", steps=steps, watch=live.LossCurve("The tower learns six kinds of emoji", floor=np.log(6), role="vision")
)

# %%
seen, unseen = emoji.TRAINING_STYLES, emoji.HELD_OUT_STYLES
on_training = kinds.accuracy(model, seen, new=False)
on_new = kinds.accuracy(model, seen, new=True)
print(f"training pictures:                        {on_training:.0%} right")
print(f"the same things, drawn by unseen artists: {kinds.accuracy(model, unseen, new=False):.0%}")
print(f"new things, in the training styles:       {on_new:.0%}")
print(f"always the commonest kind: {kinds.commonest_kind():.0%}; a blind guess among six: {1 / 6:.0%}")

# %% [markdown]
# There is the answer to section 3: **it knows the drawings much better than the things.** A tiger that another artist drew is about as hard as an animal it has never met. Both are well above always naming the commonest kind, so something was learned. What, and how much is it worth? For that you need a tool.

# %% [markdown] exercise="00.1" name="cosine_similarity" title="Which pictures are alike?" points=4 difficulty=1 minutes=8
# A model turns a picture into a vector of features. Two pictures are alike if their vectors point in the same **direction**; their lengths do not matter. The measure of that is the cosine of the angle between them,
#
# $$\cos(q, g) = \frac{q \cdot g}{\lVert q \rVert \, \lVert g \rVert}$$
#
# Write it for *all* pairs at once: every row of `queries` (shape $Q \times d$) against every row of `gallery` ($G \times d$). A vector of zeros has no direction; let its cosine with everything be 0.
#
# Hint: Give every row length 1 first. Then a single matrix product holds all the cosines.
#
# Hint: The lengths of all rows are `jnp.linalg.norm(x, axis=-1, keepdims=True)`. For a row of zeros this is 0; replace a 0 by 1 before you divide (`jnp.where`).

# %% solution="00.1"
def cosine_similarity(queries, gallery):
    """The cosine between every query and every gallery vector.

    queries: float[Q, d], gallery: float[G, d]  →  float[Q, G], between -1 and 1;
    0 wherever one of the two vectors is all zeros.
    """
    ### BEGIN SOLUTION
    def unit(x):
        length = jnp.linalg.norm(x, axis=-1, keepdims=True)  # (n, 1)
        return x / jnp.where(length == 0, 1, length)

    return unit(queries) @ unit(gallery).T  # (Q, G)
    ### END SOLUTION

# %% check="00.1"
similarity = check("00.1", cosine_similarity)

# %% graded="00.1"
from course_utils.exercises import grade

grade("00.1", cosine_similarity)

# %% [markdown]
# ### What it bought us: a picture search
#
# `similarity` is your function if it passed, else the course's. The queries are new emoji, drawn by an artist that no model has seen (`fxemoji`); the gallery holds the training concepts as `noto` draws them. We list the most similar pictures: once by their raw pixels, once by the tower's features.

# %%
the = kinds.task()
gallery_rows, query_rows = the.rows("noto", new=False), the.rows("fxemoji", new=True)


def describe(style, rows, model):
    """Pixels from -1 to 1, or a tower's features: float[n, d]."""
    rgba = the.pictures(style, rows)
    return kinds.features(model, rgba) if model else emoji.on_background(rgba).reshape(len(rows), -1) / 127.5 - 1


def search(model=None, k=6):
    """The k most similar gallery pictures of every query: rows, cosines, and whether the kind is the same."""
    cosines = np.asarray(similarity(describe("fxemoji", query_rows, model), describe("noto", gallery_rows, model)))
    best = np.argsort(-cosines, axis=1)[:, :k]
    rows = gallery_rows[best]
    return rows, np.take_along_axis(cosines, best, 1), the.label[rows] == the.label[query_rows][:, None]


# %%
shown = ("face with tears of joy", "tropical fish", "rice ball", "glasses")  # the shares are over all queries
few = [list(the.concepts[query_rows]).index(art.index(name)) for name in shown]
for name, by in {"raw pixels": None, "the tower's features": model}.items():
    rows, cosines, same = search(by)
    display(figures.rankings(name, few, the.pictures("fxemoji", query_rows), the.pictures("noto")[rows], cosines, same).show())

# %% [markdown]
# Raw pixels reward the same colour in the same place, the white around an emoji included: hence the odd finds. The tower's features were trained to tell six kinds, on other drawings of other things, and carry some of that over to emoji that no model has met. Six pictures taken at random set the floor:

# %%
at_random = (the.label[gallery_rows][None] == the.label[query_rows][:, None]).mean()
print(f"same kind, taken at random: {at_random:.0%}")

# %% [markdown]
# ## 6 · What would it learn from nonsense?
#
# Now take the same pictures and **deal the labels out at random**: every concept keeps one label, in all its drawings, but the tiger may become a food and the pizza a place. What a picture shows no longer tells its label. Train the same tower for the same number of steps.
#
# **Predict, then run.** How many *training pictures* will it name as it was taught? How many *new* emoji will it name truly? Commit yourself; nobody grades a guess.

# %%
# Your guesses for the tower that is taught nonsense, in percent: replace both None by a number.
guess = {"training pictures": None, "new emoji": None}

# %%
nonsense, _ = kinds.train(
    "shuffled labels", steps=steps, watch=live.LossCurve("The same tower, taught nonsense", floor=np.log(6), role="control")
)
taught = kinds.training_labels("shuffled labels", seed=0)
runs = {
    "true labels": (on_training, on_new),
    "shuffled labels": (kinds.accuracy(nonsense, seen, new=False, label=taught), kinds.accuracy(nonsense, seen, new=True)),
}

# %%
recorded = record.load("00")
figures.towers(recorded, runs, guess, title="Nonsense is learned by heart, and helps nobody").show()

# %% [markdown]
# Both losses go to zero. Both towers know every training picture. **The training curve cannot tell knowledge from memory; only pictures the model has never met can.** Zhang et al. (2017) showed this for large networks on ImageNet, with random labels and even with random pixels.
#
# How to read the figure: a filled or hollow dot is the mean of five recorded runs, the square is the one run you have just made. A single run may well lie outside the bar, which says how well the *mean* is known.
#
# Look at the baselines too. A tower beats guessing only if it beats *always the commonest kind*; and copying the kind of the training picture with the nearest *pixels*, among all three styles and without any training, comes within a few points of the tower. (In the search above pixels did worse: there the drawings came from an artist they had never seen.) A number means little until the simplest baseline stands beside it. Every notebook has a baseline, and a control that must fail.

# %%
for name, by in {"raw pixels": None, "features of the true labels": model, "features of nonsense": nonsense}.items():
    print(f"same kind among the 6 nearest, by {name}: {search(by)[2].mean():.0%}")

# %% [markdown]
# Your search tells them apart as well: features that were taught nonsense find no more than raw pixels do.
#
# ## 7 · A run that looks fine
#
# A colleague sends you a tower of the same size and a message: *"Same pictures, my own data loader. Perfect in training, nearly perfect on **new** emoji. How can yours be so bad?"* You repeat their run.

# %%
colleagues, on_theirs, on_their_new = kinds.colleague(
    steps, watch=live.LossCurve("The colleague's tower", floor=np.log(6), role="vision")
)
print(f"their training pictures: {on_theirs:.0%} right")
print(f"their new emoji:         {on_their_new:.0%} right")

# %% [markdown]
# The curve is perfect, and the test really is on emoji that were never trained on. **What is wrong?** Here is what their loader hands to the model. Look, and write down one suspicion before you go on.

# %%
handed, kind_of = kinds.colleagues_pictures()
gallery.gallery(
    handed, kind_of, title="What the colleague's loader hands to the model",
    subtitle="New emoji with their true kind. Do you see it?",
).show()

# %%
my_suspicion = "…"

# %% [markdown]
# <details><summary><b>Diagnosis</b> (open it when you have yours)</summary>
#
# Every kind stands on a pale background of its own. The answer is painted behind the emoji, in training *and* in the test. This is a **leak**, and learning it instead of the emoji is a **shortcut** (Geirhos et al., 2020). A held-out set does not help when it leaks in the same way.
# </details>

# %% [markdown]
# A suspicion becomes knowledge when you change *one* thing and look again. We change the thing you saw, twice.

# %%
on_white = kinds.accuracy(colleagues, seen, new=True)
print(f"new emoji on white:                       {on_white:.0%} right")
print(f"new emoji on another kind's background:   {kinds.others_background(colleagues):.0%} right")
print(f"   … called what the background says:     {kinds.named_by_background(colleagues):.0%}")

# %% [markdown]
# On a wrong background the tower mostly says what the background says, and is right less often than if it had never looked. It is not *all* background: on white, where there is nothing to lean on, it still does a little better than always naming the commonest kind, so it has learned something about emoji on the way, and uses it where the shortcut is silent. But most of what the first tower knew is missing: where a shortcut gives the answer, there is little left to learn from.

# %%
runs[kinds.COLLEAGUES] = (on_theirs, on_white)
figures.towers(recorded, runs, guess).show()

# %% [markdown]
# You will meet this again at once: in notebook 01 a model answers questions about pictures *without looking at them*, because the questions give the answers away.

# %% [markdown] question="00.q1" title="Would you believe it?" points=2 minutes=5
# A friend reports a model that names the kind of *photographs* with 99 % on a held-out test. In three or four sentences: name **two** measurements that would tell whether it looks at the object at all, and for each say what you expect to see if it does not.
#
# Rubric: 1 point for each measurement that changes one thing and keeps the rest (another background or source, the object removed or masked, labels shuffled, only the background shown, another camera or style, a blind baseline), *with* the result expected of a model that does not look (accuracy unchanged without the object, falling to chance or following the background when it is swapped). No point for more training, another metric on the same test, or the training loss. Half a point where the expected result is missing.

# %% [markdown] answer="00.q1"
# Cut the object out of every photograph and test again on the empty backgrounds: if the accuracy hardly falls, the object was never used. Then paste each object on the background of another class: a model that looks keeps its answers; one that does not follows the background, so its accuracy drops to chance or below and its errors are the background's class.

# %% [markdown]
# ## 8 · The map of the course
#
# Vision-language models differ in one decision: **where does the picture meet the words?** At the very end, in a single number; in every layer; at each word that is written; between the layers of a language model that stays as it is; or in front of it, as if the picture were words too. You will build all five.

# %%
diagrams.taxonomy().show()

# %%
diagrams.course_map().show()

# %% [markdown]
# Each notebook runs alone: if you are here for LLaVA, take 03 and 07. If you have time, take them in order; the same animals, food and vehicles come back, and by 13 they answer, caption, point and read in a model of your own.
#
# ## 9 · Save, hand in, get help
#
# - **Save** with Ctrl/⌘ + S. In Colab, first choose *File → Save a copy in Drive*: the opened notebook is read-only.
# - **Before you hand in**: *Kernel → Restart and run all* (Colab: *Runtime → Restart session and run all*). What only works because of a cell you have deleted shows now, not in the grading.
# - **Hand in** this one file, the `.ipynb`, where your instructor says. Points come from your code on cases you have not seen (here 4) and from the written question (here 2). Printing, warnings and progress bars cost nothing.
# - **Stuck?** Open the hints: the first gives the direction, the second the outline. A check that fails names the likely mistake. If an error makes no sense, restart the kernel and run all cells above. Then ask, with the notebook, the cell, and the line that `runtime.start()` printed.
#
# ## What to remember
# 1. JAX transforms functions: `vmap` maps, `jit` compiles, `grad` differentiates; they compose because arrays never change.
# 2. A model is an object with parameters. As a pure function of them, a training step can be compiled, and many steps at once.
# 3. A falling loss says that something is learned, not what. Random labels are learned without an error.
# 4. Only new examples, a simple baseline and a control that must fail tell what was learned.
# 5. A held-out test that leaks like the training set proves nothing. Change one thing and look again.
#
# ## Read on
# - C. Zhang, S. Bengio, M. Hardt, B. Recht, O. Vinyals, *Understanding deep learning requires rethinking generalization*, ICLR 2017: sections 2 and 3.
# - R. Geirhos et al., *Shortcut learning in deep neural networks*, Nature Machine Intelligence 2020.
# - *JAX: thinking in JAX* and *Flax NNX basics*, in the two projects' documentation.
#
# Artwork: Noto Emoji, Twemoji, Fluent Emoji and FxEmojis; authors and licences stand in `data/ATTRIBUTION.md`.
