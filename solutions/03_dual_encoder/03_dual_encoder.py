# %% [markdown]
# # 03 · Two towers
#
# {{badge}}
#
# **Two networks that never see each other's input learn to meet in one space. Then words find pictures, even in the hand of an artist whom neither has seen.**
#
# At the end of this notebook you
# - have seen a picture cut into the words that a vision transformer reads (the transformer itself, step by step, stands under *Further*);
# - have written CLIP's loss, a step of training with it, and the measure of what was learned;
# - have searched in an art style that was never trained on, beside chance and the nearest pixels;
# - have named pictures with labels that nobody trained for, and met labels for which that fails;
# - know which question a bag of words answers no better than a coin, and why a tower that reads in order need not learn it either.
#
# | | |
# |---|---|
# | your time | 90 to 105 minutes; *Further* adds about an hour |
# | computing | about a minute and a half on two CPU cores |
# | needed | notebook 00 or its equivalent: JAX arrays and slopes (`jax.value_and_grad`), a softmax, what attention is |

# %% setup

# %%
import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from course_utils import runtime
from course_utils.arms import Arm
from course_utils.exercises import check
from course_utils.experiments import record
from course_utils.experiments.dual_encoder import (
    binding, cache, colleague, dataset, linear_towers, naming, pretrained, trainer,
)
from course_utils.models import dual_encoder as dual
from course_utils.nn import pixels, vit
from course_utils.show import dual_encoder as figures
from course_utils.show import live, results, source
from course_utils.world import emoji, render

runtime.start()
# The course's own runs: recorded[arm, measure] is the mean over several seeds, with an interval.
# An Arm says by its fields which runs are meant, such as Arm(left_out="twemoji", variation="augmented").
recorded = record.load("03")

# %% [markdown]
# ## 1 · What does a caption teach?
#
# A classifier learns from labels that somebody chose beforehand. The web is full of something cheaper: pictures with *words* beside them. **CLIP** (Radford et al., 2021) asks of a batch of $B$ pictures and their $B$ texts one thing only: which belongs to which? Nobody makes a list of classes, and nothing is generated.
#
# Our pictures are emoji, drawn by several artists; our texts what they are called: each time a picture is drawn, its text is its name (six times in ten or more) or one to three of its names and keywords, and half of all texts stand in a sentence such as *a picture of …*. Two styles teach. A third, **twemoji**, is left out: it is the test.

# %%
LEFT_OUT = "twemoji"
styles = dataset.other_styles(LEFT_OUT)
taught = dataset.concepts()  # 807 concepts; 89 more are never trained on, in no style
art = emoji.load()

shown = np.array([art.index(name) for name in ("tiger", "bus", "tulip", "pizza", "key", "guitar", "penguin", "rocket")])
some = dual.pictures.pictures("noto", shown, dual.pictures.ALL, seed=1)
some[1::2] = dual.pictures.pictures("fluent", shown, dual.pictures.ALL, seed=2)[1::2]
said = [", ".join(dual.words.phrases(k)[:3]) for k in shown]
figures.pairs(some, said, dataset.test_pictures(LEFT_OUT, shown), dataset.names(shown), styles=("noto", "fluent"), left_out=LEFT_OUT).show()

# %%
figures.towers().show()

# %% [markdown]
# The **image tower** turns a picture into a vector $x_i$ of $D$ numbers, the **text tower** a text into $y_j$ of equally many. They share no weight and exchange no message. All that is compared is the angle between two finished vectors. That is a *dual encoder*, and its poverty is its strength: a million pictures can be encoded tonight, and searched tomorrow by words that nobody knows yet.
#
# ## 2 · How does a picture become vectors?
#
# A transformer reads a sequence, so cut the picture into squares of $P \times P$ pixels and read them row by row (Dosovitskiy et al., 2021). A picture of $H \times W$ pixels has $N = HW / P^2$ of them, if $P$ divides both.

# %%
P = 8
picture = dual.pictures.pictures("noto", shown[:1], dual.pictures.Variation(ground="scene"), seed=2)  # (1, 32, 32, 3)
patches = pixels.patchify(picture, P)  # (1, N, P²·3)
figures.patches(picture[0], np.asarray(patches[0]), P).show()

# %% [markdown]
# From here on nothing knows that there ever was a picture. Each patch is multiplied by one matrix. A learned **class token** is put in front, which belongs to no patch and will stand for the whole; a learned vector for each place is added, or the order would be lost. Then come transformer blocks, in which every token looks at every token; at the end the class token is normalised and projected: that is $x_i$. One block, step by step, stands under *Further*.
#
# That tower needs many pictures and a GPU. For 2 × 807 drawings and a minute of CPU ours is smaller, and begins the same way, with squares and one matrix for all of them:
#
# | step | what it does | shape of one picture |
# |---|---|---|
# | | pixels | $32 \times 32 \times 3$ |
# | `describe` | squares of 8 × 8 pixels, one every 4 pixels, so that they overlap (a border of 2 is added); each times the same matrix | $8 \times 8 \times 32$ |
# | `combine` | squares of 4 × 4 of these, one every 2, again one matrix for all | $4 \times 4 \times 64$ |
# | `mix`, `project` | all 1,024 numbers in one row, through two matrices | $192$, then $D = 96$ |
#
# The text tower is simpler still, a **bag of words**: the mean of a vector for each word, times a matrix. Everything that follows is the same for any tower.

# %%
source.show(dual.towers.WindowTower.__call__)

# %% [markdown]
# ## 3 · Which belongs to which?
#
# Divide each vector by its length, so that a dot product is a cosine, and multiply by a learned scale $e^{s}$ (CLIP starts at $e^s = 1/0.07$; its reciprocal is called the temperature):
#
# $$S_{ij} = e^{s}\; \frac{x_i}{|x_i|} \cdot \frac{y_j}{|y_j|}, \qquad S \text{ of shape } (B, B)$$
#
# Row $i$ is a search: picture $i$ looks for its text among $B$. A softmax along the row turns scores into shares, and $-\log$ of the share of the right one, $S_{ii}$, is the loss. Column $j$ is the opposite search, of text $j$ for its picture. **InfoNCE both ways** is the mean of all $2B$.

# %% [markdown] exercise="03.1" name="info_nce" title="Pull together, push apart" points=4 difficulty=2 minutes=12
# Write the loss. Row $i$ of `image` belongs to row $i$ of `text`; the vectors come with any length; `log_scale` is $s$. Use `jnp`: your loss will train the towers.
#
# Hint: You need one table of $(B, B)$ and two softmaxes over it: one for each row, one for each column. What belongs together stands on the diagonal.
#
# Hint: `image / jnp.linalg.norm(image, axis=-1, keepdims=True)` has length 1. `jax.nn.log_softmax(S, axis=1)` are the logarithms of the shares along each row; `jnp.diagonal` takes the right ones. The same with `axis=0`. Mind the sign, and take means.

# %% solution="03.1"
def info_nce(image, text, log_scale):
    """CLIP's loss, from pictures to texts and from texts to pictures.

    image: float[B, D], text: float[B, D], log_scale: a number  →  a number
    """
    ### BEGIN SOLUTION
    image = image / jnp.linalg.norm(image, axis=-1, keepdims=True)
    text = text / jnp.linalg.norm(text, axis=-1, keepdims=True)
    scores = jnp.exp(log_scale) * image @ text.T  # (B, B)
    to_text = -jnp.diagonal(jax.nn.log_softmax(scores, axis=1)).mean()
    to_image = -jnp.diagonal(jax.nn.log_softmax(scores, axis=0)).mean()
    return (to_text + to_image) / 2
    ### END SOLUTION

# %% check="03.1"
loss = check("03.1", info_nce)

# %% graded="03.1"
from course_utils.exercises import grade

grade("03.1", info_nce)

# %% [markdown]
# Equal shares for every text would give a loss of $\ln B$. Untrained towers start above it: their vectors point in random directions, and random cosines times a scale of 14 are confident and wrong. And the larger the batch, the harder the question: among 256 texts there may be some thirty animals, among 32,768 (CLIP's batch) three other tigers.
#
# ## 4 · One step
#
# Learning is a loop around one step: the loss and its slopes, then every parameter a little downhill. Write it for the smallest dual encoder there is, two matrices: a picture's pixels times one, counts of words times the other.
#
# One thing is particular to CLIP. The scale is learned too, and could grow without bound: once the pairs are right, a larger scale always lowers the loss. So after each step CLIP clips it at 100, which means $s \le \ln 100$.

# %% [markdown] exercise="03.2" name="training_step" title="A step of training" points=4 difficulty=2 minutes=12
# `params` is a dictionary: `image` $(N_{px} \times D)$, `text` $(V \times D)$, `log_scale`. Embed both sides (`images @ params["image"]`, and so on), take your `loss` above, subtract `learning_rate` times the slope from **all three**, then clip `log_scale`. Return the new parameters and the loss *before* the step. Use `jnp`: below many of your steps become one compiled program.
#
# Hint: `jax.value_and_grad(f)(params)` returns a number and a dictionary of slopes shaped like `params`. `f` must be a function of `params` alone: define it inside.
#
# Hint: `jax.tree.map(lambda p, slope: p - learning_rate * slope, params, slopes)` steps all at once. Then replace one entry: `{**params, "log_scale": jnp.minimum(...)}`.

# %% solution="03.2"
def training_step(params, images, words, learning_rate):
    """One step of gradient descent on two linear towers.

    images: float[B, N_px], words: float[B, V], learning_rate: a number  →  params, loss
    """
    ### BEGIN SOLUTION
    def objective(params):
        return loss(images @ params["image"], words @ params["text"], params["log_scale"])

    value, slopes = jax.jit(jax.value_and_grad(objective))(params)
    params = jax.tree.map(lambda p, slope: p - learning_rate * slope, params, slopes)
    return {**params, "log_scale": jnp.minimum(params["log_scale"], jnp.log(100.0))}, value
    ### END SOLUTION

# %% check="03.2"
step = check("03.2", training_step)

# %% graded="03.2"
grade("03.2", training_step)

# %% [markdown]
# Now your step runs 300 times, on 128 concepts, drawn as they are on white.

# %%
small, history = linear_towers.train(step, steps=runtime.steps(linear_towers.STEPS))
print(f"loss: {history[0]:.2f} at first, {history[-1]:.2f} at last (ln 128 = {np.log(128):.2f}); scale {np.exp(float(small['log_scale'])):.0f}")

eight = [3, 10, 17, 24, 31, 38, 45, 52]
names = dataset.names(linear_towers.rows()[eight])
tables = {
    title: linear_towers.table(params, LEFT_OUT)[np.ix_(eight, eight)]
    for title, params in (("before training", linear_towers.start()), ("after your steps", small))
}
figures.similarities(dual.pictures.pictures(LEFT_OUT, linear_towers.rows()[eight], dual.pictures.NONE), names, tables).show()

# %% [markdown]
# These eight are drawn in the style that was left out, and each was searched among eight names only. Two matrices got somewhere. How far? That needs a number.
#
# ## 5 · In a hand never seen
#
# **Recall at $k$**, R@k: the share of queries whose right item is among the best $k$ of the gallery. A query may be a picture that looks for its name among $G$ names, or the reverse. Chance is $k / G$, so **R@k without $G$ says nothing**.

# %% [markdown] exercise="03.3" name="recall_at" title="Was it found?" points=4 difficulty=1 minutes=8
# `scores` has one row a query and one column an item of the gallery; `right[q]` is the number of query $q$'s right item. Return one share for each $k$ in `ks`. There may be more or fewer queries than items, and $k$ may exceed $G$. No two scores of a row are equal.
#
# Hint: You do not need to sort. In which place is the right item, if you know how many items score higher?
#
# Hint: `jnp.take_along_axis(scores, right[:, None], axis=1)` are the scores of the right items, shape $(Q, 1)$. Count in each row what is above; the right item is among the best $k$ if that count is below $k$.

# %% solution="03.3"
def recall_at(scores, right, ks):
    """R@k for every k.

    scores: float[Q, G], right: int[Q], ks: list of numbers  →  float[len(ks)]
    """
    ### BEGIN SOLUTION
    scores, right = np.asarray(scores), np.asarray(right)  # nothing is trained with it
    own = np.take_along_axis(scores, right[:, None], axis=1)  # (Q, 1)
    above = (scores > own).sum(axis=1)
    return np.array([(above < k).mean() for k in ks])
    ### END SOLUTION

# %% check="03.3"
recall = check("03.3", recall_at)

# %% graded="03.3"
grade("03.3", recall_at)

# %%
KS = [1, 5, 10]
for what, how in (("as drawn, on white", dual.pictures.NONE), ("recoloured, scaled, on grounds", dual.pictures.TEST)):
    table = jnp.asarray(linear_towers.table(small, LEFT_OUT, how))
    found = np.asarray(recall(table, np.arange(len(table)), KS))
    print(f"two matrices, unseen style, {what:31} R@1 {found[0]:4.0%}   R@5 {found[1]:4.0%}   R@10 {found[2]:4.0%}")
print("chance, of 128:" + " " * 46 + "   ".join(f"R@{k} {k / 128:4.0%}" for k in KS))

# %% [markdown]
# On white, two artists' tigers share many pixels, and pixels are all that a matrix can compare. Recolour the test pictures, scale them, put them on the grounds of our scenes, and little is left. This is the real test: all 807 concepts taught, **a style never trained on, and no help from colour, place or background**.
#
# Against what should a model be measured? Against chance, and against the **nearest pixels**: take the name of the training picture that looks most alike. We gave that baseline four ways to compare (colours or grey shapes; a gallery on white, or varied like the test pictures) and keep the best:

# %%
print(f"nearest pixels R@1 {recorded[Arm(left_out=LEFT_OUT, pixels='nearest'), 'text R@1'].mean:.1%} of 807; chance {1 / 807:.1%}")

# %% [markdown]
# A network will not ignore the background because we wish it. It ignores what *varies* while the text stays the same. So training draws every picture anew: moved, scaled, mirrored, tinted or painted in one colour, on any ground. The loop around the step is the course's from here on (AdamW, batches of 256, the scale clipped as you did); the loss is yours.
#
# **Predict, then run.** The towers are trained for a minute, on two styles. On the third, how often, in percent, is the right one of 807 names the first? Nearest pixels get about 7.

# %%
# Your guess for the dual encoder's R@1 on twemoji, in percent: replace None.
guess = None

# %%
model = trainer.train(
    styles, loss=loss, steps=runtime.steps(trainer.STEPS),
    watch=live.LossCurve("Two towers learn 807 concepts in two styles", floor=np.log(trainer.BATCH)),
)

# %%
image = trainer.image_vectors(model, dataset.test_pictures(LEFT_OUT, taught))  # (807, D), of length 1
text = trainer.text_vectors(model, dataset.names(taught))
scores = jnp.asarray(image @ text.T)
at = jnp.arange(len(taught))
for way, table in (("picture → name", scores), ("name → picture", scores.T)):
    print(way, "  ".join(f"R@{k} {share:.1%}" for k, share in zip(KS, np.asarray(recall(table, at, KS)))))
figures.retrieval(recorded, {LEFT_OUT: float(recall(scores, at, [1])[0])}, guess, gallery=len(taught)).show()

# %% [markdown]
# Each style was left out in turn. In every one the trained towers are about twice as often right as the best pixels, and more than a hundred times as often as chance. The hollow dot is the control: the same towers, the same steps, but pictures **as drawn**. On this test they are worse than the pixels.
#
# Which part of the variation helped? *Further* leaves out one at a time.
#
# Numbers hide what errors look like. Some searches, in twemoji:

# %%
wanted = ["face", "food", "bird", "vehicle"]
query = trainer.text_vectors(model, wanted) @ image.T  # (4, 807)
best = np.argsort(-query, axis=1)[:, :5]
fits = np.array([[word in dual.words.vocabulary().split(" ".join(dual.words.phrases(k))) for k in taught] for word in wanted])
right = np.take_along_axis(fits, best, 1)
figures.rankings(
    wanted, dataset.test_pictures(LEFT_OUT, taught)[best], np.take_along_axis(query, best, 1), right,
    title=f"Four words look for twemoji's pictures: {right.sum()} of {right.size} right",
    subtitle=f"Top 5 of 807; by chance {5 * fits.mean(1).sum():.0f} of 20 would be right. ✓: the word stands in the emoji's name or keywords.",
).show()

# %% [markdown]
# Some errors have the outline of what was asked for: among faces our run puts other round things. Of most it is hard to say where they come from. And the marks are stricter than you: its racing car counts as wrong for *vehicle*, because neither name nor keywords hold the word.
#
# ## 6 · Naming without training for it
#
# A dual encoder is a classifier whose classes you may write down afterwards. Encode each label as a text, and give a picture the label with the highest cosine: **zero-shot**. Labels are not how people write captions, so CLIP put each into a sentence, "a photo of a {}", and gained; then into many sentences, and averaged. One thing is easily overlooked in that *prompt ensemble*: what is averaged are directions.

# %% [markdown] exercise="03.4" name="zero_shot" title="A classifier made of words" points=4 difficulty=2 minutes=10
# `prompts[k, e]` is the text tower's vector of class $k$ in prompt $e$; no vector has length 1 yet. Give every prompt length 1, average the $E$ prompts of a class, give the mean length 1 again, and return its cosine with every picture.
#
# Hint: Why twice? A long vector must not outweigh the others of its class; and a class whose prompts disagree has a short mean, which must not cost it.
#
# Hint: Write `unit(x)` once, dividing along the last axis with `keepdims=True`. `unit(prompts).mean(axis=1)` has shape $(K, D)$.

# %% solution="03.4"
def zero_shot(image, prompts):
    """Cosines of pictures with classes, each the mean direction of its prompts.

    image: float[B, D], prompts: float[K, E, D]  →  float[B, K]
    """
    ### BEGIN SOLUTION
    def unit(x):
        return x / np.linalg.norm(x, axis=-1, keepdims=True)

    classes = unit(unit(prompts).mean(axis=1))  # (K, D)
    return unit(image) @ classes.T
    ### END SOLUTION

# %% check="03.4"
namer = check("03.4", zero_shot)

# %% graded="03.4"
grade("03.4", zero_shot)

# %% [markdown]
# Three sets of labels for the same style: ten **keywords** that stood in training texts (animal, food, face, …), the same ten **in German**, and the eight **groups** of the official list ("objects", "travel and places", …). No text about an emoji says which group it is in. Only pictures that exactly one of the labels fits are asked about.

# %%
drawn = dataset.all_texts()[taught]  # every way in which a concept is said, as word numbers: (807, 24, T)
holds = (drawn == dual.words.vocabulary().encode(["animal"])[0, 0]).any(-1).mean()
plain, framed = trainer.text_vectors(model, ["animal", "a picture of animal"])
print(f"of all training texts {holds:.1%} hold “animal”; cosine of “animal” and “a picture of animal” {plain @ framed:.2f}\n")
for name, labels in naming.label_sets().items():
    one = naming.accuracy(model, labels, LEFT_OUT, namer, templates=("{}",))
    many = naming.accuracy(model, labels, LEFT_OUT, namer)
    kept = recorded[Arm(left_out=LEFT_OUT, labels=name), "ensemble"].mean
    print(f"{name:9}  one prompt {one:3.0%}  seven {many:3.0%} (recorded {kept:3.0%})  a guess {1 / len(labels.classes):5.1%}"
          f"  always the commonest {labels.commonest:3.0%}  labels without a known word: {naming.unknown_classes(labels.classes)}")

# %% [markdown]
# Nobody trained a classifier for "animal or food", yet with the keywords the towers are right three times as often as a guess, and more often than by always naming the commonest. That is not much: most texts were names, and few said "animal" (the first line counts them). In German every label is the same empty bag of words to this tower, and naming is a guess. The groups are the instructive case: a little above a guess, and below always naming the commonest. Two of these eight labels hold no word that the tower ever read; those of the others ("food", "animals", "people") it has met, but never as the name of such a group. **A label set works zero-shot as far as people wrote captions in those words.** And the ensemble? Seven templates change next to nothing here: half of the training texts stood in one, whatever they named, so the towers have learned to give such words no weight (the cosine in the first line). CLIP, whose tower reads in order, gained with them on ImageNet.
#
# ## 7 · What two towers cannot see
#
# *A red car and a blue dog*, or *a blue car and a red dog*? The same words, so a bag of words cannot even ask. But a transformer reads in order. Will it bind each colour to its thing? The picture's tower gets every chance here: it reads the features of a tower that was trained before and learns no more. That tower was taught to tell the kind and the colour at each of nine places (notebook 01 uses them as well). Whatever is missing is not eyesight.
#
# The training set: 20,000 scenes of two things in two colours, with captions in either order. The test: the right caption against one in which a thing is another, or a colour is another, or the two colours are **swapped**.

# %%
bag = binding.train("bag of words", steps=runtime.steps(binding.STEPS), watch=live.LossCurve("Scenes and captions, a bag of words", role="language"))
measured = binding.accuracies(bag)
test = binding.pairs("test", 300 if runtime.is_fast() else binding.TEST)
i = 5
figures.two_scenes(
    [np.asarray(render.render(s[[i]], 96))[0] for s in (test.scenes, test.swapped)], [test.own[i], test.wrong["colours swapped"][i]],
    binding.twin_cosines(bag, test, i),
).show()

# %%
figures.binding(recorded, measured).show()

# %% [markdown]
# Another thing, another colour: hardly ever fooled. Colours swapped: the bag of words tosses a coin, as it must: both captions score the same, and a tie counts half. (It is the kind of text tower that you trained in section 5, here trained on scenes.) The **transformer** (recorded), which could tell, gets on average halfway from the coin to certainty; but its runs differ, and the interval of three runs reaches down below the coin, so they do not exclude chance. Hardly anything in its training asked. Among the 128 scenes of a batch hardly two show the same things in the same colours exchanged, so whoever knows *which* things and *which* colours are there wins nearly every search. Yuksekgonul et al. (2023) found the same of CLIP and its kin, and called them bags of words.
#
# Ask for it, and it comes: with every swapped caption added as a wrong answer (the other transformer), the same two towers learn most of it. That works when you know beforehand what will be confused. Notebook 04 gives picture and words a place to meet *before* they become two vectors.
#
# ## 8 · A result that looks fine
#
# A colleague took the towers that come with this course, trained for longer and in all three styles. They tested them on **noto-v1**, which the towers have not met either (an older hand at the firm that draws noto, so perhaps not quite a stranger), and write: *"R@1 is about 70 %. The 17 % of your section 5 must be a bug."*

# %%
towers = pretrained.emoji_towers()
rows = dataset.available("noto-v1", taught)
their_image = trainer.image_vectors(towers, dataset.test_pictures("noto-v1", rows))
their_text = trainer.text_vectors(towers, dataset.names(rows))
print(f"their R@1 on {len(rows)} pictures and names: {colleague.their_recall(their_image, their_text):.1%}")

# %% [markdown]
# The model is good, the pictures are right, nothing was trained on the test. What do you suspect? Write it down, then read their code.

# %%
my_suspicion = "…"

# %%
source.show(colleague.their_recall)

# %% [markdown]
# `BATCH` is 8. Two experiments: (a) their function with another `batch`; (b) your `recall` on the whole table. Write down what you expect of each, then run the cell after it.

# %%
i_expect = "(a) …  (b) …"

# %%
for size in (4, 8, 64, 256):
    print(f"(a) their R@1, batch {size:3}: {colleague.their_recall(their_image, their_text, size):.1%}   chance {1 / size:.1%}")
whole = jnp.asarray(their_image @ their_text.T)
print(f"(b) our R@1, {len(rows)} names:   {float(recall(whole, np.arange(len(rows)), [1])[0]):.1%}   chance {1 / len(rows):.1%}")

# %% [markdown]
# <details><summary><b>Diagnosis</b> (open it when you have yours)</summary>
#
# The evaluation walks through the test set in batches, as training does, and lets each picture search **only among the names of its own batch**: a gallery of 8. The number depends on the batch size, which no property of a model may. It is easily written (the batch accuracy is already at hand in the training loop) and looks like any other percentage.
#
# What remains between (b) and section 5 is no contradiction: another style, a smaller gallery (606 names, not 807), a third training style and longer training.
#
# The test for this mistake: change something that should not matter. And print the size of the gallery, or chance, beside every R@k.
# </details>
#
# ## 9 · Search as you type
#
# The same towers, and two styles that they never met: fxemoji, by other artists, and noto-v1, the older noto. Every picture was encoded once; what runs as you type is the text tower and one matrix product. Try a word that many emoji share (`animal`), a name (`saxophone`), and a word that these towers cannot know (`Obst`: it brings a message and no pictures). Many searches go wrong: the towers are small, and most of what they read were names (section 8 has just measured how many find their picture). What is marked *new* was never trained on in any style.

# %%
figures.search_box(towers, "instrument")

# %% [markdown] question="03.q1" title="Would you ship the search?" points=2 minutes=6
# A shop wants to search its catalogue of two million photographs by text, with a dual encoder. The vendor shows *"R@1 of 78 % on unseen products"*. In at most six sentences: (a) name **at least two** things that you must know before the number means anything; (b) name **one** kind of query that you expect to fail whatever the number, and how you would measure it.
#
# Rubric: 1 point for (a): two of the size of the gallery (or chance), a baseline such as nearest pixels or keyword search, how unseen the products are (other photographs of the same products, other photographers), what a query looks like. Half a point for one of them. 1 point for (b): binding or order ("red shirt with blue collar" against the reverse), words or languages that the text tower never read, or counting, *with* a measurement (pairs of minimally changed texts or pictures, a choice of two against chance 50 %). Half a point without the measurement. No point for "more data".

# %% [markdown] answer="03.q1"
# (a) I must know the size of the gallery: 78 % among 100 products is something else than among two million. And I must know what "unseen" means: new photographs of products that were in training, or products and photographers that were not. (b) "A white bowl on a blue plate" will bring blue bowls on white plates as well, since a dual encoder sums up which things and colours there are. I would take pairs of photographs that differ only in which colour belongs to what, and count how often the right caption of the two scores higher; chance is 50 %.

# %% [markdown]
# ## Further
#
# ### One block of a vision transformer
# The patches of section 2, on their way through the first of the tower's blocks; here a token is 64 numbers wide:
#
# $$z = x + \text{attention}(\text{norm}(x)), \qquad x' = z + \text{MLP}(\text{norm}(z))$$

# %%
@nnx.jit  # one program, not one for each line
def first_block(tower, patches):
    block = tower.transformer.blocks[0]
    x = tower.embed(patches / 127.5 - 1)  # (1, 16, 64): one matrix for all patches
    x = jnp.concatenate([tower.class_token[...][None, None], x], axis=1)  # (1, 17, 64)
    x = tower.norm_before(tower.positions(x))  # CLIP normalises once before the first block
    looked, weights = block.attention(block.norm_attention(x))  # every token looks at every token
    z = x + looked
    out = z + block.mlp(block.norm_mlp(z))  # every token thinks by itself
    return x, weights, out, block(x)[0]


tower = vit.VisionTransformer(vit.ViTConfig(patch=P), rngs=nnx.Rngs(0))
x, weights, out, ours = first_block(tower, patches)
print("patches", patches.shape, "→ tokens", x.shape, "→ attention", weights.shape, "→ out", out.shape)
print("the same as the course's block:", np.allclose(out, ours, atol=1e-5))

# %% [markdown]
# `weights` has one table for each of the four heads: row, who looks; column, at whom. In this step alone patches exchange anything; norm, MLP and sums treat every token by itself. Given CLIP's published weights, these very modules give CLIP's numbers to five digits; the course's tests compare them.
#
# ### What variation buys
#
# Section 5 drew every picture anew: moved, scaled, recoloured, on any ground. What exactly helped? Leave out one part of the variation at a time:

# %%
parts = {"all of it": "augmented", "not moved or scaled": "never moved", "not recoloured": "own colours", "no grounds": "on white", "nothing": "as drawn"}
runs = {variation: recorded[Arm(left_out="twemoji", variation=variation), "text R@1"] for variation in parts.values()}
results.arms(
    "What variation buys, on the same test",
    {name + ", 1 run" * (runs[variation].seeds == 1): runs[variation] for name, variation in parts.items()}, {},
    controls=("nothing",), measure="R@1 from picture to name, twemoji left out", axis="R@1, %", top=0.2,
).show()

# %% [markdown]
# Without moving and scaling nothing else helps: the tower probably learns where each pixel stands. Colours come second. Whether grounds matter at R@1 cannot be seen here: the three rows in the middle are single runs, and that gap is no larger than the spread of the first row.
#
# ### Concepts never met
#
# The 89 concepts that were held out of training, in every style: can their names be found? (Chance among 89 names: R@1 1.1 %, R@5 5.6 %; among all 896 names R@5 0.6 %.)

# %%
for style in emoji.TRAINING_STYLES:
    arm = Arm(left_out=style, variation="augmented")
    e = {k: recorded[arm, f"new, text R@{k}"] for k in (1, 5)}
    print(f"{style:8} left out: R@1 {e[1].mean:.0%}, R@5 {e[5].mean:.0%}; among all 896 names R@5 {recorded[arm, 'new among all, text R@5'].mean:.0%}   (recorded)")

# %% [markdown]
# Hardly: two or three pictures of 89 find their name, at R@5 about twice as many as by chance at best. The towers learned *these* 807 concepts across artists, not a language. A new name can only be read through words that other names share ("*face* with tears of joy"), and two thirds of these names hold a word that no training text had. CLIP's 400 million pairs leave few words unread; ours leave most.
#
# ### A cache, and what it saves
# $N$ texts against $M$ pictures: a dual encoder runs $N + M$ times through a tower and takes $N \cdot M$ dot products. A model that must see picture and text *together* runs $N \cdot M$ times through a network. Keep the pictures' vectors (float16 is enough), and a query costs one pass of the text tower and one product with the cache.

# %% [markdown] exercise="03.5" name="search" title="The k best of a cache" points=2 difficulty=1 minutes=8 further=true
# `cache` holds unit vectors in half precision, one a picture; the queries have any length. Return the numbers of the $k$ best items for each query, best first, **and** their cosines.
#
# Hint: Which of the two sides still has to be divided by its length?
#
# Hint: `jax.lax.top_k(table, k)` returns values and positions of the $k$ largest in each row, in this order. Or `argsort` of minus the table, then `take_along_axis`.

# %% solution="03.5"
def search(cache, queries, k):
    """The k items with the highest cosines, best first.

    cache: float16[G, D], queries: float[Q, D], k: a number  →  items: int[Q, k], cosines: float[Q, k]
    """
    ### BEGIN SOLUTION
    queries = queries / jnp.linalg.norm(queries, axis=-1, keepdims=True)
    cosines, items = jax.lax.top_k(queries @ cache.astype(jnp.float32).T, k)
    return items, cosines
    ### END SOLUTION

# %% check="03.5"
top_k = check("03.5", search)

# %% graded="03.5"
grade("03.5", search)

# %%
ask = jnp.asarray(trainer.text_vectors(model, ["a picture of a tiger"]))
for row in cache.timings(model, dataset.test_pictures(LEFT_OUT, taught), ask, top_k):
    print(f"{row['gallery']:5} pictures: {1e3 * row['encoded anew']:4.0f} ms encoded anew, {1e3 * row['cached']:.2f} ms cached, ratio {row['ratio']:4.0f}")

# %% [markdown]
# Both grow with the gallery; the cached search starts from far less and stays tens to hundreds of times faster. By how much depends on the machine and on what else it does: read your own numbers. At millions of vectors even the product is too slow, and approximate indices take over.
#
# ### SigLIP: every pair by itself
# A softmax needs the whole row: on many devices, all vectors must be collected first. Zhai et al. (2023) ask of every pair alone whether it belongs together, with a learned bias $b$ because nearly all of the $B^2$ do not:
#
# $$L = -\frac{1}{B} \sum_{i,j} \log \sigma\big( z_{ij} (S_{ij} + b) \big), \qquad z_{ii} = 1, \; z_{ij} = -1 \text{ elsewhere}$$

# %% [markdown] exercise="03.6" name="siglip_loss" title="No softmax" points=2 difficulty=1 minutes=6 further=true
# Write it, with $S$ as in section 3. Mind what the sum is divided by: $B$, not $B^2$.
#
# Hint: `2 * jnp.eye(B) - 1` holds the signs.
#
# Hint: `-jax.nn.log_sigmoid(z * (S + bias)).sum() / B`.

# %% solution="03.6"
def siglip_loss(image, text, log_scale, bias):
    """SigLIP's loss.

    image: float[B, D], text: float[B, D], log_scale and bias: numbers  →  a number
    """
    ### BEGIN SOLUTION
    image = image / jnp.linalg.norm(image, axis=-1, keepdims=True)
    text = text / jnp.linalg.norm(text, axis=-1, keepdims=True)
    scores = jnp.exp(log_scale) * image @ text.T
    signs = 2 * jnp.eye(len(image)) - 1
    return -jax.nn.log_sigmoid(signs * (scores + bias)).sum() / len(image)
    ### END SOLUTION

# %% check="03.6"
pairwise = check("03.6", siglip_loss)

# %% graded="03.6"
grade("03.6", siglip_loss)

# %%
arm = Arm(left_out="twemoji", variation="augmented")
clip, siglip = recorded[arm, "text R@1"], recorded[arm.but(loss="SigLIP"), "text R@1"]
print(f"twemoji left out, the same steps: InfoNCE R@1 {clip.mean:.1%} ({clip.seeds} runs), SigLIP R@1 {siglip.mean:.1%} ({siglip.seeds} run)")

# %% [markdown]
# At our batch of 256 this says little about the two losses: learning rate and steps were chosen for the first, and SigLIP's reasons are memory and many devices.
#
# ### The open challenge
# Name pictures by **fxemoji**, a flat style of 2015: recoloured, scaled, on grounds, among 483 names. The given model trains on the three styles as drawn. You may train once, for at most 1,000 steps of these towers (about 45 seconds on two idle cores, more on busy ones; nobody stops the clock). Anything of this course may be used but the towers of section 8: train your own. The test pictures come from a seed that you do not know. This is the training of section 5, with all that it can be told:

# %%
source.show(trainer.train)

# %%
def given_model(pictures, names):
    model = trainer.train(emoji.TRAINING_STYLES, "as drawn", steps=300)
    return (trainer.image_vectors(model, np.asarray(pictures)) @ trainer.text_vectors(model, names).T).argmax(1)


# %% [markdown] exercise="03.7" name="name_pictures" title="A hand never seen" points=4 difficulty=2 minutes=25 further=true
# `pictures` is uint8 $(m, 32, 32, 3)$, `names` a list of $G$ names. Return the number of a name for each picture, int$(m)$. Shares of 8 %, 13 %, 17 % and 20 % right earn a point each. Do not use `runtime.steps` in it.
#
# Hint: Varied pictures are one step, and 300 steps are too few to see what they bring. That alone does not reach the last threshold in the time: what else does training spend its steps on that the test never asks for? And must a picture be looked at only once?
#
# Hint: What is asked for are names, while `dataset.all_texts()` also tells keywords and templates. `trainer.train(..., texts=...)` takes other ways to say every concept, int32 $(K, \text{ways}, T)$. `dual.words.vocabulary().encode(emoji.load().names["en"])` are the names as tokens, $(K, T)$: with `[:, None]` there is one way each. A mirrored picture, `pictures[:, :, ::-1]`, has the same name.

# %% solution="03.7"
def name_pictures(pictures, names):
    """The number of a name for each picture, by towers that are trained here.

    pictures: uint8[m, 32, 32, 3], names: list of G strings  →  int[m]
    """
    ### BEGIN SOLUTION
    told = dual.words.vocabulary().encode(emoji.load().names["en"])[:, None]  # nothing but names, since names are asked for
    model = trainer.train(emoji.TRAINING_STYLES, "augmented", steps=850, texts=told)
    pictures = np.asarray(pictures)
    looks = trainer.image_vectors(model, pictures) + trainer.image_vectors(model, pictures[:, :, ::-1])  # a mirrored picture has the same name
    return (looks @ trainer.text_vectors(model, names).T).argmax(1)
    ### END SOLUTION

# %% check="03.7"
challenger = check("03.7", name_pictures)

# %% graded="03.7"
grade("03.7", name_pictures)

# %% [markdown]
# ## What to remember
# 1. A dual encoder compares finished vectors: all pictures can be encoded before anybody asks.
# 2. InfoNCE is $2B$ searches in one table; a larger batch asks a harder question.
# 3. A tower ignores what varied in training while the text stayed; what did not vary, it uses.
# 4. R@k means nothing without the size of the gallery, chance, and a baseline that does not learn.
# 5. Two towers learn what telling the batch apart needs. Which colour belongs to which thing is rarely part of it.
#
# ## Read on
# - A. Radford et al., *Learning transferable visual models from natural language supervision*, ICML 2021: figure 3 is the loss, section 3.1.4 the prompts.
# - A. Dosovitskiy et al., *An image is worth 16×16 words*, ICLR 2021, section 3.1.
# - X. Zhai et al., *Sigmoid loss for language image pre-training*, ICCV 2023, algorithm 1.
# - M. Yuksekgonul et al., *When and why vision-language models behave like bags-of-words, and what to do about it?*, ICLR 2023.
#
# Artwork: Noto Emoji, Twemoji, Fluent Emoji and FxEmojis; authors and licences stand in `data/ATTRIBUTION.md`.
