# %% [markdown]
# # 02 · Captions that look
#
# {{badge}}
#
# **One vector can say what a picture with one thing shows. With three things it cannot, and a model that looks again before every word can.**
#
# At the end of this notebook you
# - have trained the textbook's attention decoder, and can say why its first map is flat and why its other maps prove nothing;
# - have written soft attention, an LSTM step that reads what was looked at, the loss of captions, and a step of beam search;
# - have measured when one vector is too little, and whether the looks fall on the right thing;
# - have found the mistake in a run whose accuracy is fine;
# - under *Further*: have let a detector put words into a caption that no caption had taught.
#
# | | |
# |---|---|
# | your time | 90 to 105 minutes; what stands under *Further* comes on top |
# | computing | about two minutes in all on two quiet CPU cores |
# | needed | notebook 00 or its equivalent: JAX arrays, a softmax, a training loop; what an LSTM is for. Notebook 01 helps |

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
from course_utils.experiments.captioning import attention, colleague, dataset, hard_attention, measures, novel, probe, trainer
from course_utils.metrics import caption as metric
from course_utils.models import captioning
from course_utils.models.captioning import one_caption
from course_utils.show import captioning as figures
from course_utils.show import live, results, source
from course_utils.world import captions, render
from course_utils.world.things import KINDS

runtime.start()
# The course's own runs: recorded[arm, measure] is the mean over several seeds, with an interval.
# An Arm says by its fields which runs are meant, such as Arm(way="attention").
recorded = record.load("02")

# %% [markdown]
# ## 1 · A decoder that says one caption
#
# A coding task found in many textbooks: take random "image features" on a 4 × 4 grid, and a decoder that looks at them before each word; train it to say *a red car*, and watch the attention. Before each word the decoder compares its state $h$ with every place $v_n$, turns the scores into shares, and reads the weighted mean:
#
# $$s_n = v_n \cdot (W_q^\top h), \qquad \alpha = \text{softmax}(s), \qquad z = \sum_n \alpha_n v_n$$
#
# The task as printed never trains it. Let us do that.

# %%
decoder, image = one_caption.OneCaptionDecoder(rngs=nnx.Rngs(0)), one_caption.random_image()
before_says, before = one_caption.write(decoder, image)
one_caption.train(decoder, image, steps=runtime.steps(100))
after_says, after = one_caption.write(decoder, image)
print("before:", *before_says)
print("after: ", *after_says)

# %%
figures.first_maps(before, after, one_caption.WORDS[1:]).show()

# %% [markdown]
# **Why is the first map flat?** The state starts at $h = 0$. Then every score is $v_n \cdot 0 = 0$, and a softmax of equal scores is uniform. No training changes that: the first map stays flat for ever, because $W_q$ only ever multiplies a zero. (Before training the other maps are flatter than after it, because the weights are small.) The models below do not start at zero: their first state is made of the picture.
#
# **What do the other maps show?** They are sharp, they move, they look like understanding. Show the trained decoder four *other* random pictures:

# %%
for seed in range(1, 5):
    says, maps = one_caption.write(decoder, one_caption.random_image(seed))
    print(*says, "  largest shares:", *(f"{share:.0%}" for share in maps.max(1)))

# %% [markdown]
# It says *a red car* of anything. With one caption to learn there is nothing to see in the picture, so where it looks is an accident of training. **A map can only mean something if the picture decides the word.** So let it.
#
# ## 2 · Pictures decide
#
# Scenes of one to five things, and plain captions in reading order. A frozen tower (notebook 01) describes each of the nine places by 64 numbers; the captioner adds a learned vector that says which of the nine it is.

# %%
taught, test = dataset.draw(), dataset.test_set()
few = [int(np.flatnonzero(test.objects == k)[1]) for k in (1, 2, 3, 5)]
print(f"{len(taught):,} pictures with a caption to learn from, {len(test):,} new ones to caption, {len(captioning.VOCAB)} words and signs")
figures.captions(
    np.asarray(render.render(test.scenes[few], 96)), [test.plain[i] for i in few],
    "Four scenes and what is to be said of them", "The more things, the more one caption has to carry.",
).show()

# %% [markdown]
# The model is the one of **Show, Attend and Tell** (Xu et al., 2015):

# %%
figures.captioner().show()

# %% [markdown]
# Its look is *additive*: instead of a scalar product, a small network compares a place with the state. For a place $v_n$ of width $D_v$, a state $h$ of width $D$, and an inner width $k$:
#
# $$e_n = w \cdot \tanh\!\big(W_v^\top v_n + W_h^\top h + b\big), \qquad \alpha = \text{softmax}(e), \qquad z = \sum_n \alpha_n v_n$$
#
# Some pictures will have fewer places than others (under *Further* places are detected regions). A *mask* says which are there: a place that is not gets a share of 0, and the others still add up to 1.

# %% [markdown] exercise="02.1" name="soft_attention" title="One look" points=4 difficulty=2 minutes=12
# Write it for a batch. `places` is $(B, N, D_v)$, `h` is $(B, D)$, `mask` is boolean $(B, N)$, True where there is a place; `params` holds `W_v` $(D_v, k)$, `W_h` $(D, k)$, `b` and `w` $(k)$. Vectors are rows: $W_v^\top v_n$ is `places @ params["W_v"]`. Return the context $z$ $(B, D_v)$ **and** the shares $\alpha$ $(B, N)$. Use `jnp`: it is compiled and trained below.
#
# Hint: The state is one row a picture, the places are $N$ rows a picture. Which axis must the state's side get before the two are added? And what score makes a share 0?
#
# Hint: `seen = jnp.tanh(places @ W_v + (h @ W_h + b)[:, None])` is $(B, N, k)$, `seen @ w` is $(B, N)$. Then `jnp.where(mask, scores, -1e9)`, a softmax over the last axis, and `jnp.einsum("bn,bnd->bd", ...)`.

# %% solution="02.1"
def soft_attention(params, places, h, mask):
    """A weighted mean of the places of each picture.

    places: float[B, N, D_v], h: float[B, D], mask: bool[B, N]  →  context: float[B, D_v], alpha: float[B, N]
    """
    ### BEGIN SOLUTION
    seen = jnp.tanh(places @ params["W_v"] + (h @ params["W_h"] + params["b"])[:, None])  # (B, N, k)
    scores = jnp.where(mask, seen @ params["w"], -1e9)
    alpha = jax.nn.softmax(scores, axis=-1)  # (B, N)
    return jnp.einsum("bn,bnd->bd", alpha, places), alpha
    ### END SOLUTION

# %% check="02.1"
look = check("02.1", soft_attention)

# %% graded="02.1"
from course_utils.exercises import grade

grade("02.1", soft_attention)

# %% [markdown]
# The context $z$ goes into the memory together with the word that was said last. With $x$ the word's vector, each of the four gates is a linear map of all three:
#
# $$[i, f, g, o] = W_x^\top x + W_z^\top z + W_h^\top h + b$$
# $$c' = \sigma(f) \circ c + \sigma(i) \circ \tanh(g), \qquad h' = \sigma(o) \circ \tanh(c')$$
#
# Then the next word's scores are a linear map of the new state and of what was looked at. (The textbook writes $p(w_t) = \text{LSTM}(\dots)$; the LSTM gives a state, and a softmax over a projection of it gives the probabilities.)

# %% [markdown] exercise="02.2" name="lstm_step" title="Read, and remember" points=4 difficulty=1 minutes=8
# Write one step. `params` holds `W_x` $(D_w, 4D)$, `W_z` $(D_v, 4D)$, `W_h` $(D, 4D)$ and `b` $(4D)$; the four gates lie side by side, $D$ numbers each, in the order $i, f, g, o$. Return the new `h` **and** `c`, both $(B, D)$. Use `jnp`: it is compiled and trained below.
#
# Hint: Add the three products and the bias once, to one table of $4D$ columns; only then cut it in four.
#
# Hint: `i, f, g, o = jnp.split(gates, 4, axis=-1)`; three of them go through `jax.nn.sigmoid`, one through `jnp.tanh`.

# %% solution="02.2"
def lstm_step(params, h, c, word, context):
    """One step of a memory that reads a word and what was looked at.

    h, c: float[B, D], word: float[B, D_w], context: float[B, D_v]  →  h, c: float[B, D]
    """
    ### BEGIN SOLUTION
    gates = word @ params["W_x"] + context @ params["W_z"] + h @ params["W_h"] + params["b"]
    i, f, g, o = jnp.split(gates, 4, axis=-1)  # (B, D) each
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c
    ### END SOLUTION

# %% check="02.2"
memory = check("02.2", lstm_step)

# %% graded="02.2"
grade("02.2", lstm_step)

# %% [markdown]
# ### What is learned from
#
# The model is told the words so far and must guess the next: at every place of every caption a cross-entropy. Captions differ in length, and a batch is a table, so the shorter ones are filled up with *padding*:

# %%
for row in taught.tokens[:3]:
    print(*(captioning.VOCAB[token] for token in row))
print(f"padding: {np.mean(taught.tokens == captioning.PAD):.0%} of all places")

# %% [markdown] exercise="02.3" name="caption_loss" title="Only what was said" points=4 difficulty=2 minutes=8
# `logits` is $(B, T, V)$, `tokens` is $(B, T)$, `mask` is boolean $(B, T)$, True where there is a word (or the end). Place $(b, t)$ of `logits` predicts place $(b, t)$ of `tokens`; nothing needs to be shifted. Return one number: the mean of $-\log p(\text{word})$ over **all words that are there**, so that every word counts the same, in a long caption or in a short one. Use `jnp`: your loss is compiled, and trains the captioner below.
#
# Hint: Compute $-\log p$ for all $B \cdot T$ places, padding included. Which of these numbers do you add, and what do you divide by?
#
# Hint: `jax.nn.log_softmax(logits)`, then `jnp.take_along_axis(..., tokens[..., None], -1)[..., 0]`; the sum of `-log_p * mask`, divided by `mask.sum()`.

# %% solution="02.3"
def caption_loss(logits, tokens, mask):
    """The mean cross-entropy of the words that are there.

    logits: float[B, T, V], tokens: int[B, T], mask: bool[B, T]  →  float
    """
    ### BEGIN SOLUTION
    log_p = jnp.take_along_axis(jax.nn.log_softmax(logits), tokens[..., None], -1)[..., 0]  # (B, T)
    return -jnp.sum(log_p * mask) / mask.sum()
    ### END SOLUTION

# %% check="02.3"
loss = captioning.writing_loss(check("02.3", caption_loss))

# %% graded="02.3"
grade("02.3", caption_loss)

# %% [markdown]
# Look, step and loss: that is a captioner. This one is made of yours.

# %%
model = trainer.train_captioner(
    "attention", steps=runtime.steps(trainer.STEPS), attention=look, memory=memory, loss=loss,
    watch=live.LossCurve("A captioner that looks", role="fusion"),
)
says = trainer.write(model, test.features)

# %%
figures.captions(
    np.asarray(render.render(test.scenes[few], 96)), [says[i] for i in few], "What your captioner says of new scenes",
    right=[says[i] == test.plain[i] for i in few],
).show()

# %% [markdown]
# ## 3 · How good is a caption?
#
# People word things differently, so a caption is compared with several references. Four measures are in use; here are five ways to be more or less right about one scene:

# %%
scene = few[2]
true = test.plain[scene]
first, *others = [thing.strip() for thing in true.replace(" and ", ", ").split(",")]
candidates = {
    "plain": true,
    "another order": " and ".join([", ".join(others), first]),
    "one thing only": first,
    "a wrong colour": true.replace(first.split()[1], "green" if first.split()[1] != "green" else "pink", 1),
    "another scene's": test.plain[few[3]],
}
print("references:", *test.references[scene], sep="\n  ")
print(f"\n{'':16} BLEU-4  METEOR  CIDEr-D  SPICE")
for name, text in candidates.items():
    texts = [dataset.cut(r) for r in test.plain]
    texts[scene] = dataset.cut(text)
    print(f"{name:16} {metric.bleu(texts[scene:scene + 1], test.references[scene:scene + 1])[3]:6.2f} "
          f"{metric.meteor(texts[scene:scene + 1], test.references[scene:scene + 1])[0]:7.2f} "
          f"{metric.cider_d(texts, test.references)[scene]:8.2f} {metric.spice(texts, test.tuples)[scene]:6.2f}   {text}")

# %% [markdown]
# - **BLEU** (Papineni et al., 2002): which share of its n-grams, the runs of 1 to 4 words, occurs in a reference; too short costs.
# - **METEOR** (Lavie & Agarwal, 2007; aligned as by version 1.5): matches words, also by their stem, and asks in how few runs they stand together.
# - **CIDEr-D** (Vedantam et al., 2015): a cosine of n-grams in which rare ones count for more; what is reported as "CIDEr" is nearly always this form, in which a repeated n-gram counts no more often than in the reference, and another length costs (exercise 02.5).
# - **SPICE** (Anderson et al., 2016): the F1 of the *facts* stated: (dog), (dog, red). Real captions need a parser that guesses them; in this world a grammar reads them exactly. 
#
# Read the table downwards. *Another order* costs nothing by three of them, because some of the references have other orders too; CIDEr-D, which asks all references, takes off a point. *One thing only* is true, and a third of the truth: BLEU's penalty for short texts leaves nothing of it, SPICE half. *A wrong colour* is one word in ten and one fact in six, and costs about as much: no measure knows that it was the word that mattered. A perfect caption does not get CIDEr-D's highest mark, 10, since no caption agrees with five different references at once. *Another scene's* caption shares the wording and hardly a fact: CIDEr-D and SPICE sink to almost nothing, METEOR keeps more than half.
#
# BLEU and CIDEr-D are those of the public implementation, METEOR that of METEOR 1.5's program with the settings named in `metric.meteor` (tests compare them). Caption papers report the same program with tuned parameters, synonyms and paraphrases, which gives lower numbers: compare ours among themselves only. To be strict, we mostly count *exact* captions: every thing, number and colour right, in reading order. Of your captions (CIDEr-D again from 0 to 10):

# %%
for name, value in measures.scores(says, test).items():
    print(f"{name:8} {value:.2f}")

# %% [markdown]
# ## 4 · One vector, or a look at every word?
#
# Before attention there was **Show and Tell** (Vinyals et al., 2015): the picture becomes *one* vector, here the mean of its nine places (a CNN of that time ends in such a mean), and the LSTM reads it once, as its first input; states start at zero. A common variant makes the *initial state* of it. Both are recorded, trained for three times as long as the others and with a stronger optimizer (Muon), so that they are not beaten for want of training. A third may read the mean again before **every** word: `uniform`, which has all the parameters of attention and may not choose. You train that one, for two thirds of the recorded steps.
#
# **Predict, then run.** At one thing, `uniform` gets about four captions in five exactly right with all the recorded steps (yours, trained for fewer, somewhat less). How many at three things, in percent? Nobody grades a guess.

# %%
# Your guess for "uniform" at three things, in percent of exactly right captions: replace None.
guess = None

# %%
uniform = trainer.train_captioner("uniform", steps=runtime.steps(trainer.STEPS * 2 // 3), memory=memory, loss=loss, watch=live.LossCurve("The mean, at every word"))
runs = {
    "attention": {k: exact for k, (_, exact) in measures.by_objects(says, test).items()},
    "uniform": {k: exact for k, (_, exact) in measures.by_objects(trainer.write(uniform, test.features), test).items()},
}
figures.by_things(recorded, runs, guess).show()

# %%
print("recorded          exact: 1 thing   2 things   3 things   5 things   SPICE: 3 things")
for name, arm in {"attention": Arm(way="attention"), "uniform": Arm(way="uniform"), "Show and Tell": Arm(way="first input"),
                  "initial state": Arm(way="initial state"), "another picture": attention.ANOTHER_PICTURE, "blind": Arm(way="none")}.items():
    print(f"{name:20}", *(f"{recorded[arm, f'exact, {k}'].mean:10.0%}" for k in (1, 2, 3, 5)), f"{recorded[arm, 'SPICE, 3'].mean:16.2f}")

# %% [markdown]
# With one thing, a mean gets far, four captions in five when recorded: eight empty places disturb it little. With two, the mean of *a red dog and a blue cat* is nearly the mean of *a blue dog and a red cat*, too: what belongs together must be untangled. Attention never mixes what it does not have to.
#
# **Show and Tell** must keep its vector for twenty words. Trained for longer, it gets further at two things than `uniform`, and *initial state* further still (no race between the three: steps and optimizer differ). All meet the same wall: of three things at best one caption in eight is right, of five none, where attention still gets more than half. The *control* behaves as it should: attention that is shown another picture gets none right.
#
# Attention falls, too, as things are added; a cause that has nothing to do with memory stands under *Further*.
#
# ## 5 · Does it look at what it says?
#
# Here is one caption, word by word:

# %%
shown = few[2]
words = [*captioning.VOCAB.split(test.plain[shown]), "<end>"]
maps = trainer.attention_maps(model, test.features, test.tokens)
figures.looks(np.asarray(render.render(test.scenes[[shown]], 96))[0], words, maps[shown, : len(words)]).show()

# %% [markdown]
# A picture proves nothing. Play the *pointing game* (Zhang et al., 2016) on the true captions of all test scenes: is the brightest place one that the word is about? For fairness beside two players who see nothing of the words: one points to any thing of the picture, one always to the *centre*, a prior that does well on photographs.

# %%
game = attention.pointing(model, test)
figures.pointing_game(recorded, game).show()

# %% [markdown]
# For colours and kinds the look is nearly always on the thing. For *a* and *two* it is not; on the average of our runs they hit less often than a thing taken by chance, perhaps because where to go next is settled while they are said. So "attention shows what the model thinks of" holds for some classes of words and not for others, and only a count by class tells which.
#
# A map that hits tells where the model *looked*. Did it *use* what it saw? Change that: in the look before one word, exchange the features of one place for those of a **twin**, the same scene with everything in another colour. A word that was read off this place becomes the twin's.

# %%
asked = probe.cases(test, "colour")
figures.exchange(**probe.example(model, asked, np.flatnonzero(asked.scenes.present.sum(1) == 3)[1])).show()

# %% [markdown]
# And on all test pictures, for colours and for kinds:

# %%
figures.exchanges(recorded, probe.measures(model, test)).show()

# %% [markdown]
# The word follows its thing's place, and no other thing's, though the new word is true of that one. To exchange the *brightest* place comes to the same: here what is looked at is what is used. Notebook 04 has a map of which that is not so.
#
# ## 6 · Which words win?
#
# So far we took the likeliest word each time: **greedy**. But the likeliest first word need not begin the likeliest caption. **Beam search** keeps the $K$ best beginnings. At every step each of them can go on with each of $V$ words; of these $K \cdot V$ continuations the $K$ best survive. A beginning that has ended stays in the beam as it is: its only continuation is `end`, again, and its score stays what it is.

# %% [markdown] exercise="02.4" name="beam_step" title="Keep the best beginnings" points=4 difficulty=2 minutes=12
# One step for one picture. `scores` $(K)$ are the log-probabilities of the beginnings, `log_probs` $(K, V)$ those of the next words, `finished` $(K)$ is boolean, `end` is a token. Return the new `scores` $(K)$, highest first, the `parents` $(K)$, which beginning each continues, and the `tokens` $(K)$, with which word. A score may be $-\infty$: that beginning does not count. Use `jnp`.
#
# Hint: Make one table $(K, V)$ of the scores of all continuations. What does the row of a finished beginning look like?
#
# Hint: `stays = jnp.where(jnp.arange(V) == end, 0.0, -jnp.inf)`; `total = scores[:, None] + jnp.where(finished[:, None], stays, log_probs)`; then `jax.lax.top_k(total.ravel(), K)`, and `//` and `%` by $V$.

# %% solution="02.4"
def beam_step(scores, log_probs, finished, end):
    """The K best continuations of K beginnings.

    scores: float[K], log_probs: float[K, V], finished: bool[K], end: int  →  scores: float[K], parents, tokens: int[K]
    """
    ### BEGIN SOLUTION
    vocabulary = log_probs.shape[1]
    stays = jnp.where(jnp.arange(vocabulary) == end, 0.0, -jnp.inf)
    total = scores[:, None] + jnp.where(finished[:, None], stays, log_probs)  # (K, V)
    best, place = jax.lax.top_k(total.ravel(), len(scores))
    return best, place // vocabulary, place % vocabulary
    ### END SOLUTION

# %% check="02.4"
step = check("02.4", beam_step)

# %% graded="02.4"
grade("02.4", beam_step)

# %% [markdown]
# With your step, your captioner of section 2, greedily and with a beam, on the first 256 test pictures (section 3 counted all 1,000):

# %%
for width in (1, 5):
    got = attention.beams(model, test, width, select=step)
    print(f"your captioner, width {width:2}: log-probability {got['log-probability']:.4f}, exact {got['exact']:.1%}")
print("recorded, widths 1 to 10: exact", *(f"{recorded[Arm(way='attention', width=width), 'exact'].mean:.1%}" for width in attention.WIDTHS))

# %% [markdown]
# A beam finds nothing that greedy did not find: whoever sees the picture is nearly sure of every next word, and the likeliest words make the likeliest caption. The price is plain: a beam of ten runs the model for ten texts at every step. (What it buys a model that is unsure stands under *Further*.)
#
# ## 7 · A run that looks fine
#
# A colleague trains the cheap `uniform` model. *"After 200 steps mine already gets four tokens in five right, on new pictures. Who needs attention?"*

# %%
theirs = colleague.train(steps=runtime.steps(colleague.STEPS), watch=live.LossCurve("The colleague's captioner", role="language"))
print(f"tokens right, as they count: {colleague.their_accuracy(theirs, test):.1%}")

# %%
source.show(colleague.colleagues_loss)

# %%
source.show(colleague.their_accuracy)

# %% [markdown]
# You can (a) count a model that sees *nothing* in the same way, (b) count only words that name kinds or colours, (c) let the model write, and count exact captions, or (d) count your own captioner of section 2 as they do. What do you expect of each? Write your suspicion down, then run them.

# %%
my_suspicion = "…"

# %%
blind = colleague.train("none", steps=runtime.steps(colleague.STEPS))
print(f"(a) a blind model, counted as they do: {colleague.their_accuracy(blind, test):.1%}")
print(f"(b) their model, kinds and colours:    {colleague.accuracy_of(theirs, test, ('kind', 'colour')):.1%}")
print(f"(c) their model, exact captions:       {measures.scores(trainer.write(theirs, test.features), test)['exact']:.1%}")
print(f"(d) your captioner, counted as they do: {colleague.their_accuracy(model, test):.1%}")

# %% [markdown]
# <details><summary><b>Diagnosis</b> (open it when you have yours)</summary>
#
# Both means run over padding: the loss never uses its `mask`, the accuracy has none. You saw in section 2 how much of a batch is padding, and a model that is trained on it predicts it perfectly after a few steps; commas, *a* and *and* are nearly as easy. So a model that sees nothing gets about seven tokens in ten by this count, while by the other two counts theirs is poor. Your own captioner, which writes most captions rightly, was never asked about padding, and by this count it looks worse than a blind one.
#
# It is the *count* that misleads; as a loss, the same slip costs little here (train `uniform` for as many steps with your own loss, and compare (b) and (c)). What makes theirs poor is that it cannot choose where to look, and that 200 steps are few: `uniform` of section 4, with 400, gets twice as many captions exactly right, and attention ten times as many.
#
# The test for this mistake: **what does a blind model get by the same count?** And let the model write on its own.
# </details>
#
# ## 8 · Step through a caption
#
# Compose a scene and step through what *your* captioner says of it: where it looks before each word, and what else it could have said. Try two things of one kind and colour (`red dog, red dog`); or five. No model here is always right.

# %%
figures.step_through(model)

# %% [markdown] question="02.q1" title="Does the map explain the word?" points=2 minutes=6
# A firm sells a captioner for the blind with the slogan *"See why it says what it says"*: for each word it shows the attention map. In at most six sentences: (a) name **one** measurement that would show whether the maps fall on what the words are about, with the control that it must beat; (b) photographs have no twins: name **one** intervention on the picture that would show whether the word really *depends* on the place that the map shows (section 4's "another picture" is the crudest), and what you expect if it does.
#
# Rubric: 1 point for (a): the pointing game (or the overlap of the map with boxes or masks) by class of words, *with* a control that does not see the words (centre prior, any thing of the picture, the map of another word). Half a point without the control. 1 point for (b): cover, blur or exchange the place that the map shows (or exchange the features, or force the look elsewhere) and see whether the word changes, compared with the same done to another place, *with* the expectation that it changes the word there and not elsewhere. Half a point without comparison or expectation. No point for looking at more maps, or for the model's accuracy.

# %% [markdown] answer="02.q1"
# (a) The pointing game on captions with known boxes: how often the brightest place lies in the box of the thing that the word names, counted by class of words, beside a player that always points to the centre and one that points to any thing of the picture; the maps must beat both. (b) For each noun I would paste another thing over the place that the map shows, and in a control over a place that it does not show. If the word depends on the place shown, it changes to the new thing in the first case and stays in the second.

# %% [markdown]
# ## Further
#
# ### A weighted mean cannot count
# Attention makes more mistakes as things are added. Take the pictures apart in which two things are equal, so that the caption needs *two* or *three*:

# %%
equal = np.array([bool({"two", "three"} & set(captioning.VOCAB.split(text))) for text in test.plain])
right = np.array([a == b for a, b in zip(says, test.plain)])
print(f"equal things, {equal.sum()} of {len(test)} pictures: {right[equal].mean():.0%} of your captions exact")
print("no equal things, by number of things:", *(f" {k}: {right[~equal & (test.objects == k)].mean():.0%}" for k in range(1, 6)))
for i in np.flatnonzero(equal)[:2]:
    print(f"  right {test.plain[i]}\n  says  {says[i]}")

# %% [markdown]
# The shares add up to 1, so two equal dogs give nearly the context that one gives; what would tell is *where* the shares lie, a faint trace in $z$. So the caption begins with *a*, and then names the second dog as well. Counting is a known weakness of attention (Zhang et al., 2018, who count by other means).
#
# ### What a wider beam buys
# Your captioner was nearly sure of its words. `uniform` is not. With your step:

# %%
figures.beams({width: attention.beams(uniform, test, width, select=step) for width in (1, 3, 10)}).show()

# %% [markdown]
# A wider beam finds likelier captions: that is what it is for. Whether they are *better* is another matter. Read the numbers at the axes: the facts (SPICE, CIDEr-D) get a little better at best, and exact captions stay where they were, one caption being 0.4 points here, of 256 pictures. Real captions can be worded in many ways, and there beams of 3 to 5 helped (Vinyals et al., 2015); much wider ones are known to hurt, because the likeliest texts of a weak model are short and dull.
#
# ### CIDEr-D
# For each $n$ from 1 to 4, a caption is a vector over n-grams: how often it occurs, times $\log(\text{pictures}) - \log(\max(1, \text{frequency}))$, where the frequency is in how many pictures' references it occurs (0 for one that no reference has). With $g$ the candidate's vector, $r$ a reference's, and $d$ the difference of their lengths in words,
#
# $$\text{score}_n = \frac{\sum_j \min(g_j, r_j)\, r_j}{\lVert g \rVert\, \lVert r \rVert}\; e^{-d^2 / (2 \cdot 6^2)}, \qquad \text{CIDEr-D} = 10 \cdot \text{mean over } n \text{ and over references}$$

# %% [markdown] exercise="02.5" name="cider_d" title="Consensus, counted" points=2 difficulty=2 minutes=15 further=true
# `candidate` is a string, `references` a list of strings, words split at spaces; `frequency` is a dictionary from n-grams, written as strings with single spaces ("a red"), to the number of pictures whose references have them; `pictures` is how many there are. Return one number, from 0 to 10. Where a norm is 0, that $n$ gives 0.
#
# Hint: Write a function that makes the vector of one text for one $n$, as a dictionary. Then the sum runs over the candidate's n-grams; one that the reference does not have has $r_j = 0$.
#
# Hint: `collections.Counter(" ".join(words[i:i + n]) for i in range(len(words) - n + 1))` counts. The norm $\lVert g \rVert$ is of the *whole* vector, before anything is clipped.

# %% solution="02.5"
import collections
import math


def cider_d(candidate, references, frequency, pictures):
    """CIDEr-D of one caption.

    candidate: str, references: list of str, frequency: dict of str to int, pictures: int  →  float
    """
    ### BEGIN SOLUTION
    def vector(text, n):
        words = text.split()
        counts = collections.Counter(" ".join(words[i : i + n]) for i in range(len(words) - n + 1))
        return {gram: count * (math.log(pictures) - math.log(max(1, frequency.get(gram, 0)))) for gram, count in counts.items()}

    def norm(vector):
        return math.sqrt(sum(weight**2 for weight in vector.values()))

    scores = []
    for reference in references:
        penalty = math.exp(-((len(candidate.split()) - len(reference.split())) ** 2) / (2 * 6**2))
        for n in (1, 2, 3, 4):
            g, r = vector(candidate, n), vector(reference, n)
            shared = sum(min(weight, r.get(gram, 0.0)) * r.get(gram, 0.0) for gram, weight in g.items())
            scores.append(penalty * shared / (norm(g) * norm(r)) if shared else 0.0)
    return 10 * sum(scores) / len(scores)
    ### END SOLUTION

# %% check="02.5"
cider = check("02.5", cider_d)

# %% graded="02.5"
grade("02.5", cider_d)

# %% [markdown]
# ### Hard attention
# Soft attention reads a mean of all places. **Hard** attention reads *one*, drawn by its share. A draw has no slope, so gradients must be found another way: **REINFORCE** (Williams, 1992). With looks $s$ drawn from $p(s)$, the slope of the mean of $\log p(\text{words} \mid s)$ is the mean of
#
# $$\nabla \log p(\text{words} \mid s) \;+\; \big(\log p(\text{words} \mid s) - \beta\big)\, \nabla \log p(s)$$
#
# The second part makes looks likelier after which the words did better than expected; $\beta$, the *baseline*, is what was expected, and changes nothing on the average, but much of the noise. We write a number, the *surrogate*, whose slope is just that (with a minus sign, since losses go down); the reward in the brackets must not carry slopes of its own.

# %% [markdown] exercise="02.6" name="reinforce_slopes" title="Slopes of a draw" points=2 difficulty=3 minutes=12 further=true
# `log_words` and `log_places` are $(B, T)$, 0 at padding: $\log p$ of each word after the look that was drawn for it, and $\log$ of the share of the place that was drawn. A caption's $\log p(\text{words} \mid s)$ and $\log p(s)$ are sums over all of $T$; `baseline` $(B)$ is $\beta$. Write the surrogate, a mean over $B$; the last line takes its slopes. Use `jnp`: it is compiled.
#
# Hint: Two terms a caption: its log-probability, and reward times $\log p(s)$. Which of the factors must JAX take for a constant?
#
# Hint: `reward = jax.lax.stop_gradient(log_words.sum(1) - baseline)`; return minus the mean of `log_words.sum(1) + reward * log_places.sum(1)`.

# %% solution="02.6"
def reinforce_slopes(log_words, log_places, baseline):
    """The slopes of the surrogate for log_words and for log_places.

    log_words, log_places: float[B, T], baseline: float[B]  →  two of float[B, T]
    """

    def surrogate(log_words, log_places):
        ### BEGIN SOLUTION
        reward = jax.lax.stop_gradient(log_words.sum(1) - baseline)  # (B,)
        return -jnp.mean(log_words.sum(1) + reward * log_places.sum(1))
        ### END SOLUTION

    return jax.grad(surrogate, argnums=(0, 1))(log_words, log_places)

# %% check="02.6"
slopes = check("02.6", reinforce_slopes)

# %% graded="02.6"
grade("02.6", reinforce_slopes)

# %% [markdown]
# From scratch it learned little in our trials. But started from a model that looks softly, it learns to live with one place. Here with your slopes, for a quarter of the recorded steps:

# %%
hard = hard_attention.train(model, steps=runtime.steps(hard_attention.STEPS // 4), surrogate=captioning.surrogate_of(slopes), watch=live.LossCurve("One place at a time"))
exact = {"soft attention": recorded[Arm(way="attention"), "exact"]} | {
    name: recorded[Arm(way="hard", training=training), "exact"]
    for name, training in (("soft, made hard", "none"), ("hard, REINFORCE", "REINFORCE"), ("hard, no reward", "no reward"))
}
results.arms(
    f"Hard attention: {exact['hard, REINFORCE'].mean:.0%} exact; soft: {exact['soft attention'].mean:.0%}",
    exact,
    {"hard, REINFORCE": measures.scores(trainer.write(hard, test.features), test)["exact"]}, controls=("hard, no reward",),
    measure="Exactly right captions", axis="exact captions, %",
).show()

# %% [markdown]
# *Soft, made hard* takes the brightest place of a model that never had to choose: between things it was used to a mixture. *No reward* keeps drawing and learns words, but nobody tells it whether a look was good: its looks drift away. In the paper hard attention did about as well as soft; here it comes close once it starts from soft, with all of the recorded steps. (The curve shows the surrogate, whose slopes count and whose value means nothing.)

# %% [markdown]
# ### Words that no caption taught
#
# A grid cuts a picture blindly. **Bottom-up attention** (Anderson et al., 2018) lets a detector propose regions first, and attention weighs those. Ours is small: the frozen tower slides over the picture, and a head tells of each window whether it holds a thing, where its box is, and which kind it is.

# %%
scenes_, found = novel.draw(dataset.TEST, test=True)
first4 = np.arange(4)
figures.regions(
    np.asarray(render.render(scenes_[first4], 96)), [found.box[i][found.mask[i]] for i in first4],
    [[KINDS[k] for k in found.kind[i][found.mask[i]].argmax(-1)] for i in first4],
).show()

# %% [markdown]
# A detector may know more words than the captions do. That is the question of **NoCaps** (Agrawal et al., 2019): captions teach some kinds of things, the test shows others, which only the detector knows. In our training captions six kinds never occur, and no training picture shows them:

# %%
print("never in a training caption:", ", ".join(novel.NOVEL))
pointer = novel.train("pointing", steps=runtime.steps(novel.STEPS * 4 // 10), pictures=4000, watch=live.LossCurve("A captioner with gaps for nouns"))
told = novel.write(pointer, found)
for i in first4:
    print(f"{told[i]:70} right: {captions.caption(scenes_[[i]])[0]}")

# %% [markdown]
# It says such words, because it says no nouns at all. (Not every line is right: some skip a thing or name one twice, and the captioner still cannot count.) It writes a sentence with **gaps** ("a red ▢ and two blue ▢s"), and a gap is filled with the detector's word for the region that it looks at: with shares $\alpha_r$ and the detector's probabilities $q_r$, $p(\text{noun}) = p(\text{gap}) \sum_r \alpha_r\, q_r(\text{noun})$. (The idea of *Neural baby talk*, Lu et al., 2018.) Beside it, the same regions and the same probabilities as *inputs*, to a model that writes its nouns itself:

# %%
print("the detector itself, of the things it finds:", f"{recorded[novel.DETECTOR, 'kind'].mean:.0%} of kinds right")
arms = {"gaps, filled by the detector": Arm(captioner="pointing"),
        "its words as inputs only": Arm(captioner="no words from the detector"), "gaps, words exchanged": novel.EXCHANGED}
kinds = {name: recorded[arm, "novel kinds"] for name, arm in arms.items()}
filled, learned, exchanged = kinds
results.arms(
    f"Novel kinds: {kinds[filled].mean:.0%} when gaps are filled, {kinds[learned].mean:.0%} when nouns are learned",
    kinds, {filled: novel.scores(told, scenes_)["novel kinds"]}, controls=(exchanged,),
    measure="F1 of naming kinds that no training caption named", axis="F1, %",
).show()

# %% [markdown]
# The model that gets the detector's words as inputs has never been taught to *write* these nouns, so it writes others. And with a detector whose words are *exchanged*, each kind called by another's name, the captions repeat the wrong names: the words really come from there. Such a caption inherits its detector's errors, and adds its own.

# %% [markdown]
# ### The open challenge
# You get 500 captioned pictures, where the notebook had 16,000, and must caption 1,000 new ones. Improve what you like: the training, the model, the decoding, the data. The test pictures come from a seed that you do not know.

# %%
def train_and_write(train, test, way="uniform", steps=300, learning_rate=1.2e-2, more=None):
    """Trains a captioner and writes captions of `test`, greedily.

    more(rng): {"image": float32[b, 9, 64], "tokens": int[b, 20]}, a batch to be used instead of 128 rows of `train`
    """
    model = captioning.Captioner(captioning.CaptionConfig(way=way), rngs=nnx.Rngs(0))
    arrays = {"image": np.asarray(train["features"]), "tokens": np.asarray(train["tokens"])}
    trainer.train(model, arrays, trainer.LOSS, steps=steps, learning_rate=learning_rate, more=more)
    return captioning.VOCAB.encode(trainer.write(model, np.asarray(test["features"])), captioning.LONGEST + 1)  # some never end


def given_model(train, test):
    return train_and_write(train, test, way="uniform")


# %% [markdown] exercise="02.7" name="caption_challenge" title="Few captions" points=4 difficulty=3 minutes=25 further=true
# `train` has `features` $(n, 9, 64)$ and `tokens` $(n, 20)$; `test` has `features`. Return one caption for each test picture as tokens, int$(m, T)$, ended by `captioning.END`. A mean SPICE of 40 %, 55 %, 62 % and 68 % earns a point each; the given model gets less than 30 %. Your function may train for up to 90 seconds on two idle cores (nobody stops the clock); do not use `runtime.steps` in it.
#
# Hint: Which of the models of this notebook makes the most of a picture? That is worth two or three of the points. For the last one, ask what the model can learn by heart from 500 pictures.
#
# Hint: `more(rng)` may return a new `image` and its `tokens` for every batch: draw rows of `train`, and change their features so that the captions stay true. A little noise is enough.

# %% solution="02.7"
def caption_challenge(train, test):
    """Captions of new pictures, after training on few.

    train: features float[n, 9, 64], tokens int[n, 20]; test: features  →  int[m, T]
    """
    ### BEGIN SOLUTION
    seen, tokens = np.asarray(train["features"]), np.asarray(train["tokens"])

    def noisy(rng):
        row = rng.integers(len(tokens), size=64)  # half as many as the notebook's: more steps in the same time
        noise = rng.normal(size=seen[row].shape) * 0.3 * seen.std()
        return {"image": (seen[row] + noise).astype(np.float32), "tokens": tokens[row]}

    return train_and_write(train, test, "attention", steps=400, more=noisy)
    ### END SOLUTION

# %% check="02.7"
challenger = check("02.7", caption_challenge)

# %% graded="02.7"
grade("02.7", caption_challenge)

# %% [markdown]
# ## What to remember
# 1. A query of zero looks everywhere alike; and a map means nothing where the picture does not decide the word.
# 2. One vector carries one thing well. What belongs to what is lost in a mean; attention does not have to mix.
# 3. Count where looks fall, by class of words and beside a control: some words are looked at, others are not. Whether a look is *used*, only an exchange tells.
# 4. Padding, commas and articles are easy. Ask what a blind model gets by the same count.
# 5. (*Further*) A caption can name what no caption taught, if the word comes from a detector: and then it repeats the detector's errors.
#
# ## Read on
# - O. Vinyals et al., *Show and tell*, CVPR 2015: the picture as the first input, and beams.
# - K. Xu et al., *Show, attend and tell*, ICML 2015, sections 3.1 and 4: soft and hard attention.
# - P. Anderson et al., *Bottom-up and top-down attention*, CVPR 2018; *SPICE*, ECCV 2016.
# - R. Vedantam et al., *CIDEr*, CVPR 2015, section 5: what CIDEr-D changes, and why.
# - J. Lu et al., *Neural baby talk*, CVPR 2018; H. Agrawal et al., *nocaps*, ICCV 2019: words from a detector.
# - S. Jain and B. Wallace, *Attention is not explanation*, NAACL 2019; S. Wiegreffe and Y. Pinter, *Attention is not not explanation*, EMNLP 2019.
#
# Artwork: Noto Emoji, Twemoji, Fluent Emoji and FxEmojis; authors and licences stand in `data/ATTRIBUTION.md`.
