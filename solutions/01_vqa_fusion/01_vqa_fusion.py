# %% [markdown]
# # 01 · Questions about pictures
#
# {{badge}}
#
# **Taught on the wrong data, a model answers most questions about a picture without looking at it. You will catch one doing so, and build one that looks.**
#
# At the end of this notebook you
# - can say what visual question answering (VQA) asks, what counts as a right answer, and write both metric and training targets;
# - have watched a *language prior* appear, fool a test, and vanish on another one;
# - have fused two vectors by a sum and by products, at equal numbers of parameters, and know when a product is needed;
# - have written the attention of a Stacked Attention Network, seen where it looks, and measured what a second look buys;
# - have found the mistake in a run that reports 100 %.
#
# | | |
# |---|---|
# | your time | about 90 minutes; what stands under *Further* comes on top |
# | computing | under two minutes in all on two CPU cores, the challenge included |
# | needed | notebook 00 or its equivalent: JAX arrays, a training loop, a softmax; what an LSTM, an embedding and a causal transformer are for |

# %% setup

# %%
import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from course_utils import runtime, training
from course_utils.arms import Arm
from course_utils.exercises import check
from course_utils.experiments import record
from course_utils.experiments.fusion import (
    architectures, colleague, dataset, hops, measures, pointing, pretrained, prior, shootout, trainer,
)
from course_utils.metrics import vqa as metric
from course_utils.models import fusion
from course_utils.show import fusion as figures
from course_utils.show import live, results, source
from course_utils.world import questions, render

runtime.start()
# The course's own runs: recorded[arm, measure] is the mean over several seeds, with an interval.
# An Arm says by its fields which runs are meant, such as Arm(way="generator").
recorded = record.load("01")

# %% [markdown]
# ## 1 · What is asked?
#
# A picture, a question, an answer: *visual question answering* is the oldest test of whether a model sees **and** reads. The first large data set, VQA (Antol et al., 2015), had a weakness that took a year to notice. The second version (Goyal et al., 2017) repaired it with **balanced pairs**: for each question and picture, people chose a *similar* picture (out of 24 candidates) that gives the same question another answer. Our world makes such pairs by one small edit.

# %%
taught, test = architectures.training_set(), architectures.test_set()  # for training and for tests
half = len(test) // 2  # question i and question i + half are a pair: the same words, an edited picture
of_type = {
    name: np.flatnonzero(test.questions.type[:half] == k) for k, name in enumerate(questions.TYPES)
}
example = {name: int(rows[1]) for name, rows in of_type.items()}  # one question of each type

figures.pairs([
    (np.asarray(render.render(test.scenes[[i, i + half]], 96)), test.questions[i].texts()[0],
     [questions.ANSWERS[test.answer[j]] for j in (i, i + half)])
    for i in (example["colour"], example["exist"], example["relation"])
]).show()

# %% [markdown]
# Read a question and cover the pictures: the words alone do not tell the answer. That is the whole point of a balanced pair.
#
# There are ten types of questions here. Some have well-known relatives: *relation*, *two-hop* and *same* are compositional like **GQA** (Hudson & Manning, 2019); *knowledge* needs a fact that no picture shows (that a tree is a plant), as in **OK-VQA** (Marino et al., 2019); *reading* asks about a sign, as in **TextVQA** (Singh et al., 2019).

# %%
for name, i in example.items():
    print(f"{name:10} {test.questions[i].texts()[0]:58} {questions.ANSWERS[test.answer[i]]}")

# %% [markdown]
# This is the model that you will train, over and over, in a few seconds each time:

# %%
figures.pipeline().show()

# %% [markdown]
# The **picture** becomes a grid of $N = 9$ vectors, one for each place. They come from a small tower that was taught beforehand to *name* what stands in a place, and that stays frozen, as the ImageNet networks of the first VQA models did. The **question** is read word by word by an LSTM and ends as one vector $u$. Both *meet*, here in two "looks" (section 6 builds them; until then read "they meet"), and a classifier chooses an answer. Everything but the tower is trained here.
#
# ## 2 · What is a right answer?
#
# People disagree. Is it "couch" or "sofa"? So ten people answered each question of VQA, and an answer counts in full when three *others* gave it: to be fair to people, whose own answer cannot count for themselves, the official metric leaves one annotator out at a time and averages:
#
# $$\text{accuracy}(a) = \frac{1}{10} \sum_{i=1}^{10} \min\!\left(1, \frac{\text{number of the other nine, without } i, \text{ who said } a}{3}\right)$$
#
# It is often misquoted as $\min(1, n/3)$ with $n$ votes out of ten, which is not the same: with two votes that gives 0.67, the real metric 0.6.
#
# Before answers are compared they are normalised (where all ten said the same, they are compared as they are: “Red” is then not “red”):

# %%
for answer in ("Two dogs.", "the  RED one!", "dont know", "1,000"):
    print(f"{answer!r:16} → {metric.normalise(answer)!r}")

# %% [markdown] exercise="01.1" name="vqa_accuracy" title="How right is an answer?" points=4 difficulty=1 minutes=10
# Write the metric for a batch. Answers are already normalised and written as numbers, so two answers are the same if their numbers are. `given[b]` holds what the $A$ annotators of question $b$ said; usually $A = 10$, but count the columns: your function must work for any $A$ (10 becomes $A$ in the formula; the 3 stays).
#
# Hint: For one question, count the votes $n$ for the answer. There are only two kinds of annotators to leave out: the $n$ who agree with the answer, and the $A - n$ who do not. What is the count among the others in each case?
#
# Hint: `votes = (given == answers[:, None]).sum(1)` has shape $(B,)$. Of the $A$ ways to leave one out, `votes` leave `votes - 1` behind and `A - votes` leave `votes`. Clip each count divided by 3 at 1, and take the weighted mean.

# %% solution="01.1"
def vqa_accuracy(answers, given):
    """The official accuracy of each answer.

    answers: int[B], given: int[B, A], what A annotators said  →  float[B], between 0 and 1
    """
    ### BEGIN SOLUTION
    votes = (given == answers[:, None]).sum(1)  # (B,)
    people = given.shape[1]
    if_agreeing_left = jnp.minimum(1, (votes - 1) / 3)
    if_other_left = jnp.minimum(1, votes / 3)
    return (votes * if_agreeing_left + (people - votes) * if_other_left) / people
    ### END SOLUTION

# %% check="01.1"
accuracy = check("01.1", vqa_accuracy)

# %% graded="01.1"
from course_utils.exercises import grade

grade("01.1", vqa_accuracy)

# %% [markdown]
# What does the metric say of the truth, of one annotator, and of the **opposite** answer to yes-no questions?

# %%
binary = test.answer < 2  # yes or no
opposite = np.where(binary, 1 - test.answer, 0)
for who, given, which in [
    ("the right answer", test.answer, np.ones(len(test), bool)),
    ("the first annotator", test.given[:, 0], np.ones(len(test), bool)),
    ("the wrong one of yes and no", opposite, binary),
]:
    print(f"{who:30} {np.mean(accuracy(jnp.asarray(given), jnp.asarray(test.given))[which]):.2f}")

# %% [markdown]
# Look at the last line. One of our annotators in five slips, and where there are only two answers, those slips all fall on the same wrong one: it earns a large part of a point. **A VQA accuracy is not a share of right answers**, and its floor is not 0. Since we know the truth in this world, the rest of the notebook counts right answers, plainly (`measures.accuracy`, `prior.accuracy` and `hops.accuracy` do; your `accuracy` is the metric), and uses the metric where it belongs.
#
# ## 3 · How does a model answer?
#
# **By choosing.** Keep the most frequent answers of the training set as a list of $K$ (VQA models used about 3,000), and let a classifier score them all. Several answers may earn something, so the strong models for VQA v2 did not train a softmax on one label but a **sigmoid for each answer** against a soft target: the accuracy which that answer would get.

# %% [markdown] exercise="01.2" name="answer_targets" title="What does the classifier learn from?" points=4 difficulty=2 minutes=14
# `annotations[b]` is the list of what people said to question $b$, already normalised; every question has equally many annotators, not always ten. Return two things:
# 1. `vocabulary`: the `most` most frequent answers, counting *all* annotators of all questions; the most frequent first, ties in alphabetical order (all of them, if there are fewer);
# 2. `targets`, shape $(B, K)$: the VQA accuracy that answer $k$ of the vocabulary would get on question $b$, by the formula above. Answers that were cut off are nobody's target: such a question may have a row of zeros.
#
# Your function will run on 16,000 questions, so nothing quadratic: the check counts how often you compare annotations or look them up.
#
# Hint: `counts` is a dictionary, answer → votes. `sorted(counts, key=...)` can sort by two things at once if the key is a pair: minus the count, then the word.
#
# Hint: With $n$ votes out of $A$, the accuracy is $\big(n \min(1, \tfrac{n-1}{3}) + (A - n) \min(1, \tfrac{n}{3})\big) / A$. `given.count(answer)` gives $n$.

# %% solution="01.2"
import collections


def answer_targets(annotations, most):
    """The answers that a classifier can give, and what each is worth.

    annotations: list of B lists of strings, most: K  →  vocabulary: list of K strings, targets: float[B, K]
    """
    counts = collections.Counter(answer for given in annotations for answer in given)
    ### BEGIN SOLUTION
    vocabulary = sorted(counts, key=lambda answer: (-counts[answer], answer))[:most]

    def worth(answer, given):
        n, people = given.count(answer), len(given)
        return (n * min(1, (n - 1) / 3) + (people - n) * min(1, n / 3)) / people

    targets = np.array([[worth(answer, given) for answer in vocabulary] for given in annotations])
    return vocabulary, targets
    ### END SOLUTION

# %% check="01.2"
targets_of = check("01.2", answer_targets)

# %% graded="01.2"
grade("01.2", answer_targets)

# %% [markdown]
# Your function now makes the targets of a real training set: 16,000 questions with ten annotations each. We keep 64 of the 72 answers, so that you can see the price of a closed list.

# %%
annotations = [[questions.ANSWERS[a] for a in given] for given in taught.given]
vocabulary, soft = targets_of(annotations, 64)
lost = [answer for answer in questions.ANSWERS if answer not in vocabulary]
print(f"cut off: {', '.join(lost)}")
unanswerable = np.isin(test.answer, [questions.ANSWERS.index(answer) for answer in lost])
print(f"questions whose right answer cannot be given: {unanswerable.mean():.1%}")

# %%
chooser = architectures.train(
    "classifier, soft scores", steps=runtime.steps(architectures.STEPS), targets=np.asarray(soft),
    watch=live.LossCurve("A classifier learns from soft scores", role="fusion"),
)
place_of = np.array([questions.ANSWERS.index(answer) for answer in vocabulary])  # in the list of all 72
chosen = place_of[trainer.scores(chooser, test).argmax(-1)]

# %% [markdown]
# **By writing.** Or let a small decoder *write* the answer as a word, from the same vocabulary as the questions: nothing but training keeps it from answering "is" or "the". This is how today's models answer, and it needs no list.

# %%
writer = architectures.train(
    "generator", steps=runtime.steps(architectures.STEPS),
    watch=live.LossCurve("A generator learns to write answers", role="language"),
)
written = trainer.answers(writer, test)
print(f"words that are no answer at all: {(written < 0).mean():.1%}")

# %%
results.arms(
    "Choosing and writing, on new balanced questions",
    {way: recorded[Arm(way=way), "right"] for way in architectures.WAYS}
    | {"another picture": recorded[architectures.ANOTHER_PICTURE, "right"], "blind": recorded[architectures.BLIND, "right"]},
    {"classifier, soft scores": measures.accuracy(chosen, test),
     "generator": measures.accuracy(written, test)},
    controls=("another picture", "blind"),
).show()

# %% [markdown]
# Dots are means of recorded runs, the bars their 95 % intervals; the squares are your single runs, which may fall outside. "One answer" is the same network with a softmax on the one true answer.
#
# - **Soft scores did not help here**, probably because our annotators slip at random, so that one clean label teaches faster (the loss and the list differ too, so this is no proof). On real VQA, where disagreement carries meaning, they did help (Teney et al., 2018).
# - **Writing** learns more slowly on the average, and differs more from run to run. It needs no list.
# - **Both controls do badly**: *blind* never sees a picture, and *another picture* is the first classifier, shown the picture of some other question.
#
# One number hides a lot. Per type:

# %%
figures.by_type(
    {name: {t: recorded[Arm(way=way), f"right on {t}"].mean for t in questions.TYPES}
     for name, way in (("one answer", "classifier, one answer"), ("writing", "generator"))},
    {t: recorded[architectures.BLIND, f"right on {t}"].mean for t in questions.TYPES},
).show()

# %% [markdown]
# In the upper half one place of the picture holds the answer (*two-hop* too, as it turns out: the thing asked for is always the outermost one on its side). In the lower half it takes several places: to say *no* all nine must be ruled out, to *count* they must be added up, a *relation* compares two, and so does *same*, which section 6 takes up; *knowledge* needs a fact besides.
#
# ## 4 · Does it look at all?
#
# The first VQA data set was not balanced. Of its questions that began "What sport is", 41 % had the answer "tennis"; of those that began "How many", 39 % had the answer "2" (Goyal et al., 2017). Why look, then?
#
# Let us build such a data set: every question's *text* has a favourite answer, which is right 85 times in 100. We test on three sets of new pictures:
# - **biased**, like the training set;
# - **balanced**: the text tells nothing;
# - **flipped**: favourites exist, but they are *others* (Agrawal et al., 2018, called this "changing priors").
#
# Four models: one that sees and one that is **blind** (it gets the question only), each taught once on 4,000 biased and once on 4,000 balanced questions.
#
# **Predict, then run.** Take the model that *can* see, taught on biased questions. It gets about 7 in 10 right on the biased test. How many on the flipped one? Commit yourself; nobody grades a guess.

# %%
# Your guess for the sighted model that was taught on biased questions, on the flipped test, in percent: replace None.
guess = None

# %%
models = {}
for taught_on in prior.TAUGHT:
    for eyes in ("blind", "sighted"):
        models[eyes, taught_on] = prior.train(
            eyes, taught_on,
            steps=runtime.steps(prior.STEPS if eyes == "sighted" else prior.BLIND_STEPS),
            watch=live.LossCurve(f"sighted, taught on {taught_on}") if eyes == "sighted" else None,
        )

# %%
runs = {key: {kind: prior.accuracy(model, kind) for kind in prior.TESTED} for key, model in models.items()}
print(f"sighted, taught on biased, flipped test: {runs['sighted', 'biased']['flipped']:.0%};"
      f"  your guess: {'none' if guess is None else f'{guess}%'}")
figures.prior(recorded, runs, guess).show()

# %% [markdown]
# Follow the lines from left to right.
# - On the biased test the **blind** model is even a little better than the one with eyes. If this were your only test, you would ship it. (It stays below 85 because 4,000 questions do not show the favourite of every text.)
# - On the flipped test it falls far below the grey line, a blind model without a prior: it says, with confidence, what used to be right.
# - The sighted model **could** look, and falls as well.
# - Taught on balanced questions, the same network has no favourites to learn, and no test surprises it.
#
# What did the sighted model do, if it did not look? Ask it its own training questions; and show each model the picture of *another* question.

# %%
for taught_on in prior.TAUGHT:
    model, known = models["sighted", taught_on], dataset.draw(taught_on, prior.LIVE)
    shares = [measures.accuracy(trainer.answers(model, known), known), runs["sighted", taught_on]["biased"],
              prior.accuracy(model, "biased", wrong_picture=True)]
    print(f"taught on {taught_on:9}" + "   ".join(f"{what}: {share:.0%}" for what, share in zip(
        ("training questions", "biased test", "with another question's picture"), shares)))

# %% [markdown]
# The first model has nearly all of its training questions right, the exceptions among them, and far fewer new ones: beside the favourites it learned *by heart* which training pictures break the rule. With a wrong picture most of its right answers survive, which come from the words; it does worse than the blind one, because what it reads into a wrong picture misleads it. The second model falls to where a blind one stands: all that it knew came from the picture.
#
# **A number on a test from the same source says nothing about looking.** When VQA got its balanced pairs, every published model fell, the one that only reads the question most of all (Goyal et al., 2017). Would more data cure it? The answer stands under *Further*.
#
# ## 5 · Where picture and question meet
#
# So far the meeting was a black box. Take two vectors, $v$ from the picture and $h$ from the question, each of 24 numbers. The simplest fusion stacks them:
#
# $$z = W\,[v; h] + b = W_v v + W_h h + b$$
#
# That is a **sum** of what the picture says and what the question says. But "what colour is the dog?" is no sum: the question decides *which part* of the picture matters. For that, features of one must **multiply** features of the other. The full way is a *bilinear* form, one weight for each pair of features and each output $k$:
#
# $$z_k = v^\top T_k\, h + b_k$$
#
# What would that cost at the sizes of a real model, with a picture of 2,048 numbers, a question of 2,400 and 2,000 answers?

# %%
full = fusion.parameter_count("bilinear", 2048, 2400, 2000)
print(f"full bilinear: {full:,} parameters, {full * 4 / 2**30:.0f} GiB in float32")
print(f"MLB, inner width 1,200: {fusion.parameter_count('mlb', 2048, 2400, 2000, width=1200):,}")

# %% [markdown]
# So people looked for cheap products. **MLB** (Kim et al., 2017) projects both vectors into one space of $D$ numbers and multiplies there, element by element:
#
# $$z = P^\top \big( \tanh(U^\top v) \circ \tanh(V^\top h) \big) + b$$

# %% [markdown] exercise="01.3" name="mlb_pooling" title="A product that one can afford" points=4 difficulty=1 minutes=6
# Write MLB. `params` is a dictionary: `U` $(D_v \times D)$, `V` $(D_h \times D)$, `P` $(D \times D_{out})$, `b` $(D_{out})$. Vectors are rows here, so $U^\top v$ is written `v @ params["U"]`. It must work with any leading axes, such as $(B, N, D_v)$. Use `jnp`, since it is compiled below (with NumPy you earn the points, but the notebook goes on with ours).
#
# Hint: Three matrix products, two tanh, one elementwise product. Which of them comes before the tanh, which after?
#
# Hint: First the two projections, each through its own `jnp.tanh`; multiply them with `*`; then `@ params["P"]`, and add the bias last.

# %% solution="01.3"
def mlb_pooling(params, v, h):
    """Multimodal low-rank bilinear pooling.

    v: float[..., D_v], h: float[..., D_h]  →  float[..., D_out]
    """
    ### BEGIN SOLUTION
    left = jnp.tanh(v @ params["U"])  # (..., D)
    right = jnp.tanh(h @ params["V"])
    return (left * right) @ params["P"] + params["b"]
    ### END SOLUTION

# %% check="01.3"
mlb = check("01.3", mlb_pooling)

# %% graded="01.3"
grade("01.3", mlb_pooling)

# %% [markdown]
# Now a fair fight: **up to 2,000 parameters each** (concatenation alone cannot use more than 588), two vectors in, one of 12 answers out. We know what decides, because we made the tasks. In *sum* each answer's score is something $v$ says plus something $h$ says. In *few products* it is a sum of products of a handful of their features. `concat-mlp` is concatenation followed by a hidden layer.

# %%
BUDGET = 2000
fight = {}
for task in ("sum", "few products"):
    for name in ("concat", "concat-mlp", "mlb"):
        function = mlb if name == "mlb" else None  # yours, if it passed
        fight[task, name] = shootout.accuracy(
            name, task, BUDGET, steps=runtime.steps(shootout.STEPS), function=function)
    print(task, {name: round(value, 2) for (of, name), value in fight.items() if of == task})

# %%
figures.shootout(recorded, fight, BUDGET).show()

# %% [markdown]
# - **Left**: where a sum decides, concatenation needs no more than its 588 parameters, and *pure products fail*: MLB and the full bilinear form cannot add. (MUTAN, exercise 01.5 under *Further*, refines MLB and can: its projections have biases, and a product with a constant is a sum.)
# - **Middle**: where a few products decide, concatenation is at the floor; a hidden layer helps it imitate products, at a price.
# - **Right**: where *all* products decide, there is nothing to save: only the full form gets it. It has 6,924 parameters, so it enters at 8,000.
#
# So no fusion is best. Each is a bet on what the answers need.
#
# ## 6 · Where does it look?
#
# A vector for the whole picture must describe everything, just in case. **Stacked Attention Networks** (Yang et al., 2016) keep the grid, and let the question look: it compares itself with every place, turns the scores into shares, and takes in the weighted mean of what is there. Then it looks *again*, knowing more.
#
# For one question $u$ and places $v_1 \dots v_N$, all of width $D$, and an inner width $k$ in which they are compared:
#
# $$s_n = \frac{(W_I^\top v_n) \cdot (W_Q^\top u)}{\sqrt{k}}, \qquad p = \text{softmax}(s), \qquad u' = u + \sum_n p_n v_n$$
#
# (The paper computed $s_n$ by a small network with a tanh instead of a dot product; `fusion.HOPS` has both.)

# %% [markdown] exercise="01.4" name="attention_hop" title="One look" points=4 difficulty=2 minutes=12
# Write one hop for a batch: `grid` $(B, N, D)$, `u` $(B, D)$, and `params` with `W_I`, `W_Q`, both $(D \times k)$. Places and questions are rows again: `grid @ params["W_I"]`. Return `next_u` $(B, D)$ **and** the shares `p` $(B, N)$. Use `jnp` again.
#
# Hint: The scores have one number for each question and place, shape $(B, N)$. Over which axis do shares add up to 1?
#
# Hint: `keys = grid @ params["W_I"]` is $(B, N, k)$, `query = u @ params["W_Q"]` is $(B, k)$; `jnp.einsum("bnk,bk->bn", ...)` gives all scores. After `jax.nn.softmax(..., axis=-1)`, `jnp.einsum("bn,bnd->bd", ...)` takes the weighted mean; do not forget `u +`.

# %% solution="01.4"
def attention_hop(params, grid, u):
    """One look of a question at the places of a picture.

    grid: float[B, N, D], u: float[B, D]  →  next_u: float[B, D], p: float[B, N]
    """
    ### BEGIN SOLUTION
    keys = grid @ params["W_I"]  # (B, N, k)
    query = u @ params["W_Q"]  # (B, k)
    scores = jnp.einsum("bnk,bk->bn", keys, query) / jnp.sqrt(query.shape[-1])
    p = jax.nn.softmax(scores, axis=-1)
    return u + jnp.einsum("bn,bnd->bd", p, grid), p
    ### END SOLUTION

# %% check="01.4"
look = check("01.4", attention_hop)

# %% graded="01.4"
grade("01.4", attention_hop)

# %% [markdown]
# Put your hop into a model that comes with the course: the same network, trained on more balanced questions and for longer than you would care to wait. Each panel shows the shares $p$ of one look over the nine places.

# %%
seasoned = pretrained.two_looks()
for hop in seasoned.fusion.fuse.hops:
    hop.function = look

said, where = trainer.answers(seasoned, test), hops.maps(seasoned, test)
print(f"right answers on the balanced test: {measures.accuracy(said, test):.0%}")
for i in (of_type["colour"][5], of_type["size"][0]):
    display(figures.looks(
        np.asarray(render.render(test.scenes[[i]], 96))[0], test.questions[i].texts()[0],
        questions.ANSWERS[test.answer[i]], where[i], questions.ANSWERS[said[i]],
    ).show())

# %% [markdown]
# Two pictures prove nothing, so play the *pointing game* over all questions that ask for the colour or size of one named thing: how often is the brightest place the right one?

# %%
hits, by_chance = pointing.pointing(where, test)
for k, share in enumerate(hits, 1):
    print(f"look {k}: {share:.0%}")
print(f"any thing of the scene: {by_chance:.0%}")

# %% [markdown]
# For these questions the first look finds the thing, and the second mostly wanders off: there is nothing left to find, and nothing tells it to stay.
#
# ### Does a second look help?
#
# Some questions need two: *"what has the same colour as the dog?"* First find the dog, then something of its colour. In these scenes five things stand anywhere, and a second pair shares another colour, so there is no way around it. One hop with $k = 128$ and two hops with $k = 64$ have the same number of parameters. Half of these questions ask for the thing's name, half for its size. Both were trained **plain**, on answers only, and **shown**, where the loss also rewards the *first* hop for looking at the dog. Three of the four are recorded; two hops, shown, is yours to train, with your hop.

# %%
model = hops.train(
    2, "shown", steps=runtime.steps(hops.STEPS), function=look, watch=live.LossCurve("Two hops, shown")
)
again = {Arm(score="dot-product", hops=2, how="shown"): {"accuracy": hops.accuracy(model)}}

# %%
print(f"for comparison: blind {recorded[hops.BLIND, 'accuracy'].mean:.0%}, "
      f"naming (or measuring) any thing but the dog {recorded[hops.ANOTHER_THING, 'accuracy'].mean:.0%}")
figures.hops(recorded, again).show()

# %% [markdown]
# An honest result, and not the one in the textbook. **Plain training gains nothing from the second hop**: both hops spread over everything and rather avoid the dog, and naming any other thing at random would do better (half of these questions have only two answers, *small* and *large*). Yet the *same* network, with the *same* parameters, answers most of these questions once its first look is shown the way: then the first hop is on the dog, and the second finds the thing of its colour, which nobody ever pointed at. One hop that is shown the dog does no better than a blind model: it looks where it was told to, and has no look left.
#
# So two looks *can* compose; gradient descent from answers alone did not find it here. In the paper a second layer helped a little, and its maps looked like reasoning. Remember this when you see such maps: a map says where a sum took its numbers from. Whether that is *why* the answer was given must be measured, as you did with another question's picture.

# %% [markdown]
# ## 7 · A run that looks fine
#
# A colleague rewrote the generator of section 3. *"Mine reaches 100 %, on **test** questions, after 200 steps. I think balanced pairs are solved."* You repeat their run, with their own evaluation.

# %%
theirs = colleague.train(
    steps=runtime.steps(colleague.STEPS),
    watch=live.LossCurve("The colleague's generator", role="language"),
)
print(f"their accuracy on test questions: {colleague.their_accuracy(theirs, test):.1%}")

# %% [markdown]
# This is the part that they rewrote, a small transformer. `fused` is the vector in which picture and question have met; `answer` holds the word to be written, so $L = 1$ here.

# %%
source.show(colleague.ColleaguesDecoder)

# %% [markdown]
# Do you believe it? Write down what you suspect, and which measurement would show it. Then go on.

# %%
my_suspicion = "…"

# %% [markdown]
# Two measurements, each of which changes **one** thing: (a) their evaluation, with the picture of another question; (b) the model evaluated as you evaluated yours in section 3.

# %%
other = colleague.their_accuracy(theirs, test, pictures=dataset.another_picture(test))
alone = measures.accuracy(trainer.answers(theirs, test), test)
print(f"(a) their evaluation, with another question's picture: {other:.1%}")
print(f"(b) our evaluation:                                    {alone:.1%}")

# %% [markdown]
# <details><summary><b>Diagnosis</b> (open it when you have yours)</summary>
#
# A decoder that learns to write reads the words *before* a place and predicts the one *at* it: what it reads must be shifted by one, and for a first word that is only "begin". Here nothing is shifted, so the decoder reads the very word that it should write, and copies it. Their evaluation hands it the answers in the same way, so the test leaks exactly like the training, and the picture is never needed. When the model must write by itself, it gets "begin" and has learned one thing only, to repeat what it is given: "begin" is no answer, so it is far worse than a blind model.
#
# Compare with ours: `source.show(fusion.vqa.AnswerDecoder)`.
# </details>
#
# You will write many decoders in this course. The test for this mistake is always the same: **let the model write on its own**.
#
# ## 8 · Ask it yourself
#
# What do the two biased models of section 4 and the seasoned one of section 6 say, how surely, and where do they look? Read the blind model's favourite below, paint the banana in it, and look *where* the biased one now looks that seems so right. Then compose scenes and ask what you like; those of five things are most like the ones they were trained on. (*"What has the same colour as …?"* fails with all three: section 6 says why.)

# %%
scene = (
    "red banana top left, yellow dog top right, small blue bus bottom right, "
    "green tulip bottom left, purple car middle"
)
to_ask = {
    "blind, biased": models["blind", "biased"],
    "sighted, biased": models["sighted", "biased"],
    "sighted, balanced": seasoned,
}
figures.question_box(to_ask, scene, "what colour is the banana?")

# %% [markdown] question="01.q1" title="Would you deploy it?" points=2 minutes=5
# A hospital buys a model that answers questions about X-ray pictures. The vendor reports: *"91 % VQA accuracy on 5,000 held-out questions; a radiologist reaches 93 %."* In at most four sentences: (a) name **one** measurement that tells how much of the 91 % comes from the questions alone, and what result would worry you; (b) describe **one** test set that you would have built, and what you expect of a model with a language prior on it.
#
# Rubric: 1 point for (a): a blind baseline, a lookup of the commonest answer per question, or questions put to the wrong (or a blank) picture, *with* the worrying result (close to 91 %). Half a point without the result. 1 point for (b): balanced or complementary pairs, a flipped prior, or the same question with another answer, *with* the expectation that the model falls, up to below a guess on a flipped prior. Half a point without the expectation. No point for more data of the same kind, another metric on the same test, or attention maps alone.

# %% [markdown] answer="01.q1"
# (a) Train the same model without pictures, or ask the given one with the X-ray of another patient. If it still gets close to 91 %, most of the score comes from the wording of the questions: that would worry me. (b) For every test question I would have a similar X-ray chosen on which the same question has another answer, as in VQA v2. A model with a language prior gives both the same answer, so it gets at most one of each pair; on a test set where the usual answer is the rare one it falls below guessing.

# %% [markdown]
# ## What to remember
# 1. VQA accuracy is a leave-one-out mean over annotators; a wrong answer can earn a good part of it.
# 2. A model takes the easiest way to a low loss. If the question gives the answer away, it need not look.
# 3. A test from the same source cannot show that. A blind baseline, a wrong picture, a flipped prior can.
# 4. Concatenation adds, products multiply; at equal parameters the answers decide which you need.
# 5. An attention map says where numbers came from. That two looks can compose does not mean that training finds it.
#
# ## Further
#
# ### Would more data cure the prior?

# %%
figures.prior_by_pictures(recorded).show()

# %% [markdown]
# More *biased* pictures help, because 15 in 100 of them contradict the favourite. But at every size the same number of *balanced* pictures is worth more, and the gap does not close: a model that may guess has less reason to look, however much it is shown.
#
# ### MUTAN
# MLB multiplies each projected feature of $v$ with *one* of $h$. MUTAN (Ben-younes et al., 2017) starts from the full bilinear form, decomposes its tensor (Tucker), and keeps the small core in the middle at rank $R$: after the projections $\tilde v = U^\top v + b_U$ and $\tilde h = V^\top h + b_V$,
#
# $$z = P^\top \sum_{r=1}^{R} \big( M_r^\top \tilde v + b_{M,r} \big) \circ \big( N_r^\top \tilde h + b_{N,r} \big) + b$$

# %% [markdown] exercise="01.5" name="mutan_pooling" title="Tucker, with a core of rank R" points=2 difficulty=2 minutes=10 further=true
# `params` holds `U`, `b_U`, `V`, `b_V`, `M` and `N` of shape $(D, R, D)$ (input, rank, output), `b_M` and `b_N` of shape $(R, D)$; `U`, `V`, `P` and `b` are as in 01.3, `b_U` and `b_V` have shape $(D)$. Leading axes as in 01.3; use `jnp`.
#
# Hint: Compute all $R$ maps of $\tilde v$ at once: the result has shape $(\dots, R, D)$. Where does the sum over $r$ come, before the product or after it?
#
# Hint: `jnp.einsum("...d,drk->...rk", v, params["M"]) + params["b_M"]`, the same for `N`; multiply, `.sum(-2)`, then `P` and `b`.

# %% solution="01.5"
def mutan_pooling(params, v, h):
    """MUTAN fusion.

    v: float[..., D_v], h: float[..., D_h]  →  float[..., D_out]
    """
    ### BEGIN SOLUTION
    v = v @ params["U"] + params["b_U"]  # (..., D)
    h = h @ params["V"] + params["b_V"]
    m = jnp.einsum("...d,drk->...rk", v, params["M"]) + params["b_M"]  # (..., R, D)
    n = jnp.einsum("...d,drk->...rk", h, params["N"]) + params["b_N"]
    return (m * n).sum(-2) @ params["P"] + params["b"]
    ### END SOLUTION

# %% check="01.5"
mutan = check("01.5", mutan_pooling)

# %% graded="01.5"
grade("01.5", mutan_pooling)

# %% [markdown] exercise="01.6" name="bilinear_pooling" title="The full form, and its price" points=2 difficulty=1 minutes=6 further=true
# $z_k = v^\top T_k h + b_k$ with `params["T"]` of shape $(D_v, D_h, D_{out})$ and `params["b"]` $(D_{out})$; leading axes as in 01.3. Return `z` **and** `count`, how many numbers the form learns (all of `T` and `b`); it does not depend on the leading axes. Use `jnp`: it is compiled.
#
# Hint: One `einsum` with three operands, or an outer product first.
#
# Hint: `jnp.einsum("...i,...j,ijk->...k", v, h, T)`; the count is a product of three sizes plus one more size.

# %% solution="01.6"
def bilinear_pooling(params, v, h):
    """Full bilinear pooling.

    v: float[..., D_v], h: float[..., D_h]  →  z: float[..., D_out], count: int
    """
    ### BEGIN SOLUTION
    z = jnp.einsum("...i,...j,ijk->...k", v, h, params["T"]) + params["b"]
    return z, params["T"].size + params["b"].size
    ### END SOLUTION

# %% check="01.6"
bilinear = check("01.6", bilinear_pooling)

# %% graded="01.6"
grade("01.6", bilinear_pooling)

# %% [markdown]
# Both of yours enter the fight, each where it should win:

# %%
more = {
    ("few products", "mutan"): shootout.accuracy(
        "mutan", "few products", BUDGET, steps=runtime.steps(shootout.STEPS), function=mutan),
    ("all products", "bilinear"): shootout.accuracy(
        "bilinear", "all products", 8000, steps=runtime.steps(shootout.STEPS),
        function=lambda params, v, h: bilinear(params, v, h)[0]),
}
for (task, name), value in more.items():  # what was recorded stands under its budget, such as "2000"
    print(f"{name} on {task}: {value:.2f} (recorded: "
          f"{recorded[Arm(task=task, pooling=name), str(BUDGET if name == 'mutan' else 8000)].mean:.2f})")

# %% [markdown]
# On VQA the papers reported MUTAN ahead of MLB, and both ahead of concatenation, by small margins.
#
# ### Other eyes, other readers
# The same questions and steps, with other encoders: a transformer that reads the question, a small CNN or ViT that must learn to see from the pixels while it learns to answer, one vector instead of a grid.

# %%
results.arms(
    "From pixels or through one vector: little above blind in the same number of steps",
    {reader: recorded[Arm(reader=reader), "right"] for reader in architectures.READERS}
    | {"blind": recorded[architectures.BLIND, "right"]}, {}, controls=("blind",),
).show()

# %% [markdown]
# Over all types **one hop does as well as two**, which fits section 6. One vector for the whole picture is nine points or so above blind, whatever the pooling: in this world the grid and the look matter more than the product. And learning to see *through answers alone* is slower still, because a balanced pair teaches nothing until the right thing is looked at. That is why the first VQA models borrowed frozen features, and why notebook 03 trains eyes on captions first.

# %% [markdown]
# ### The open challenge
# You get 16,000 questions of four types with a prior even stronger than in section 4, right 98 times in 100, and must answer **balanced** ones. The given model below concatenates; it does little more than repeat favourites. Improve what you like: the fusion, the length, the loss, which questions are drawn how often. The test questions come from a seed that you do not know.

# %%
def train_and_answer(train, test, config, steps, draw=None):
    """Trains a classifier on `train`, answers `test`. `draw` float[n]: each training question's probability."""
    features, tokens, answer = (np.asarray(train[name]) for name in ("features", "tokens", "answer"))
    model = fusion.VQAClassifier(config, rngs=nnx.Rngs(0))

    def sample(rng):
        row = rng.choice(len(answer), 128, p=draw)
        return {"image": features[row], "tokens": tokens[row], "answer": answer[row]}

    training.fit(model, fusion.softmax_loss, sample, steps=steps, learning_rate=4e-3, progress=False)
    asked = {"image": np.asarray(test["features"]), "tokens": np.asarray(test["tokens"])}
    return training.predict(model, trainer.logits, asked).argmax(-1)


def given_model(train, test):
    return train_and_answer(train, test, trainer.config(fusion.PoolingConfig("concat")), steps=400)


# %% [markdown] exercise="01.7" name="answer_challenge" title="Beat the prior" points=4 difficulty=3 minutes=25 further=true
# `train` has `features` $(n, 9, 64)$, `tokens` $(n, 14)$ and `answer` $(n)$; `test` has `features` and `tokens`. Return one answer for each test question, int$(m)$, as numbers in the list of 72. Right answers of 34 %, 39 %, 44 % and 46 % earn a point each. Your function may train for up to 90 seconds on two cores; do not use `runtime.steps` in it.
#
# Hint: What does concatenation have no way to do? `trainer.config` takes a `fusion.PoolingConfig("mlb")`, or a `fusion.StackConfig()` (section 6's looks); you have met what both build. More steps alone soon stop helping: why?
#
# Hint: One question in fifty contradicts its favourite; those are the ones that teach to look. Draw a question more often the rarer its answer is *for its words*: `np.unique(np.column_stack([tokens, answer]), axis=0, return_inverse=True, return_counts=True)` counts how often each pair of words and answer occurs. How much more often is yours to try.

# %% solution="01.7"
def answer_challenge(train, test):
    """Answers to new balanced questions, after training on biased ones.

    train: features float[n, 9, 64], tokens int[n, 14], answer int[n]; test: features, tokens  →  int[m]
    """
    ### BEGIN SOLUTION
    pair = np.column_stack([train["tokens"], train["answer"]])
    _, group, count = np.unique(pair, axis=0, return_inverse=True, return_counts=True)
    draw = count[group.ravel()] ** -0.6  # the commoner a question with its answer, the less each one counts
    return train_and_answer(train, test, trainer.config(), steps=700, draw=draw / draw.sum())
    ### END SOLUTION

# %% check="01.7"
challenger = check("01.7", answer_challenge)

# %% graded="01.7"
grade("01.7", answer_challenge)

# %% [markdown]
# ## Read on
# - S. Antol et al., *VQA: Visual question answering*, ICCV 2015, section 3: how answers were collected and scored.
# - Y. Goyal et al., *Making the V in VQA matter*, CVPR 2017: balanced pairs, and what they did to published models.
# - A. Agrawal et al., *Don't just assume; look and answer*, CVPR 2018: tests with changed priors.
# - Z. Yang et al., *Stacked attention networks for image question answering*, CVPR 2016, section 3.3.
# - J.-H. Kim et al., *Hadamard product for low-rank bilinear pooling*, ICLR 2017; H. Ben-younes et al., *MUTAN*, ICCV 2017.
# - D. Teney et al., *Tips and tricks for visual question answering*, CVPR 2018: soft scores and sigmoids.
#
# Artwork: Noto Emoji, Twemoji, Fluent Emoji and FxEmojis; authors and licences stand in `data/ATTRIBUTION.md`.
