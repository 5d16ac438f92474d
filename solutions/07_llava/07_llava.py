# %% [markdown]
# # 07 · Patches among words
#
# {{badge}}
#
# **Turn each patch of a picture into something that looks like a word, put these into the sentence, and let a language model read on: that is LLaVA. What it is told makes an assistant of it, and all of that was written by somebody who never saw a picture.**
#
# At the end of this notebook you
# - have written the projector and the splice, the template of a conversation, the mask that says which words count, and what each of two stages of training may change;
# - have seen a *frozen* language model begin to speak of pictures, after a map of 29,000 numbers was put before it;
# - have measured what each stage is worth, against models that see nothing;
# - have asked for things that are not there, and found where the wrong *yes* comes from.
#
# | | |
# |---|---|
# | your time | about 90 minutes; what stands under *Further* takes about 85 more |
# | computing | about two minutes in all on two quiet CPU cores, up to twice as much on busy ones |
# | needed | what a language model predicts, and a loss over tokens (notebook 06 or its equivalent) |

# %% setup

# %%
import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from course_utils import runtime
from course_utils.exercises import check
from course_utils.experiments import record
from course_utils.experiments.llava import arms, colleague, dataset, measures, pretrained, probe, trainer
from course_utils.models.llava import chat
from course_utils.models.llava.stages import moved
from course_utils.show import live, source
from course_utils.show import llava as figures
from course_utils.text import IGNORED, PAD
from course_utils.world import instructions

runtime.start()
recorded = record.load("07")  # recorded[arm, measure]: mean and interval of the course's own runs, and each run's value

# %% [markdown]
# ## 1 · Written by somebody who never saw it
#
# Photographs with *instructions*, questions and answers as one would put them to an assistant, hardly existed in 2023. Liu et al. had them written: GPT-4, which they gave no picture, got captions and boxes of photographs, as text, and wrote a **conversation**, a **detailed description**, and a question that takes **reasoning**. LLaVA-1.5 (2024) added questions from VQA research, and behind each a **prompt for the form** of the answer.
#
# Our writer gets the list of a scene's things, kind, colour, size and place, and sees as little of it. Of one scene:

# %%
pool, test = dataset.pictures(), dataset.pictures(test=True)
told = {kind: instructions.write(np.random.default_rng(3), pool.scenes[[15]], kind, turns=2)[0] for kind in instructions.WRITTEN}
figures.written(pool.scenes[[15]], told).show()

# %% [markdown]
# It is never wrong, and knows nothing beyond the list. (A writer who knows *more* than the picture shows is worse: then the unseen is learned too. Keep that in mind for the question at the end.)
#
# ## 2 · A picture is a row of words
#
# A frozen vision tower gives 64 vectors of a picture, one a patch. A small map, the **projector**, makes of each a vector as wide as a word's. Where the text says `<image>`, these 64 stand, and the language model reads on. No cross-attention, no gates, no resampler.

# %%
figures.architecture().show()

# %% [markdown]
# The map was linear in LLaVA; LLaVA-1.5 has two layers, with a GELU between them:
#
# $$h_i = \text{GELU}(f_i W_1 + b_1)\, W_2 + b_2 \qquad\quad x_t = \begin{cases} h_{p_t} & \text{if patch } p_t \text{ stands in place } t \\ w_t & \text{if a word stands there } (p_t = -1)\end{cases}$$

# %% [markdown] exercise="07.1" name="insert" title="Patches among words" points=3 difficulty=2 minutes=10
# `features` is $(B, M, D)$, what the vision tower says of the patches of a text's picture (64 of 96 numbers, below); `words` is $(B, T, W)$, the language model's vectors of the text; `patch` is int $(B, T)$: which of the $M$ patches stands in a place, −1 for a word. `params` holds `W_1` $(D, W)$, `b_1`, `W_2` $(W, W)$ and `b_2`. Return $(B, T, W)$: where `patch` is −1 the word as it came, else $\text{gelu}(f W_1 + b_1)\, W_2 + b_2$ of that patch $f$. The GELU is the exact one: `jax.nn.gelu(x, approximate=False)`. Use `jnp`; the model below compiles your function and learns through it.
#
# Hint: Project all patches first, whether they have a place or not. Then each place takes a row of the table *of its own text*, or keeps its word.
#
# Hint: The index −1 would take the last patch: keep it from doing so, and decide in the end what stands there. `jnp.take_along_axis(x, index, axis=1)` takes other rows for each text, and wants an index with as many axes as `x`.

# %% solution="07.1"
def insert(params, features, words, patch):
    """Patches, projected, in their places among the words.

    features: float[B, M, D], words: float[B, T, W], patch: int[B, T], -1 for a word  →  float[B, T, W]
    """
    ### BEGIN SOLUTION
    hidden = jax.nn.gelu(features @ params["W_1"] + params["b_1"], approximate=False)
    pictures = hidden @ params["W_2"] + params["b_2"]  # (B, M, W)
    there = jnp.take_along_axis(pictures, jnp.maximum(patch, 0)[..., None], axis=1)
    return jnp.where(patch[..., None] >= 0, there, words)
    ### END SOLUTION

# %% check="07.1"
inserted = check("07.1", insert)

# %% graded="07.1"
from course_utils.exercises import grade

grade("07.1", insert)

# %% [markdown]
# Your function inside a model, before any training: the language model of notebook 06 (and sixteen words more, which nobody taught it), the tower, and between them your map, at random. To the language model such patches are noise; it goes on in whichever of its four languages the noise suggests.

# %%
llava = trainer.untrained(insert=inserted)
sizes = [sum(p.size for p in jax.tree.leaves(nnx.state(part, nnx.Param))) for part in (llava.tower, llava.projector, llava.lm)]
print("parameters: vision tower {:,}, projector {:,}, language model {:,}".format(*sizes))
print("before training it says:", trainer.answers(llava, test.features[:64], [""] * 64, roles=False, longest=24)[:2])

# %% [markdown]
# ## 3 · A conversation as one text
#
# The **template** says who speaks: `<user>` before what is asked, `<assistant>` before what is answered, and `<end>` behind each answer, so that the model learns to stop. The picture is shown once, before the first question.

# %% [markdown] exercise="07.2" name="pack" title="The template" points=3 difficulty=1 minutes=8
# `turns` is a list of `[question, answer]`, each a list of tokens (int); the last answer may be `None` (an empty list is an answer). `specials` holds the numbers of `begin`, `user`, `assistant`, `end` and `image`; `pictures` says how many pictures are shown. Return one list: `begin`; then of each turn `user`, the question, `assistant`, the answer, `end`. As many `image`s as there are pictures stand before the *first* question, behind its `user`. Where an answer is `None`, the text stops behind `assistant`: there the model goes on.
#
# Hint: A loop over the turns that makes one list longer. What is different in the first turn, and what in one without an answer?
#
# Hint: `list * n` repeats a list n times, for n = 0 too. Ask `answer is not None` before you add the answer *and* its `end`.

# %% solution="07.2"
def pack(turns, specials, pictures):
    """A conversation as one text.

    turns: list of [question, answer], lists of tokens or None; specials: dict of name → token; pictures: int  →  list of int
    """
    ### BEGIN SOLUTION
    tokens = [specials["begin"]]
    for k, (question, answer) in enumerate(turns):
        shown = [specials["image"]] * pictures if k == 0 else []
        tokens += [specials["user"], *shown, *question, specials["assistant"]]
        if answer is not None:
            tokens += [*answer, specials["end"]]
    return tokens
    ### END SOLUTION

# %% check="07.2"
packing = check("07.2", pack)

# %% graded="07.2"
grade("07.2", pack)

# %% [markdown]
# ## 4 · What counts
#
# Of this text only the answers should be learned, not what users ask. So every place gets a **label**, the token behind it, where that belongs to an answer, and −100 elsewhere, the `IGNORED` of this course and of PyTorch. The shift by one is part of the labels here. (In Hugging Face's models it is not: there labels stand at their own token, and the model shifts them.)

# %% [markdown] exercise="07.3" name="answer_labels" title="Answers alone" points=4 difficulty=2 minutes=12
# `tokens` is int $(B, T)$, conversations in the template, one a row, with `PAD` (0) behind; `assistant` and `end` are the numbers of `<assistant>` and `<end>`. Return int $(B, T)$, for each place the token *behind* it if that is of an answer or its `<end>`, else `IGNORED` (−100). So the place of `<assistant>` asks for the answer's first token, and the place of `<end>` asks for nothing. An answer that breaks off where its row ends counts as far as it goes; padding is never asked for. NumPy or `jnp`.
#
# Hint: Which places ask? Those from an `<assistant>` on, up to the token before its `<end>`. Up to such a place, how many `<assistant>`s have there been, and how many `<end>`s?
#
# Hint: Cumulative sums along the text count both. The token behind each place is the row shifted by one: what stands behind the last place, and behind the last token of a short text?

# %% solution="07.3"
def answer_labels(tokens, assistant, end):
    """What each place of packed conversations has to predict.

    tokens: int[B, T], 0 behind  →  int[B, T]: the next token where it is of an answer or its <end>, else -100
    """
    ### BEGIN SOLUTION
    answering = jnp.cumsum(tokens == assistant, axis=1) > jnp.cumsum(tokens == end, axis=1)
    behind = jnp.pad(tokens[:, 1:], ((0, 0), (0, 1)), constant_values=PAD)
    return jnp.where(answering & (behind != PAD), behind, IGNORED)
    ### END SOLUTION

# %% check="07.3"
labels = check("07.3", answer_labels)

# %% graded="07.3"
grade("07.3", answer_labels)

# %% [markdown]
# Your two functions at work on the conversation of section 1: under each token, what is asked of it. (The course has repeated the `<image>` 64 times, once for each patch, and says which patch stands where: the $p_t$ of section 2.)

# %%
parts = {"pack": packing, "label": labels}
words = instructions.vocabulary()
one = dataset.packed(pool, [told["conversation"]], **parts)
length = int((one["tokens"][0] != PAD).sum())
figures.packed(words.words(one["tokens"][0][:length]), one["labels"][0][:length]).show()

# %% [markdown]
# ## 5 · Two stages
#
# **Stage 1** teaches the projector alone, on pictures with captions: it learns to say with patches what the language model understands as words. **Stage 2** teaches the language model along with it, on the instructions of section 1. The vision tower is trained in neither. To freeze a part is to leave it *exactly* as it is: also the optimizer's weight decay, which pulls every number towards 0, whatever its slope, must not touch it.

# %% [markdown] exercise="07.4" name="update" title="What a stage moves" points=3 difficulty=1 minutes=8
# `params` and `slopes` are dictionaries from a name to an array; names begin with `tower/`, `projector/` or `lm/`, and slopes are given for all. Return the dictionary of *all* parameters after one step. Stage 1 moves the projector; stage 2 moves the projector and all of the language model, its head too. What is moved becomes $p - \text{rate} \cdot (g + \text{decay} \cdot p)$ with its slope $g$; what is frozen stays exactly as it was. The arrays that you get stay as they are: make new ones. Below, the filter of each stage is made from your function: one call with slopes of 1, and what has moved is trained.
#
# Hint: The part is what stands before the first `/` of a name. Elsewhere in a name the same letters may stand by chance.
#
# Hint: Decide by name first, then compute: a frozen array goes into the new dictionary untouched. Weight decay moves an array as well as a slope does.

# %% solution="07.4"
def update(params, slopes, stage, rate, decay):
    """One step of what a stage trains.

    params, slopes: dict of name → float array, stage: 1 or 2, rate, decay: float  →  dict of name → float array
    """
    ### BEGIN SOLUTION
    trained = ("projector",) if stage == 1 else ("projector", "lm")
    after = dict(params)
    for name, p in params.items():
        if name.split("/")[0] in trained:
            after[name] = p - rate * (slopes[name] + decay * p)
    return after
    ### END SOLUTION

# %% check="07.4"
step = check("07.4", update)

# %% graded="07.4"
grade("07.4", update)

# %% [markdown]
# Which parts does *your* update move? `moved` calls it once for each stage and makes of the answer the filter that training goes by. Stage 1, on captions: a picture, then its caption, every word of which counts. (No template yet: its tags are among the sixteen new words, whose vectors are random until stage 2.)

# %%
told_1 = dataset.packed(pool, dataset.captions(pool), roles=False, **parts)
history = trainer.train(
    llava, pool, told_1, 1, steps=runtime.steps(trainer.LIVE_STEPS[1]), trainable=moved(step, llava, 1),
    watch=live.LossCurve("Stage 1: the projector alone"))
now, before = (map(np.asarray, jax.tree.leaves(nnx.state(model.lm, nnx.Param))) for model in (llava, trainer.untrained()))
print("language model changed by:", max(abs(a - b).max() for a, b in zip(now, before)))
described = trainer.answers(llava, test.features[:64], [""] * 64, roles=False, longest=24)
for said, [(_, truth)] in zip(described[:4], dataset.captions(test)):
    print(f"says: {said}\ntrue: {truth}\n")

# %% [markdown]
# Not one weight of the language model has changed, and it speaks of colours and kinds, of which some are there (how many are owed to the picture, is measured under *Further*). **Whatever it says about pictures, it could say already; the projector learned to ask for it.**
#
# **Predict, then run.** Stage 2 comes next: a hundred steps on instructions. Then it is asked 512 questions of ten types about new pictures; only the bare right word counts. A model that never saw a picture is right in about a third. How often is yours right, in percent, after both stages?

# %%
# Your guess, in percent: replace None.
guess = None

# %%
told_2 = dataset.packed(pool, dataset.instructed(pool), **parts)
history = trainer.train(
    llava, pool, told_2, 2, steps=runtime.steps(trainer.LIVE_STEPS[2]), trainable=moved(step, llava, 2),
    watch=live.LossCurve("Stage 2: the language model too"))

# %%
answered = measures.vqa(measures.saying(llava, longest=24), test)
figures.stages(recorded, {arms.MAIN: answered["right"]}, guess).show()
print("yours: {:.0%}; answers of one word, recorded: {:.0%} after stage 1, {:.0%} after both".format(
    answered["right"], *(recorded[arm, "in the form"].mean for arm in (arms.STAGE_1, arms.MAIN))))

# %% [markdown]
# Means of three recorded runs, 200 steps a stage; the square is yours, after half as many; the triangle is your guess.
#
# - **Both stages together are best**: before the same 200 steps of stage 2, stage 1 pays (and costs 200 steps more).
# - After stage 1 fewer than half of its answers are one word, as was wanted; stage 2 teaches it when to stop.
# - The controls: with empty pictures (*zeroed*), or with those of other questions, the trained model falls to what the blind one reaches, knowing what is usual.

# %% [markdown]
# ## 6 · Is there a …?
#
# A model that says what is not there **hallucinates**. POPE (Li et al., 2023) measures it with the simplest of questions: *is there a dog?* For each picture one thing that is there, and one that is not, so that *yes* is right in half. The absent thing is drawn
# - *at random*,
# - among the most *popular* things, or
# - *adversarially*, among those that keep company with what is there (a bus goes with cars).
#
# *Only yes* has learned from data without any "is there …?" whose answer is *no*, much like the first instruction data. *For longer* is a model that the course ships: 1,400 steps, several conversations a picture, captions among them.

# %%
figures.hallucination(recorded).show()

# %% [markdown]
# - After stage 1 alone it hardly ever says *yes*, and mostly goes on with a caption (what is not *yes* counts as *no*): right in half, and not by looking.
# - **Never told *no*, it never says it.** It is right in half, and F1, which POPE reports too, does not show it: whoever always says *yes* has 67 %. The share of *yes* tells.
# - After 400 steps, told both, it knows hardly more than with empty pictures; its share of *yes* differs from run to run.
# - *For longer* (one run) shows what Li et al. found in large models: good where absent things are drawn at random, worse where they are plausible, and there it says *yes* too often. It has learned to see, **and what to expect**: a test with absent things at random flatters.
#
# ## 7 · What the answer hangs on
#
# The test of notebooks 02 to 06: exchange something, and see whether the answer follows. In the **twin** of a picture everything has another colour. Take from it the tower's vectors of *one region*, and ask for the colour of the thing there; then, as a control, exchange another thing's vectors. (The figure shows pixels for convenience. Other vectors may have seen the old colour, since the tower's patches look at each other.) We ask the model *for longer*, and count questions that it answered rightly before.

# %%
seasoned = pretrained.shipped()
figures.exchange(*probe.example(measures.saying(seasoned, longest=24), probe.cases())).show()

# %%
figures.exchanges(recorded).show()

# %% [markdown]
# About half of the answers follow the asked thing, others stay or say a third colour, and longer training (one run) did not change that. Where *another* thing is exchanged, three in ten change to the twin's colour, though the asked thing kept its own. It behaves as if it noticed a new colour, but not always **whose** it is.
#
# ## 8 · A run whose loss falls
#
# A colleague trains stage 2 as you did, with a batch function of her own. Her loss falls, her accuracy (how often the right token is the likeliest) rises, nearly as far as yours (means of the last 20 steps, of her 200 and your 100). Then she asks the 512 questions. **Before you read on: which mistakes could do that?**

# %%
yours = {"loss": history.loss[-20:].mean(), "accuracy": history.metrics["accuracy"][-20:].mean(), "right": answered["right"]}
print(f"{'':16}{'hers':>8}{'yours':>8}")
for what in ("loss", "accuracy", "right", "nothing said"):
    print(f"{what:16}{recorded[arms.COLLEAGUE, what].mean:8.2f}" + (f"{yours[what]:8.2f}" if what in yours else ""))

# %%
source.show(colleague.her_batch)

# %% [markdown]
# Her labels are shifted already (yours were, in 07.3), and she shifts them again. So each place learns the token after the next: `<assistant>` learns what stands *behind* the answer's first word, and behind a single word stands `<end>`. Asked for one word, the model says nothing, perfectly. Loss and accuracy are computed from the same labels, and cannot tell; *one* answer, read, would have.
#
# ## 9 · Talk to it
#
# The model *for longer* again. Compose a scene and ask; questions may go on from the answers before (*is there a dog?* then *what colour is it?*). Below the last answer: the likeliest first words, with the picture and blind.

# %%
figures.chat(seasoned)

# %% [markdown]
# It is often wrong, and in the two ways that you have measured: it gives a thing the colour of another one, and says *yes* to what would keep company with what is there. Then ask for the colour of a thing that is not there: nothing in its data ever said "there is none" to such a question.

# %% [markdown] question="07.q1" title="An assistant for a museum" points=2 minutes=6
# A museum wants an assistant that answers visitors' questions about photographs of its objects. It has 40,000 photographs with catalogue texts; a large language model writes questions and answers from these texts. After stage 2, the assistant answers "is there a …?" with *yes* nearly always, and describes ornaments that are on no photograph. In at most six sentences: (a) how can the *data* have caused both, though no training text was false? (b) Name one change of the data for each, and the measurement that would show whether it helped, with its control.
#
# Rubric: 1 point for (a): nobody wrote questions whose answer is *no*, so *yes* was always right; *and* catalogue texts tell of what the writer knew but the photograph does not show, so saying what is not visible was rewarded. Half a point for one of the two. 1 point for (b): as many questions for absent things (popular and related ones, too) as for present ones, measured as POPE does, with its share of *yes*, or a blind control; *and* texts restricted to what is visible (or checked against the photograph), measured by how much of what is described is there, on held-out photographs, against another picture's description. Half a point if the measurement or the control is missing.

# %% [markdown] answer="07.q1"
# (a) Whoever writes from a catalogue asks about what it lists, so the right answer to "is there a …?" was always *yes*, and the model learned the answer and not the look. The catalogue also knows what the photograph does not show, the back of a vase, say: the texts were true of the object and not of the picture, and so describing the unseen was rewarded. (b) Write as many questions for things that are absent, the usual companions among them, and measure accuracy and the share of *yes* as POPE does, blind as a control, where half would be right. Have the texts restricted to what is visible, and count on held-out photographs which share of what is described is there, against the same count for another photograph's description.

# %% [markdown]
# ## Further
#
# ### More pictures, of any width
# So far a text showed one picture, 64 vectors wide. Nothing in the splice asks for that: give each tag as much room as its picture takes.

# %% [markdown] exercise="07.5" name="make_room" title="Pictures of any width" points=2 difficulty=2 minutes=10 further=true
# `tokens` is a text, a list with one `image` for each picture; `widths` says how many vectors each of its pictures has, in their order. Return three lists of equal length. `tokens`: each `image` repeated as often as its picture is wide. `picture`: of each place the number of its picture, from 0, and −1 for a word. `vector`: which vector of that picture stands there, from 0, and −1 for a word. Python lists or NumPy; `chat.packed` below runs your function.
#
# Hint: Walk through the text with a counter of the pictures met so far. A word adds one entry to each list; a tag adds as many as its picture is wide.
#
# Hint: What does each of the three lists gain at a tag? Only one of them counts from 0 anew. When does the counter of pictures grow?

# %% solution="07.5"
def make_room(tokens, widths, image):
    """A text with a place for every vector of its pictures.

    tokens: list of int, widths: one int for each image, image: int  →  tokens, picture, vector: lists of int
    """
    ### BEGIN SOLUTION
    wide, picture, vector, n = [], [], [], 0
    for token in tokens:
        if token == image:
            wide += [image] * widths[n]
            picture += [n] * widths[n]
            vector += range(widths[n])
            n += 1
        else:
            wide, picture, vector = wide + [token], picture + [-1], vector + [-1]
    return wide, picture, vector
    ### END SOLUTION

# %% check="07.5"
room = check("07.5", make_room)

# %% graded="07.5"
grade("07.5", make_room)

# %% [markdown]
# With your function: a conversation about two pictures, a small one and a large one, and which vector of which picture stands in each place.

# %%
wide = chat.packed([[("<image> <image> is there a dog?", "yes, there is")]], words, [[4, 9]], 32, room=room, **parts)
print(*("·" if t == PAD else words[t] if p < 0 else f"{p}:{v}" for t, (p, v) in zip(wide["tokens"][0], wide["source"][0])))

# %% [markdown]
# ### What it forgets
# In stage 2 there are no short captions. Ask for one after stage 1, after stage 2, and after the same stage 2 with captions mixed in; it is scored by what it names (kinds, colours, what signs say) against what is there, as F1. At the right, the language model's own text, without any picture, in nats a word: lower is better.

# %%
figures.forgetting(recorded).show()
print(f"F1 of a model that was trained blind: {recorded[arms.BLIND, 'captions, F1'].mean:.2f}")

# %% [markdown]
# - After 200 steps of something else captions name half as much. What patches mean is not lost, since answers became better: it is the habit of captions. **Mixed in, as a quarter of the data, they become better than they were after stage 1.**
# - The language model's own text becomes twice as hard for it, and captions hardly help against that: it forgets what it is not asked for.
#
# ### What it sees
# The same training without pictures (*blind*) shows which questions can be answered without:

# %%
figures.by_type(recorded).show()

# %% [markdown]
# It sees *what* stands somewhere, colours and sizes, in questions of one hop and of two. At counting, comparing places, reading, or whether something is there at all, 400 steps have hardly begun: there it answers as if it saw nothing. An average over all questions hides that. (*Two-hop*: what is to the left of the dog? *Knowledge*: is there something that you can eat? *Same*, what has the same colour as the dog, is rare: its interval says so.)
#
# ### Three changes that made LLaVA-1.5
# Liu et al. (2024) changed little, and gained much: two layers for the linear map, larger pictures, and academic questions with a prompt for the form of the answer. One at a time, all else as it was:

# %%
figures.changes(recorded).show()

# %% [markdown]
# Two of the changes do nothing *here*, in as many steps: a linear map reads this tower as well as two layers do, and a larger picture gives 144 vectors to learn from instead of 64. What makes a difference is **data**, much of it by the form of answers. Without academic questions every answer is a sentence, and *answer in one word* means nothing: not one answer has the form. What it knows is better than 0 %, though:

# %%
print(f"without academic questions, no form asked for: the right word stands in {recorded[arms.NOT_ACADEMIC, 'named'].mean:.0%} of the answers")

# %% [markdown]
# Which form, LLaVA-1.5 says behind each academic question. One model was taught so, another the same questions with bare words for answers; each is asked in three ways:

# %%
figures.formats(recorded).show()

# %% [markdown]
# Taught forms, it follows them, and is right as often in a sentence as in one word. Asked for none, it gives a sentence, as in the conversations of its data: the prompt has become a switch. (Right in none, since only the bare word counts there.) Never taught forms, a model answers well *until* somebody asks for one: in three runs it was then right in 10, 20 and 38 of 100. **A prompt that was not trained has no meaning of its own.**
#
# Data sets of questions come as rows of picture, question, answer. LLaVA-1.5 makes *one* conversation of all that is asked about a picture, which saves reading its patches again and again.

# %% [markdown] exercise="07.6" name="merge" title="One picture, one conversation" points=2 difficulty=1 minutes=8 further=true
# `rows` is a list of `[picture, question, answer]`, a number and two texts, as data sets of questions come; `prompt` says in which form an answer is wanted, such as "answer in one word". Return a list of `[picture, turns]`, one for each picture, in the order in which pictures first appear; `turns` is a list of `[question, answer]` in the order of the rows. Behind each question stands a space and the prompt. A question that comes twice about the *same* picture stands once, with its first answer.
#
# Hint: A dictionary keeps the order in which its keys came, and does not take a key twice. What are the keys of the outer one, and of those inside?
#
# Hint: `setdefault(key, value)` puts a value there only if the key is new, and returns what is there. Add the prompt at the end, when all questions are known.

# %% solution="07.6"
def merge(rows, prompt):
    """Questions of a data set as conversations, one for each picture.

    rows: list of [picture, question, answer], prompt: str  →  list of [picture, list of [question, answer]]
    """
    ### BEGIN SOLUTION
    talks = {}
    for picture, question, answer in rows:
        talks.setdefault(picture, {}).setdefault(question, answer)
    return [[picture, [[f"{question} {prompt}", answer] for question, answer in turns.items()]] for picture, turns in talks.items()]
    ### END SOLUTION

# %% check="07.6"
merged = check("07.6", merge)

# %% graded="07.6"
grade("07.6", merge)

# %% [markdown]
# With your function, from rows to what stage 2 reads:

# %%
rows = [[7, "is there a bus?", "no"], [3, "what is at the top?", "dog"], [7, "how many cars are there?", "2"], [7, "is there a bus?", "yes"]]
for picture, turns in merged(rows, instructions.FORMATS["word"][0]):
    print(picture, *(f"{question} | {answer}" for question, answer in turns), sep="\n    ")

# %% [markdown]
# ### Which stage is needed? And the glue of notebook 06
# Is stage 1, if stage 2 trains the projector too? Once with all conversations, once with 256 of them and half the steps:

# %%
figures.little_data(recorded).show()

# %% [markdown]
# With plenty of conversations stage 1 is an advantage. With few, and half the steps, **it is the difference between seeing and guessing**: stage 2 alone stays where a blind model is. Captions are cheap, conversations are dear: that is the case for two stages.
#
# And is stage 2? Once more, on short answers and captions (words that the language model knows already): everything trained; the *projector alone*, 29,000 numbers, as in stage 1; and, on the same texts, the resampler and gates of notebook 06, with as many trained numbers as projector and language model together.

# %%
figures.rivals(recorded).show()

# %% [markdown]
# - **The projector alone answers nearly as well as everything together**, with 29,000 numbers, a thirtieth, and names fewer things in captions. The language model is then untouched, and its own text to the last digit what it was.
# - Training all of it buys some points and better captions, and costs the language model's own text dearly. What a language model must learn *anew* (words, a template, forms of answers) only stage 2 can teach: here nothing of the kind was asked for.
# - The glue of 06 answers as well as the projector alone, and captions better, its language model frozen too. But its gated thinking acts on every word, picture or not, and costs the own text as well, in one run more and in another less.

# %% [markdown]
# ### The open challenge
# You get 1,024 training pictures with captions and with conversations, and 512 questions about new pictures, each to be answered with one of the given words. The given model skips stage 1, and learns for 40 steps.

# %%
def ask(model, test):
    """The number of the answer among the choices, int[m]; 0 for an answer that is none of them."""
    said = trainer.answers(model, test["features"], test["questions"], longest=4)
    return np.array([test["choices"].index(word) if word in test["choices"] else 0 for word in said])


def given_model(train, test):
    model, pool = trainer.untrained(), dataset.Pool(None, train["features"])
    trainer.train(model, pool, dataset.packed(pool, train["turns"]), 2, steps=40)
    return ask(model, test)

# %% [markdown] exercise="07.7" name="vqa_challenge" title="A plan of your own" points=4 difficulty=3 minutes=30 further=true
# `train` has `features` $(n, 64, 96)$, `captions` and `turns`, of each picture one conversation as stage 1 and as stage 2 read it; `test` has `features` $(m, 64, 96)$, `questions`, texts that end in "answer in one word", and `choices`, all words that are answers. Return for each question the number of its answer among the choices, int $(m)$. 42 %, 46 %, 50 % and 54 % right earn a point each. Your function may train for up to 90 seconds on two idle cores, some 200 steps of 32 conversations (nobody stops the clock); do not use `runtime.steps` in it.
#
# Hint: What is stage 1 worth where there is little to learn from (*Which stage is needed?*)? How many of your steps does it deserve? Read `source.show(trainer.train)`: which rate and which optimizer has each stage?
#
# Hint: `dataset.packed(pool, train["captions"], roles=False)` is what stage 1 reads. A model that has begun to look has a loss that falls again: print `history.loss` of either stage, and give the steps to the one that uses them.

# %% solution="07.7"
def vqa_challenge(train, test):
    """Answers about new pictures after a training of your own plan.

    train: features, captions, turns; test: features, questions, choices  →  int[m]
    """
    ### BEGIN SOLUTION
    model, pool = trainer.untrained(), dataset.Pool(None, train["features"])
    trainer.train(model, pool, dataset.packed(pool, train["captions"], roles=False), 1, steps=60)
    trainer.train(model, pool, dataset.packed(pool, train["turns"]), 2, steps=140)
    return ask(model, test)
    ### END SOLUTION

# %% check="07.7"
challenger = check("07.7", vqa_challenge)

# %% graded="07.7"
grade("07.7", vqa_challenge)

# %% [markdown]
# ## What to remember
# 1. A projector makes words of patches; the rest of LLaVA is a language model that reads on.
# 2. Labels say what is learned: answers alone, each token one place before it, and once shifted is shifted enough.
# 3. Stage 1 teaches what patches mean while the language model stays as it is; what it buys shows most where there is little else to learn from, and few steps.
# 4. What a model forgets, and what it claims to see, stands in its data: without captions its captions fade; without a *no* it never says one.
# 5. Half of the questions should be answered *no*, and the absent things should be the plausible ones: else hallucination hides.
#
# ## Read on
# - H. Liu et al., *Visual instruction tuning (LLaVA)*, NeurIPS 2023: section 3 for the data that a blind writer made, section 4.2 for the stages.
# - H. Liu et al., *Improved baselines with visual instruction tuning (LLaVA-1.5)*, CVPR 2024: table 2, one change a row.
# - Y. Li et al., *Evaluating object hallucination in large vision-language models (POPE)*, EMNLP 2023.
# - A. Rohrbach et al., *Object hallucination in image captioning (CHAIR)*, EMNLP 2018: the same in captions.
# - J. Merullo et al., *Linearly mapping from image to text space*, ICLR 2023: how far a linear projector and a frozen language model go.
# - transformers' `LlavaForConditionalGeneration`, with which this notebook's model agrees to five digits (a test of the course compares them).
#
# Artwork: Noto Emoji, Twemoji, Fluent Emoji and FxEmojis; authors and licences stand in `data/ATTRIBUTION.md`.
