# %% [markdown]
# # 06 · A language model that learns to see
#
# {{badge}}
#
# **A language model that has only ever read is frozen, given eyes, and shown two pictures with made-up names. It then names a third, whose kind and colour never came together in training. No weight changes between the prompt and the answer: the two pictures stand in it.**
#
# At the end of this notebook you
# - have written a layer of the Perceiver Resampler, gated cross-attention, the media mask, and the packing of texts with pictures: what Flamingo adds to a language model;
# - have seen that *shut* gates leave the language model bit for bit what it was, and what open ones, or none, do to its own text;
# - have measured how often a name is learned from one, two or four pictures, and which controls must fail;
# - have exchanged single pictures inside a prompt, to see what an answer hangs on;
# - have found the mistake in a run that is always right.
#
# | | |
# |---|---|
# | your time | 80 to 90 minutes; what stands under *Further* takes about 75 more |
# | computing | about two minutes in all on two quiet CPU cores, up to twice as much on busy ones |
# | needed | attention with heads and a mask (notebook 04 or its equivalent); what a language model predicts |

# %% setup

# %%
import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from course_utils import runtime
from course_utils.exercises import check
from course_utils.experiments import record
from course_utils.experiments.flamingo import arms, colleague, dataset, names, trainer
from course_utils.models.flamingo.prompts import BEGIN, END, IMAGE, IS
from course_utils.nn.perceiver import attend, feed_forward, layer_norm
from course_utils.show import flamingo as figures
from course_utils.show import live, source
from course_utils.text import IGNORED, PAD
from course_utils.towers import language
from course_utils.world import corpus, interleaved

runtime.start()
recorded = record.load("06")  # recorded[arm, measure]: mean and interval of the course's own runs, and each run's value

# %% [markdown]
# ## 1 · It has read, and never seen
#
# The course ships a small language model of the modern kind (RMSNorm, rotary positions, gated MLP, four blocks). It has read descriptions of the little world's scenes, questions and answers, captions in four languages, and texts in which things are given **made-up names**. It never saw a picture. Ask it what comes next:

# %%
run = nnx.jit(lambda model, *args: model(*args))
reader = language.frozen_language_model()
said = "a red dog is daxo <end> a blue car is wugi <end> a red dog is".split()
text = np.array([[BEGIN, *map(corpus.vocabulary().index, said)]])
chances = np.asarray(jax.nn.softmax(run(reader, text)[0, -1]))
for token in np.argsort(-chances)[:3].tolist():
    print(f"{corpus.vocabulary()[token]:8}{chances[token]:7.2%}")

# %% [markdown]
# *daxo* has a token but no meaning of its own: in every text that the model read it named something else. Whoever answers it must have found it in this very prompt. This is **in-context learning**: no weight changes, the examples stand in the text. (To make copying easy to find for so small a model, it has, before every attention, a learned mixture of each token with the three before it.)
#
# **Flamingo** (Alayrac et al., 2022) asks: can the examples be *pictures*, without teaching the language model anything? What is trained is the glue between two frozen models.

# %%
figures.architecture().show()

# %% [markdown]
# Two pieces of glue: a **resampler** makes a few tokens of each picture, and **gated cross-attention** lets the words look at them. You write both.
#
# ## 2 · A few tokens, whatever the size
#
# Our vision tower, a frozen ViT, gives 64 vectors for a small picture and 144 for a large one; a film would give thousands. The resampler turns any number $N$ of features into a fixed, small number $M$. It owns $M$ learned vectors, the **latents**, and in every layer they look at the features *and at themselves*: queries from the latents, keys and values from both, side by side. With $\tilde{z}$ and $\tilde{f}$ the normalised latents $z$ and features $f$,
#
# $$z' = z + \text{attend}\big(\tilde{z} W_q,\; [\tilde{f};\, \tilde{z}]\, W_{kv}\big)\, W_o \qquad z'' = z' + \text{think}(z')$$
#
# $W_{kv}$ makes keys and values at once; think is a small MLP that normalises what it reads. Three steps are there for you: `layer_norm(params, x)`, `feed_forward(params, x)`, and `attend(q, k, v, heads)`, which cuts the heads, looks, puts the heads side by side again, and returns what was seen *and* the weights.

# %% [markdown] exercise="06.1" name="resampler_layer" title="Latents look" points=4 difficulty=2 minutes=12
# `latents` is $(B, M, D)$, `media` $(B, N, D)$, `heads` is $H$. `params` holds `norm_media` and `norm_latents` (for `layer_norm`), `W_q` $(D, D)$, `W_kv` $(D, 2D)$, whose first $D$ columns make the keys, `W_o` $(D, D)$, and `think` (for `feed_forward`). Return the latents after the layer, $(B, M, D)$, **and** the weights, $(B, H, M, N + M)$, the features first. Use `jnp`; the resampler below runs your function.
#
# Hint: Normalise each of the two once. The queries are made of the normalised latents; keys and values of the normalised features with the normalised latents behind them.
#
# Hint: `jnp.concatenate([...], axis=1)` puts them side by side, `jnp.split(..., 2, axis=-1)` parts keys and values. What was seen goes through `W_o` and is added to the latents *as they came*; then add `feed_forward(params["think"], latents)` of the new ones. It normalises by itself.

# %% solution="06.1"
def resampler_layer(params, latents, media, heads):
    """Latents look at the features and at themselves, then think.

    latents: float[B, M, D], media: float[B, N, D]  →  latents: float[B, M, D], weights: float[B, H, M, N+M]
    """
    ### BEGIN SOLUTION
    z = layer_norm(params["norm_latents"], latents)
    seen = jnp.concatenate([layer_norm(params["norm_media"], media), z], axis=1)  # (B, N + M, D)
    k, v = jnp.split(seen @ params["W_kv"], 2, axis=-1)
    y, weights = attend(z @ params["W_q"], k, v, heads)
    latents = latents + y @ params["W_o"]
    return latents + feed_forward(params["think"], latents), weights
    ### END SOLUTION

# %% check="06.1"
layer = check("06.1", resampler_layer)

# %% graded="06.1"
from course_utils.exercises import grade

grade("06.1", resampler_layer)

# %% [markdown]
# ## 3 · Eyes, through a gate
#
# The language model's blocks stay as they are, frozen. In between come new ones, in which the words look at the pictures' tokens. But a new block has random weights, and what it adds would be noise to all blocks above it. So it passes a **gate**: a number $\alpha$, 0 at first, and $\tanh 0 = 0$. With $\tilde{x}$ the normalised words $x$ and $c$ the tokens of all pictures,
#
# $$x' = x + \tanh(\alpha)\, \text{attend}(\tilde{x} W_q,\; c\, W_{kv})\, W_o \qquad x'' = x' + \tanh(\beta)\, \text{think}(x')$$
#
# How does a shut gate learn? At first $\alpha$ and $\beta$ alone have a slope: what the block *would* add is not zero, so the gates move. From then on the weights behind them learn too.

# %% [markdown] exercise="06.2" name="gated_cross_attention" title="Through a gate" points=4 difficulty=2 minutes=14
# `x` is $(B, T, D)$; `media` $(B, I, M, S)$, the $M$ tokens, $S$ wide, of each of $I$ pictures; `mask` bool $(B, T, I)$, True where a token sees a picture; `heads` is $H$. `params` holds `norm`, `W_q` $(D, D)$, `W_kv` $(S, 2D)$, keys first, `W_o` $(D, D)$, `think`, and the gates `alpha` and `beta`, each of shape $(1)$. Return `x` after the block, $(B, T, D)$, **and** the weights, $(B, H, T, I, M)$. A token that sees no picture has weights of 0 everywhere. `attend(q, k, v, heads, mask)` also takes a mask, bool $(B, 1, T, K)$ for $K$ keys: it hides what is False, and where all is False its weights are 0. Use `jnp`; the model below runs your function.
#
# Hint: Lay the pictures' tokens side by side: $(B, I, M, S)$ becomes $(B, I \cdot M, S)$ by one `reshape`. The mask needs an entry for each of them: which entries are the same, and in what order do they stand?
#
# Hint: `jnp.repeat` (not `jnp.tile`) repeats each entry M times in a row; `jnp.repeat(mask, M, axis=-1)[:, None]` also gives the mask its axis for heads. Add `jnp.tanh(params["alpha"]) * (y @ params["W_o"])` to `x`, then the same with `beta` and `feed_forward` of the *new* x; reshape the weights' last axis back to $(I, M)$.

# %% solution="06.2"
def gated_cross_attention(params, x, media, mask, heads):
    """Tokens look at the pictures that they may see, then think, each through a gate.

    x: float[B, T, D], media: float[B, I, M, S], mask: bool[B, T, I]  →  x: float[B, T, D], weights: float[B, H, T, I, M]
    """
    ### BEGIN SOLUTION
    B, I, M, S = media.shape
    k, v = jnp.split(media.reshape(B, I * M, S) @ params["W_kv"], 2, axis=-1)
    q = layer_norm(params["norm"], x) @ params["W_q"]
    seen = jnp.repeat(mask, M, axis=-1)[:, None]  # (B, 1, T, I M)
    y, weights = attend(q, k, v, heads, seen)
    x = x + jnp.tanh(params["alpha"]) * (y @ params["W_o"])
    x = x + jnp.tanh(params["beta"]) * feed_forward(params["think"], x)
    return x, weights.reshape(B, heads, -1, I, M)
    ### END SOLUTION

# %% check="06.2"
gate = check("06.2", gated_cross_attention)

# %% graded="06.2"
grade("06.2", gated_cross_attention)

# %% [markdown]
# ## 4 · Which picture does a word see?
#
# A prompt shows several pictures, each marked where it was shown: `<image> is daxo <end> <image> is wugi <end>`. In Flamingo a word sees **the last picture before it** alone; what came earlier it knows only by way of the words in between. Number the pictures 1, 2, … in their order. If $n_t$ is how many `<image>`s stand up to token $t$, itself included, then
#
# $$\text{latest:}\quad t \text{ sees picture } i \iff n_t = i \qquad\qquad \text{all:}\quad t \text{ sees picture } i \iff n_t \ge i$$
#
# Before the first picture $n_t = 0$, and nothing is seen. (The paper tried both, and kept *latest*: it served better, and it takes any number of pictures at test time.)

# %% [markdown] exercise="06.3" name="media_mask" title="The last one before it" points=2 difficulty=1 minutes=6
# `is_picture` is bool $(B, T)$, True at `<image>`. `pictures` is $I$; a text may show fewer. `sight` is `"latest"` or `"all"`. Return who sees what, bool $(B, T, I)$; column 0 is picture 1. The tag itself sees its picture.
#
# Hint: A cumulative sum along the text counts the `<image>`s up to each token.
#
# Hint: Give the count an axis, `number[..., None]`, and compare it with `1 + jnp.arange(pictures)`.

# %% solution="06.3"
def media_mask(is_picture, pictures, sight):
    """Which pictures each token sees.

    is_picture: bool[B, T], pictures: int, sight: "latest" or "all"  →  bool[B, T, I]
    """
    ### BEGIN SOLUTION
    number = jnp.cumsum(is_picture, axis=1)[..., None]
    theirs = 1 + jnp.arange(pictures)
    return number == theirs if sight == "latest" else number >= theirs
    ### END SOLUTION

# %% check="06.3"
sees = check("06.3", media_mask)

# %% graded="06.3"
grade("06.3", media_mask)

# %% [markdown]
# Your three functions, inside a model. Before it is trained, with every gate at 0, is it *exactly* the language model? And how much of it will be trained?

# %%
parts = {"resampler_layer": layer, "gated_cross_attention": gate, "mask": sees}
flamingo = trainer.untrained(parts=parts)
rng = np.random.default_rng(0)
features = rng.normal(size=(1, 3, 64, 96)).astype(np.float32)
text[0, [1, 6, 11]] = IMAGE  # three pictures to see
print("largest difference of the logits:", abs(np.asarray(run(flamingo, text, features)) - np.asarray(run(reader, text))).max())
sizes = [sum(p.size for p in jax.tree.leaves(nnx.state(part, nnx.Param))) for part in (reader, flamingo.resampler, flamingo.gates)]
print("parameters: language model {:,} (frozen), resampler {:,}, gated blocks {:,}".format(*sizes))
print("trained: {:.0%} of all".format(sum(sizes[1:]) / sum(sizes)))

# %% [markdown]
# ## 5 · What it is told, and what it is asked
#
# One training text holds several pictures, each in a turn: `<image>`, some words, an answer, `<end>`. The model reads all of it, and at every place predicts the token *behind* it. But not everything can be known: a made-up name that is mentioned for the first time can only be read. So a turn says whether its answer is **asked for**, and the loss counts those places alone:
#
# $$\text{label}_t = \begin{cases} \text{token}_{t+1} & \text{if token}_{t+1} \text{ belongs to an answer that is asked for, or is its } \texttt{<end>} \\ -100 & \text{otherwise} \end{cases}$$
#
# −100 is no token; it is the `IGNORED` of this course and of PyTorch, and the loss leaves such places out.

# %% [markdown] exercise="06.4" name="pack_episode" title="Told and asked" points=4 difficulty=2 minutes=14
# `turns` is a list; each turn is `[picture, words, answer, asked]`: the number of a picture, two lists of tokens (int), and a bool. Return three lists. `tokens`: `BEGIN` once, then for each turn `IMAGE`, its words, its answer, `END`. `labels`: for each place what it has to predict, as above. `pictures`: one for each `IMAGE`, in their order. `tokens` and `labels` are `length` long, filled up with `PAD` and `IGNORED`; all fits in. `BEGIN`, `IMAGE`, `END`, `PAD` and `IGNORED` are whole numbers. Python lists or NumPy; the batches below are made by your function.
#
# Hint: Keep a second list beside `tokens` that says of each token whether it is asked for. Only answers can be, and the `END` behind them.
#
# Hint: With both, `labels` is one line: of every token but the first, the token itself where it is asked for, else `IGNORED`. Leaving out the first is the shift. Then fill up both.

# %% solution="06.4"
def pack_episode(turns, length):
    """An episode as a text for training.

    turns: list of [picture, words, answer, asked]  →  tokens: int[length], labels: int[length], pictures: one for each turn
    """
    ### BEGIN SOLUTION
    tokens, counts, pictures = [BEGIN], [False], []
    for picture, words, answer, asked in turns:
        tokens += [IMAGE, *words, *answer, END]
        counts += [False] * (1 + len(words)) + [asked] * (len(answer) + 1)
        pictures.append(picture)
    labels = [token if count else IGNORED for token, count in zip(tokens[1:], counts[1:])]
    tokens += [PAD] * (length - len(tokens))
    labels += [IGNORED] * (length - len(labels))
    return tokens, labels, pictures
    ### END SOLUTION

# %% check="06.4"
pack = check("06.4", pack_episode)

# %% graded="06.4"
grade("06.4", pack_episode)

# %% [markdown]
# Now teach it. In each episode two to four things get made-up names, *drawn anew*, so that no name can be learned by heart; a thing is a kind and a colour. Features of all pictures are computed once, since the tower is frozen. One such episode, as your function packs it, each token with what is asked behind it:

# %%
pool, test = dataset.pictures(), dataset.pictures(names.POOL, test=True)
shown = dataset.episodes(np.random.default_rng(3), pool, 1)[0]
tokens, labels, pictures = pack(interleaved.turns(shown), 40)
words = corpus.vocabulary()
for t in range(sum(int(token != PAD) for token in tokens)):
    print(f"{words[tokens[t]]:14}→ {'·' if labels[t] == IGNORED else words[labels[t]]}")

# %% [markdown]
# Beside some pictures (in training, half of them) the text **says what the picture shows**, as a caption on a web page does: that might help to connect pictures with words. In tests no text ever does. Section 7 tells whether it mattered.
#
# The training takes a minute or more on two quiet cores. Read on while it runs.

# %%
flamingo, history = trainer.train(
    pool, model=flamingo, pack=pack, steps=runtime.steps(trainer.LIVE_STEPS), watch=live.LossCurve("Glue between two frozen models"))

# %% [markdown]
# ## 6 · A word from two pictures
#
# The test: pictures of pairs of kind and colour that no training picture shows (in training there were red dogs and blue cars, say, but never a yellow dog). Made-up names, bound anew. Count **shots per name**: two names with one shot each are two pictures in the prompt, then comes the third, which is asked about. Right is only the right name, among all words.
#
# **Predict, then run.** Of two names, a coin that knows which names were given is right in 50 of 100. With one picture of each name in the prompt, how often is your model right? And does a second picture of each help much? Commit yourself to the first number.

# %%
# Your guess for two names with one picture each, in percent: replace None.
guess = None

# %%
told = names.by_shots(flamingo, test, count=100)
figures.by_shots(recorded, {arms.MAIN: told}, guess, at=(2, 1)).show()

# %% [markdown]
# Lines are means of three recorded runs, squares are yours (trained for three quarters as long), the triangle is your guess.
#
# - Without a shot nobody can know a name that was made up a moment ago. **One picture of each name is enough**, for pairs that no training picture shows; more pictures add little. Among four names it is right a little less often.
# - The controls must fail, and do. Without pictures (*blind*), with the given names dealt out at random (*names shuffled*), or with other pictures in the examples' place, it knows which names were given, and guesses among them.
#
# A prompt like those of the test, as the model gets it:

# %%
said = ["is daxo", "is wugi", "is wugi", "is daxo", "is"]
shown = figures.drawn("yellow dog left", "red trumpet", "small red trumpet right", "yellow dog bottom", "small yellow dog top right")
figures.prompt(shown, said, figures.next_words(flamingo, shown, said), right="daxo").show()

# %% [markdown]
# ## 7 · What it needs
#
# The same training, one thing changed at a time. *LM never taught*: the language model has random weights, frozen as well. *LM fine-tuned*: it is trained along with the glue. *No gates*: tanh is left out, so that new blocks speak at full strength from the first step. *The mean patch* and *all patches* stand in the resampler's place: one mean vector a picture, or all 64 features.

# %%
figures.what_it_needs(recorded, {arms.MAIN: told["2 names, 2 shots"]}).show()

# %% [markdown]
# - **It must have read.** With a language model of random weights the same glue learns to guess among the given names, and no more. Copying from the prompt (and whatever else it learned by reading) is borrowed; it is not learned here.
# - Teaching the language model along with the glue buys no name, and leaving out the gates costs few, if any: the intervals overlap. What both do cost is in the next figure.
# - One *mean* vector a picture mixes all that stands in it, and loses names. All 64 patches, uncompressed, do not do better than four resampled tokens after equally many steps, and runs differ more.
# - No text beside pictures is needed: without any, it is as good.
#
# And what does sight cost the language model? Its **own text**, without any picture: documents of the kinds that it was taught on, which it never read. Its weights are unchanged (a test of the course compares them bit for bit), but words now pass through the new blocks as well.

# %%
figures.own_text(recorded).show()

# %%
figures.gates(recorded).show()

# %% [markdown]
# With its gates shut, Flamingo reads as the language model alone does, to the last digit. Trained, it loses some of its own text: its gates are partly open then, and *thinking* passes through them whether or not there is a picture. Without gates it begins as noise, and training on names alone does not restore its text. A language model that is fine-tuned forgets. **Gates do not make a model see better. Shut, they change nothing; trained, they keep most of what it could do.**
#
# ## 8 · What is looked at, and what is used
#
# Where do your latents look? One map a latent, in the last layer of the resampler. Above each stands how much of its looking goes to the picture; the rest goes to the latents.

# %%
scene = "red dog top left, blue car bottom right"
figures.latents(*figures.latent_looks(flamingo, scene), scene).show()

# %% [markdown]
# A map tells where a latent looked, not what the answer hangs on. So **exchange** something and see whether the answer follows. The prompt has three names with one picture each. The tokens of the asked picture are exchanged for those of a picture of *another* name: the answer should become that name. Then the control: exchange the picture of a third name, which nobody asks about.

# %%
said, as_is = ["is daxo", "is wugi", "is tolu", "is"], ["yellow dog", "red trumpet", "green tulip", "yellow dog bottom right"]
versions = {
    "as it is": figures.drawn(*as_is),
    "the asked picture, of wugi": figures.drawn(*as_is[:3], "red trumpet bottom right"),
    "the third picture, of anything": figures.drawn(*as_is[:2], "pink fish", as_is[3]),
}
chances = {says: figures.next_words(flamingo, pictures, said) for says, pictures in versions.items()}
figures.exchange(said, ("daxo", "wugi"), versions, chances).show()

# %%
figures.exchanges(recorded).show()

# %% [markdown]
# In nearly all prompts that were answered right, the answer follows the asked picture; and where the two named pictures change places, so do the answers. Another picture of the *same* thing leaves it as it is in nearly all, and so does whatever the third name is given. So the answer hangs on what the asked picture has in common with one that was named, as it should.
#
# ## 9 · A run that is always right
#
# A colleague trains the same glue in the same way, on episodes of three names that she wrote herself. Her test has the same form. After a hundred steps she reports what the first line says. You ask her for two more numbers: *blind*, where all pictures are black; and *any name asked*, your own test, three names with one picture each. **Before you run it: what would you expect of both, if all were well?**

# %%
for what in ("her test", "her test, blind", "any name asked"):
    print(f"{what:24}{recorded[arms.COLLEAGUE, what].mean:6.0%}")

# %% [markdown]
# What did her model learn, and what is wrong with her episodes? Decide, then read how she makes them:

# %%
source.show(colleague.her_episode)

# %% [markdown]
# The picture that is asked about always shows what was shown **last**. "Repeat the last name" is never wrong, needs no eyes, and is found at once; the test repeats the mistake of the training. A blind control takes a minute, and would have told. (Large models have a milder form of this by themselves: the order of the examples sways their answers, and the last counts most; Zhao et al., 2021.)
#
# ## 10 · Your prompt
#
# Choose pictures, give them names, and ask. What if two pictures get the *same* name? If a thing gets two names? If the asked thing was never shown? (It has no way to say *I do not know*: nothing that it read or saw ever did.)

# %%
figures.prompt_builder(flamingo)

# %% [markdown] question="06.q1" title="Eyes for a lawyer" points=2 minutes=6
# A company has a large language model that its lawyers trust: every release is tested for months. It shall now also read photographs of documents, and a wrong answer to a *plain text* question would be a scandal. In at most six sentences: (a) which of Flamingo's design choices speak for it here, and what exactly do they guarantee, and what not, once the glue has been trained? (b) Name a way to make sure that plain text is answered exactly as before, and what you would measure before and after anyway.
#
# Rubric: 1 point for (a): the frozen weights are unchanged, and at the start the gates make the whole model identical, *but* once trained, open gates change what is said about plain text too (the gated feed-forward acts on every word; section 7 measured it). Half a point without the "but". 1 point for (b): bypass the new blocks where there is no picture (or mask the feed-forward as the attention is), which gives the old model bit for bit, *and* a measurement on held-out plain text (loss or accuracy of both, or identity of the logits). Half a point for one of the two.

# %% [markdown] answer="06.q1"
# (a) The language model's weights stay frozen, so removing the glue gives back the tested model, and with the gates at 0 the whole is identical to it. That is a guarantee for the start only: in training the gates open, and the gated feed-forward works on every word, with or without a picture, so plain text is no longer answered in exactly the same way. (b) If a prompt holds no picture, skip the new blocks altogether: then the logits are those of the tested model, bit for bit. I would assert this equality on a test set in every release, and where pictures and text are mixed, measure the loss on held-out text with and without the glue.

# %% [markdown]
# ## Further
#
# ### Two more tasks, shown only by example
# The claim of the paper is wider than names: *any* task, by example. Another run of the course was taught names, captions in four languages, and answers in three forms, all mixed. Which language, or which form, is wanted now? Only the examples in the prompt tell.

# %%
figures.few_shot(recorded).show()

# %% [markdown]
# Without an example the model writes one language or another, and mostly the plain form of an answer. **One example sets language and form in nearly every case.** It does not make the *content* right more often after that: two or four examples say nothing new about the picture that is asked about. Hollow circles: the same model, fine-tuned on 64 examples of one language or form, as the paper compares; it keeps to the form as well, and what it says is right no more often. (How often content is right at all says what this small glue has learned: pictures of things whose kind and colour it never saw together.)
#
# ### A film is a picture with more patches
# The resampler reads any number of features. Here it looks at a larger picture, 144 patches, which it never met in training:

# %%
figures.latents(*figures.latent_looks(flamingo, scene, side=96), scene).show()

# %% [markdown]
# So a film can go in whole: all patches of all frames. But to attention they are a set, and a film that runs backwards is the same set. So each frame $f$ is marked with a learned vector $e_f$ that says *when*, on all of its patches $n$:
#
# $$\text{token}_{f \cdot N + n} = x_{f,n} + e_f$$

# %% [markdown] exercise="06.5" name="film_features" title="When was it?" points=2 difficulty=1 minutes=6 further=true
# `features` is $(B, F, N, D)$: $F$ frames of $N$ patches for each film. `times` is a table with $F$ rows or more; frame $f$ has row $f$. Return the tokens of each film, frame by frame, $(B, F \cdot N, D)$. Use `jnp`; the resampler below runs your function.
#
# Hint: How many rows of the table are needed, and which axis do they lack? $(F, D)$ has to meet $(F, N, D)$.
#
# Hint: `times[:F, None]` is $(F, 1, D)$. Add it, then one `reshape` puts the frames one behind the other.

# %% solution="06.5"
def film_features(features, times):
    """All patches of a film, each marked with its frame.

    features: float[B, F, N, D], times: float[F or more, D]  →  float[B, F·N, D]
    """
    ### BEGIN SOLUTION
    B, F, N, D = features.shape
    return (features + times[:F, None]).reshape(B, F * N, D)
    ### END SOLUTION

# %% check="06.5"
film = check("06.5", film_features)

# %% graded="06.5"
grade("06.5", film_features)

# %%
from course_utils.nn.perceiver import PerceiverResampler

forward = rng.normal(size=(1, 3, 16, 96)).astype(np.float32)
for says, frames in (("with times", 3), ("without", None)):
    reads = PerceiverResampler(96, 4, 1, 4, frames=frames, film=film, rngs=nnx.Rngs(0))
    seen = [reads(f if frames else f.reshape(1, 48, 96))[0] for f in (forward, forward[:, ::-1])]
    print(f"{says:12}difference between the film and the same film backwards: {abs(seen[0] - seen[1]).max():.5f}")

# %% [markdown]
# ### A few examples, and nowhere the answer
# Few-shot evaluation is easily spoilt: if the new picture is among the examples, the model need only look it up; if all examples have the right name, it need only repeat; if they are sorted by name, it may learn the order. So: examples of *every* name, equally many, in the order in which they were drawn, and **never the picture that is asked about**, not even from another row.

# %% [markdown] exercise="06.6" name="few_shot_prompt" title="No peeking" points=2 difficulty=2 minutes=10 further=true
# `pool` is a list of `[picture, name]` in random order: the number of a picture and the token of its name. A picture may stand in several rows, always with the same name. `query` is the row that is asked about, `shots` is $k$. Walk down the pool, and show of each name the first $k$ rows whose *picture* is not the query's. Return `tokens`, the prompt: `BEGIN`; for each example `IMAGE`, `IS`, its name, `END`; at the end `IMAGE`, `IS`. And `shown`: one picture for each `IMAGE`, in their order, the query's last. Python lists or NumPy; no padding.
#
# Hint: A dictionary counts how many examples each name has had. Which rows must not be counted?
#
# Hint: Compare pictures, not rows: the query's picture may stand in another row too. A row that is not shown does not count as one of the k.

# %% solution="06.6"
def few_shot_prompt(pool, query, shots):
    """A prompt with a few examples of every name, and a question.

    pool: list of [picture, name], query: row, shots: of each name  →  tokens: list of int, shown: list of pictures
    """
    ### BEGIN SOLUTION
    asked = pool[query][0]
    tokens, shown, seen = [BEGIN], [], {}
    for picture, name in pool:
        if picture != asked and seen.get(name, 0) < shots:
            tokens += [IMAGE, IS, name, END]
            shown.append(picture)
            seen[name] = seen.get(name, 0) + 1
    return tokens + [IMAGE, IS], shown + [asked]
    ### END SOLUTION

# %% check="06.6"
prompt = check("06.6", few_shot_prompt)

# %% graded="06.6"
grade("06.6", few_shot_prompt)

# %% [markdown]
# With your function: a pool of pictures of four things, some of which stand in it twice.

# %%
pairs = list(dataset.by_pair(test).items())
called = dict(zip((pair for pair, _ in pairs[:4]), map(words.index, corpus.MADE_UP)))
listed = [(int(row), called[pair]) for pair, rows in pairs[:4] for row in (*rows[:4], rows[0])]
listed = [listed[i] for i in rng.permutation(len(listed))]
print(" ".join(words[t] for t in prompt(listed, 0, 1)[0]))
print("asked and shown:", sum(listed[q][0] in prompt(listed, q, 1)[1][:-1] for q in range(len(listed))), "of", len(listed))

# %% [markdown]
# ### What does freezing save?
# Slopes must still pass *through* frozen blocks to reach the glue below them; what is saved are the slopes of the frozen weights themselves, and what the optimizer keeps for each of them. Recorded side by side, one step in turns with the other, a gated block before every second block of the language model:

# %%
for what, arm in (("glue alone", arms.GLUE_ALONE), ("everything", arms.EVERYTHING)):
    slopes, kept = (recorded[arm, f"MB of {part}"].mean for part in ("slopes", "optimizer"))
    print(f"{what:12}{recorded[arm, 'seconds'].mean:7.2f} s a step   slopes {slopes:4.1f} MB   optimizer {kept:4.1f} MB")
print("glue alone / everything: {:.2f} of the time; {:.2f} by counting products of matrices".format(
    *(recorded[arms.GLUE_ALONE, f"share of {what}"].mean for what in ("seconds", "operations"))))

# %% [markdown]
# So freezing saves little *time*: the way back through the frozen blocks must still be computed. What it saves is memory, and that in proportion to what is frozen: little here, nearly all of it where the language model has seventy billion parameters.
#
# ### The open challenge
# You get 1,536 training pictures with their kinds and colours, and two frozen models. Then come 512 prompts with *four* new names, one picture each, and a fifth picture. The given model learns for 50 steps, and has not begun to look: it mostly says one of the four names, whichever.

# %%
def ask(model, test):
    """The likeliest word behind each test prompt, int[m]."""
    features = np.asarray(test["pool"])[np.asarray(test["pictures"])]
    return trainer.next_logits(model, {"tokens": np.asarray(test["tokens"])}, features, np.asarray(test["place"])).argmax(-1)


def given_model(train, test):
    model, _ = trainer.train(dataset.of_one_thing(**train), steps=50)
    return ask(model, test)


# %% [markdown] exercise="06.7" name="name_challenge" title="Four names at first sight" points=4 difficulty=3 minutes=30 further=true
# `train` has `features` $(n, 64, 96)$, `kind` and `colour`, int $(n)$; `test` has `tokens` $(m, 64)$, the prompts; `pool` $(p, 64, 96)$, features, of which `pictures` $(m, 9)$ are the rows shown; and `place` $(m)$, where each prompt's last word stands. Return the token of the asked name for each prompt, int $(m)$. 40 %, 60 %, 75 % and 82 % right earn a point each. Your function may train for up to 90 seconds on two idle cores, some 150 steps of 32 episodes (nobody stops the clock); do not use `runtime.steps` in it.
#
# Hint: When does its loss fall, and where is it after 50 steps? What can you afford in 90 seconds, and what makes a step worth more? Read `source.show(trainer.train)` and `source.show(dataset.episodes)`: what is drawn, and how often is it what the test asks?
#
# Hint: `described` is the share of pictures beside which the text says what they show: does a test ever do so? `trainer.train(..., draw=...)` takes a function `rng → batch` of your own; `dataset.packed` makes a batch of episodes.

# %% solution="06.7"
def name_challenge(train, test):
    """Four new names from one picture each.

    train: features, kind, colour; test: tokens, pool, pictures, place  →  int[m]
    """
    ### BEGIN SOLUTION
    model, _ = trainer.train(dataset.of_one_thing(**train), steps=150, described=0.0)
    return ask(model, test)
    ### END SOLUTION

# %% check="06.7"
challenger = check("06.7", name_challenge)

# %% graded="06.7"
grade("06.7", name_challenge)

# %% [markdown]
# ## What to remember
# 1. A picture of any size becomes a few tokens where a fixed set of learned queries looks at it, and at itself.
# 2. A gate that starts at 0 lets a new part be added to a trained model without harm; what it does later is learned, and to be measured.
# 3. In-context learning is borrowed: with a language model that never read, the same glue does not learn to copy from pictures.
# 4. Whoever tests with examples in the prompt needs controls: blind, shuffled names, other pictures, and a query that may be about any of them.
# 5. A map shows where a model looks; an exchange shows what its answer hangs on.
#
# ## Read on
# - J.-B. Alayrac et al., *Flamingo: a visual language model for few-shot learning*, NeurIPS 2022: section 2 for the architecture, section 3.3 for what each part is worth.
# - A. Awadalla et al., *OpenFlamingo*, 2023: the public reimplementation, with which this notebook's layers agree to five digits (a test of the course compares them).
# - M. Tsimpoukelli et al., *Multimodal few-shot learning with frozen language models (Frozen)*, NeurIPS 2021: made-up words from a few pictures.
# - A. Jaegle et al., *Perceiver*, ICML 2021: latents that look.
# - S. Chan et al., *Data distributional properties drive emergent in-context learning in transformers*, NeurIPS 2022.
# - T. Z. Zhao et al., *Calibrate before use*, ICML 2021: the last example counts most.
#
# Artwork: Noto Emoji, Twemoji, Fluent Emoji and FxEmojis; authors and licences stand in `data/ATTRIBUTION.md`.
