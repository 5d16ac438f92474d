"""Metrics of captions agree with the public implementations, and mean what their texts say."""

import shutil
import subprocess
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from course_utils.metrics import caption as metric
from course_utils.models.captioning import words
from course_utils.world import captions, scenes


def public(name):
    """A public implementation; imported where it is asked, since nltk takes seconds."""
    return pytest.importorskip(name, reason="the public implementations are not part of this environment")


def spoilt(rng, texts):
    """Captions in which words are lost, doubled, exchanged, or come from another caption."""
    out = []
    for text in texts:
        tokens = text.split()
        for _ in range(rng.integers(0, 4)):
            i, j = rng.integers(len(tokens), size=2)
            what = rng.integers(4)
            if what == 0 and len(tokens) > 2:
                del tokens[i]
            elif what == 1:
                tokens.insert(i, tokens[j])
            elif what == 2:
                tokens[i], tokens[j] = tokens[j], tokens[i]
            else:
                tokens[i] = str(rng.choice(words.VOCAB[3:]))
        out.append(" ".join(tokens))
    return out


@pytest.fixture(scope="module", params=[0, 1])
def pairs(request):
    rng = np.random.default_rng(request.param)
    drawn = scenes.sample(rng, 53)
    plain = [" ".join(words.VOCAB.split(text)) for text in captions.caption(drawn)]
    several = list(zip(*([" ".join(words.VOCAB.split(t)) for t in captions.caption(drawn, rng=rng)] for _ in range(3))))
    references = [list(texts)[: 1 + i % 3] for i, texts in enumerate(several)]
    return spoilt(rng, plain), references


def official(pairs):
    candidates, references = pairs
    return dict(enumerate(references)), {i: [c] for i, c in enumerate(candidates)}


def test_bleu_is_that_of_pycocoevalcap(pairs):
    wanted, _ = public("pycocoevalcap.bleu.bleu").Bleu(4).compute_score(*official(pairs), verbose=0)
    np.testing.assert_allclose(metric.bleu(*pairs), wanted, atol=1e-4)


def test_cider_d_is_that_of_pycocoevalcap(pairs):
    mean, wanted = public("pycocoevalcap.cider.cider").Cider().compute_score(*official(pairs))
    got = metric.cider_d(*pairs)
    np.testing.assert_allclose(got, wanted, atol=1e-4)
    assert got.mean() == pytest.approx(mean, abs=1e-4) and got.std() > 0.1


@pytest.mark.parametrize(
    ("candidate", "reference", "score"),
    [
        ("a dog", "a dog and a cat", 0.3989),
        ("a green motorcycle", "a green motorcycle and a red motorcycle", 0.4461),
        ("two red dogs", "two red dogs above two cats", 0.5166),
        ("a red dog", "a red dog", 1.0),  # equal texts pay nothing for their one chunk
    ],
)
def test_meteor_takes_the_alignment_with_fewest_chunks(candidate, reference, score):
    """As METEOR 1.5's program says with these parameters; the greedy alignment of nltk gives 0.21, 0.23 and 0.45."""
    assert metric.meteor([candidate], [[reference]])[0] == pytest.approx(score, abs=5e-5)


def test_meteor_is_that_of_its_program(pairs, tmp_path):
    """The program searches with a beam, so here and there it finds more chunks than are needed, and scores less."""
    jar = Path(public("pycocoevalcap").__path__[0], "meteor/meteor-1.5.jar")
    if not shutil.which("java"):
        pytest.skip("METEOR's program needs Java")
    texts = [[candidate.replace(" ,", "") for candidate in pairs[0]], [several[0].replace(" ,", "") for several in pairs[1]]]
    files = [tmp_path / "candidates", tmp_path / "references"]
    for file, lines in zip(files, texts):
        file.write_text("\n".join(lines) + "\n")
    options = ["-p", "0.9 3.0 0.5 0.5", "-m", "exact stem", "-w", "1.0 1.0", "-x", "1000"]
    done = subprocess.run(["java", "-jar", jar, *files, *options], capture_output=True, text=True, check=True)
    wanted = np.array([float(line.split()[-1]) for line in done.stdout.split("\n") if line.startswith("Segment")])
    got = metric.meteor(texts[0], [[reference] for reference in texts[1]])
    assert wanted.shape == got.shape and (got > wanted - 1e-6).all() and np.mean(np.abs(got - wanted) < 1e-6) > 0.9


def fewest_chunks(candidate, reference):
    """Every way to match, word by word."""

    def every(i, taken):
        if i == len(candidate):
            yield []
            return
        for rest in every(i + 1, taken):
            yield rest
        for j, word in enumerate(reference):
            if word == candidate[i] and j not in taken:
                for rest in every(i + 1, taken | {j}):
                    yield [(i, j), *rest]

    def chunks(pairs):
        return sum((i - 1, j - 1) not in pairs for i, j in pairs)

    return min((-len(pairs), chunks(pairs)) for pairs in every(0, frozenset()))


def test_the_alignment_is_the_best_of_all():
    rng = np.random.default_rng(5)
    several = Counter()
    for _ in range(400):
        candidate, reference = (list(rng.choice(list("abcd"), rng.integers(0, 7), p=[0.4, 0.3, 0.2, 0.1])) for _ in range(2))
        matches, chunks = fewest_chunks(candidate, reference)
        assert metric.alignment(candidate, reference) == (-matches, chunks)
        several[chunks] += 1
    assert min(several[k] for k in (1, 2, 3)) > 20


def test_the_stem_joins_the_same_words_of_the_world_as_all_of_porters():
    porter, vocabulary = public("nltk.stem.porter").PorterStemmer(), words.VOCAB[3:]
    for a in vocabulary:
        for b in vocabulary:
            assert (metric.stem(a) == metric.stem(b)) == (porter.stem(a) == porter.stem(b)), (a, b)
    assert metric.stem("strawberries") == metric.stem("strawberry")


def test_a_short_or_empty_candidate_is_no_error():
    references = [["a red dog", "a dog"], ["two blue cats"]]
    assert (metric.bleu(["", ""], references) == 0).all() and (metric.cider_d(["", ""], references) == 0).all()
    assert (metric.meteor(["", ""], references) == 0).all()
    assert metric.bleu(["a dog", "two blue"], references)[0] < 1, "too short, so it pays"
    wanted, _ = (
        public("pycocoevalcap.bleu.bleu").Bleu(4).compute_score({0: references[0], 1: references[1]}, {0: ["a dog"], 1: ["two"]}, verbose=0)
    )
    np.testing.assert_allclose(metric.bleu(["a dog", "two"], references)[:2], wanted[:2], atol=1e-4)


def test_references_must_belong_to_the_candidates():
    with pytest.raises(ValueError, match="3 candidates"):
        metric.bleu(["a"] * 3, [["a"]] * 2)
    with pytest.raises(ValueError, match="at least one"):
        metric.cider_d(["a"], [[]])


@pytest.mark.parametrize("score", [metric.bleu, metric.cider_d, metric.meteor], ids=["bleu", "cider_d", "meteor"])
@pytest.mark.parametrize("candidates, references", [(["a red dog"], ["a red dog"]), ("a", [["a"]])], ids=["reference", "candidate"])
def test_a_text_is_no_list_of_texts(score, candidates, references):
    with pytest.raises(ValueError, match="give a list"):
        score(candidates, references)


def test_cider_d_pays_for_rare_words():
    references = [["a red dog"], ["a blue cat"], ["a red bus"], ["a pink cat"], ["a red key"]]
    right = [several[0] for several in references]
    wrong_kind, wrong_article = list(right), list(right)
    wrong_kind[0], wrong_article[0] = "a red cat", "two red dog"
    assert metric.cider_d(wrong_kind, references)[0] < metric.cider_d(wrong_article, references)[0]
    assert metric.meteor(wrong_kind, references)[0] == pytest.approx(metric.meteor(wrong_article, references)[0], abs=0.15)


def test_spice_is_one_for_every_wording_of_the_truth_and_reads_what_is_said():
    rng = np.random.default_rng(3)
    drawn = scenes.sample(rng, 31)
    truth = captions.tuples(drawn)
    assert (metric.spice(captions.caption(drawn), truth) == 1).all()
    assert (metric.spice(captions.caption(drawn, rng=rng), truth) == 1).all()
    commas = [" ".join(words.VOCAB.split(t)) for t in captions.caption(drawn)]
    assert (metric.spice(commas, truth) == 1).all()
    one = [captions.parse("a red dog and a blue cat")]
    # red dog, blue dog: of ("dog",), ("dog","red"), ("dog","blue") two are true, of four truths two are found
    assert metric.spice(["a red dog and a blue dog"], one)[0] == pytest.approx(2 * 2 / (3 + 4))
    assert metric.spice(["a red dog"], one)[0] == pytest.approx(2 * 2 / (2 + 4))
    assert metric.spice(["red a dog dog"], one)[0] == 0 and metric.spice(["a tiger"], one)[0] == 0


def test_spice_does_not_see_order_and_bleu_does():
    truth = [captions.parse("a red dog and a blue cat")]
    turned = "a blue cat and a red dog"
    assert metric.spice([turned], truth)[0] == 1
    assert metric.bleu([turned], [["a red dog and a blue cat"]])[3] < 0.8
