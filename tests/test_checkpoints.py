"""Checkpoints come back as they were written or say why not; the frozen tower sees every place by itself."""

import functools
import hashlib
import json

import jax
import numpy as np
import pytest
from flax import nnx
from safetensors.numpy import load_file

from course_utils import paths, training
from course_utils.experiments import checkpoints, language_model
from course_utils.nn import checkpoint
from course_utils.nn.linear import Linear
from course_utils.towers import grid, language, vision
from course_utils.world import corpus, render, scenes
from course_utils.world.atlas import CANVASES
from course_utils.world.things import COLOURS, KINDS, SIZES, WORDS


class Net(nnx.Module):
    """Two layers, one of them in a list."""

    def __init__(self, width=5, *, bias=True, seed=0):
        rngs = nnx.Rngs(seed)
        self.first = Linear(3, width, rngs=rngs)
        self.rest = nnx.data([Linear(width, 7, rngs=rngs)] + [nnx.LayerNorm(7, rngs=rngs)] * bias)


def arrays(model):
    return {key: np.asarray(value) for key, value in enumerate(jax.tree.leaves(nnx.state(model, nnx.Param)))}


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A data folder of its own, with the course's artwork and no checkpoint."""
    real = paths.data_dir()
    (tmp_path / "emoji").symlink_to(real / "emoji")
    sums = json.loads((real / "CHECKSUMS.json").read_text())
    artwork = {name: checksum for name, checksum in sums.items() if name.startswith("emoji/")}
    (tmp_path / "CHECKSUMS.json").write_text(json.dumps(artwork))
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path)
    monkeypatch.setattr(paths, "_opened", set())
    paths._checksums.cache_clear()
    yield tmp_path
    paths._checksums.cache_clear()


@pytest.fixture
def net(data):
    """A model that was written to ``checkpoints/net.safetensors``."""
    model = Net()
    (data / "checkpoints").mkdir()
    checkpoint.save(model, data / "checkpoints/net.safetensors")
    paths.list_file("checkpoints/net.safetensors")
    paths._checksums.cache_clear()
    return model


# --- files


def test_a_checkpoint_comes_back_at_half_precision(net, data):
    other = Net(seed=1)
    checkpoint.load(other, "net")
    for key, array in arrays(net).items():
        got = arrays(other)[key]
        assert got.dtype == np.float32
        np.testing.assert_array_equal(got, array.astype(np.float16).astype(np.float32))
    assert (data / "checkpoints/net.safetensors").stat().st_size < 2 * sum(a.size for a in arrays(net).values()) + 1000


def test_a_transposed_array_comes_back_as_it_was(data):
    model, path = Net(), data / "turned.safetensors"
    turned = np.asfortranarray(np.arange(15, dtype=np.float16).reshape(3, 5))
    model.first.kernel = nnx.Param(turned)
    checkpoint.save(model, path)
    np.testing.assert_array_equal(load_file(path)["first.kernel"], turned)


@pytest.mark.parametrize(
    "other, says",
    [
        (Net(width=4), "first.bias has shape \\(4,\\)|first.kernel has shape \\(3, 4\\)"),
        (Net(bias=False), "leaves tensors over: rest.1.bias, rest.1.scale"),
    ],
    ids=["another width", "a part less"],
)
def test_a_checkpoint_of_another_model_is_refused_and_the_model_stays(net, other, says):
    before = arrays(other)
    with pytest.raises(ValueError, match=says):
        checkpoint.load(other, "net")
    for key, array in arrays(other).items():
        np.testing.assert_array_equal(array, before[key])


def test_a_checkpoint_with_too_little_in_it_is_refused(data):
    (data / "checkpoints").mkdir()
    checkpoint.save(Net(bias=False), data / "checkpoints/small.safetensors")
    paths.list_file("checkpoints/small.safetensors")
    paths._checksums.cache_clear()
    other = Net()
    before = arrays(other)
    with pytest.raises(ValueError, match="not there: rest.1.bias, rest.1.scale"):
        checkpoint.load(other, "small")
    np.testing.assert_array_equal(arrays(other)[0], before[0])


def test_line_ends_that_git_changed_are_recognised(data):
    (data / "words.txt").write_bytes(b"one\ntwo\n")
    paths.list_file("words.txt")
    paths._checksums.cache_clear()
    (data / "words.txt").write_bytes(b"one\r\ntwo\r\n")
    with pytest.raises(ValueError, match="line ends.*core.autocrlf=false"):
        paths.data_file("words.txt")


def test_a_missing_an_altered_and_an_unlisted_file_say_what_to_do(net, data):
    other, file = Net(seed=1), data / "checkpoints/net.safetensors"
    before = arrays(other)
    with pytest.raises(FileNotFoundError, match="checkpoints/absent.safetensors is missing .* `git checkout -- data`"):
        checkpoint.load(other, "absent")
    checkpoint.save(net, data / "checkpoints/stranger.safetensors")
    with pytest.raises(ValueError, match="not listed in data/CHECKSUMS.json"):
        checkpoint.load(other, "stranger")
    content = file.read_bytes()
    for altered in (content[:-1] + bytes([content[-1] ^ 1]), content[:100], b""):
        file.write_bytes(altered)
        with pytest.raises(ValueError, match="altered or only partly downloaded. .* `git checkout -- data`"):
            checkpoint.load(other, "net")
    for key, array in arrays(other).items():
        np.testing.assert_array_equal(array, before[key])


# --- the frozen tower


@nnx.jit
def seen(tower, image):
    return tower.features(image)


def drawn(n, seed=0, **options):
    return scenes.sample(scenes.generator("train", seed), n, **{"objects": (2, scenes.SLOTS), "sign": 0.5, **options})


def test_each_place_is_described_without_the_others():
    tower = functools.partial(seen, grid.GridTower(hidden=11, rngs=nnx.Rngs(0)))
    image = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
    before, starts, cell = np.asarray(tower(image)), CANVASES[64].starts, CANVASES[64].cell
    assert before.shape == (1, 9, grid.FEATURES) and before.dtype == np.float32
    for place in range(9):
        (y, x), changed = (starts[k] for k in divmod(place, 3)), image.copy()
        changed[:, y : y + cell, x : x + cell] = 255 - changed[:, y : y + cell, x : x + cell]
        reached = np.abs(np.asarray(tower(changed)) - before).max((0, 2)) > 1e-5
        np.testing.assert_array_equal(reached, np.arange(9) == place)


def test_each_place_is_described_alike():
    tower = functools.partial(seen, grid.GridTower(hidden=11, rngs=nnx.Rngs(0)))
    image = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
    starts, cell = CANVASES[64].starts, CANVASES[64].cell
    moved = image.copy()  # what stood at the top left stands in every place
    for y in starts:
        for x in starts:
            moved[:, y : y + cell, x : x + cell] = image[:, :cell, :cell]
    after = np.asarray(tower(moved))
    np.testing.assert_allclose(after, np.repeat(after[:, :1], 9, 1), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(after[:, 0], np.asarray(tower(image))[:, 0], rtol=1e-5, atol=1e-6)


def test_place_names_say_what_the_symbols_say():
    batch = drawn(53)
    names = grid.place_names(batch)
    assert {what: array.shape for what, array in names.items()} == dict.fromkeys(grid.NAMES, (53, 9))
    for i in range(len(batch)):
        told = {what: [-1] * 9 for what in grid.NAMES} | {"kind": [0] * 9}
        for thing in scenes.describe(batch, i):
            place = scenes.PLACES.index(thing["place"])
            told["kind"][place] = 2 + KINDS.index(thing["kind"])
            told["colour"][place] = COLOURS.index(thing["colour"])
            told["size"][place] = SIZES.index(thing["size"])
        if batch.word[i] >= 0:
            told["kind"][batch.word_cell[i]], told["word"][batch.word_cell[i]] = 1, batch.word[i]
        for what, row in told.items():
            np.testing.assert_array_equal(names[what][i], row)
    for what, count in grid.NAMES.items():
        assert names[what].min() >= -1 and names[what].max() < count
    assert 0 < (names["word"] >= 0).mean() < 1 and grid.NAMES["word"] == len(WORDS)


def test_naming_starts_at_guessing_and_leaves_out_what_does_not_apply():
    tower, batch = grid.GridTower(hidden=11, rngs=nnx.Rngs(0)), drawn(31)
    arrays_ = {"tiles": render.tiles(64), **render.stamps(batch, 64), **grid.place_names(batch)}
    loss, right = nnx.jit(grid.naming_loss)(tower, arrays_)
    assert abs(float(loss) / np.log(list(grid.NAMES.values())).sum() - 1) < 0.3
    assert set(right) == set(grid.NAMES) and all(0 <= float(share) <= 1 for share in right.values())


def test_the_shipped_tower_names_what_stands_where():
    named = checkpoints.named_right(grid.frozen_tower(), drawn(300, seed=5))
    assert named["kind"] > 0.95 and min(named["colour"], named["size"], named["word"]) > 0.99
    untaught = checkpoints.named_right(grid.GridTower(rngs=nnx.Rngs(0)), drawn(300, seed=5))
    assert untaught["kind"] < 0.2 and untaught["colour"] < 0.5 and untaught["word"] < 0.5
    assert grid.frozen_tower() is grid.frozen_tower()


def test_the_shipped_tower_knows_fewer_kinds_in_colours_that_it_never_saw():
    """What data/README.md says."""
    test = scenes.sample(scenes.generator("test"), 1000, objects=(2, scenes.SLOTS), sign=0.5, split="test")
    named = checkpoints.named_right(grid.frozen_tower(), test)
    assert 0.76 < named["kind"] < 0.86 and min(named["colour"], named["size"], named["word"]) > 0.98


def test_every_checkpoint_that_can_be_made_is_shipped():
    for name in checkpoints.CHECKPOINTS:
        most = {"vision_tower": 2_000_000, "language_model": 4_000_000, "llava": 2_000_000}.get(name, 800_000)
        assert paths.data_file(f"checkpoints/{name}.safetensors").stat().st_size < most
        assert f"`{name}`" in (paths.data_dir() / "README.md").read_text()


def test_features_of_scenes_are_what_the_tower_sees():
    batch = drawn(5)
    features = grid.scene_features(batch)
    assert features.shape == (5, 9, grid.FEATURES) and features.dtype == np.float32
    expected = seen(grid.frozen_tower(), render.render(batch, grid.SIDE))
    np.testing.assert_allclose(features, expected, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(grid.scene_features(batch[3:]), features[3:], rtol=1e-4, atol=1e-3)


# --- how it is made


def test_making_a_checkpoint_writes_it_and_lists_its_checksum(data, monkeypatch, capsys):
    fit, taken = training.fit, []

    def one_step(*args, **options):
        taken.append(options["steps"])
        return fit(*args, **{**options, "steps": 1, "progress": False})

    monkeypatch.setattr(training, "fit", one_step)
    checkpoints.make("grid_tower")
    name, listed = "checkpoints/grid_tower.safetensors", json.loads((data / "CHECKSUMS.json").read_text())
    assert taken == [8000]
    assert listed[name] == hashlib.sha256((data / name).read_bytes()).hexdigest()
    assert list(listed) == sorted(listed) and "emoji/index.json" in listed
    assert capsys.readouterr().out.startswith("grid_tower {'kind': 0.")
    paths._checksums.cache_clear()
    tower = grid.GridTower(rngs=nnx.Rngs(3))
    checkpoint.load(tower, "grid_tower")  # of the shape that the notebooks expect
    content = (data / name).read_bytes()
    checkpoints.make("grid_tower")
    assert (data / name).read_bytes() == content, "the same seed gives the same checkpoint"


@pytest.mark.newest
@pytest.mark.parametrize("side", [64, 96])
def test_the_vision_tower_names_things_of_new_scenes_patch_by_patch(side):
    drawn = scenes.sample(scenes.generator("test", 7), 100, objects=(2, scenes.SLOTS))
    names = training.predict(vision.frozen_vision_tower(), _names, {"image": np.asarray(render.render(drawn, side))}, size=100)
    wanted = vision.patch_names(drawn, side)
    for what in ("kind", "colour", "size"):
        thing = (wanted["kind"] > 1) & (wanted[what] >= 0)
        assert (names[what].argmax(-1) == wanted[what])[thing].mean() > 0.95, what


def _names(tower, batch):
    return tower(batch["image"])[0]


@pytest.mark.newest
def test_the_language_model_copies_made_up_names_of_held_out_pairs():
    reader, rng = language.frozen_language_model(), scenes.generator("test", 8)
    for many in (2, 4):
        episodes = corpus.of_names(rng, 100, names=many, shots=2, held_out=True)
        assert language_model.right(reader, episodes).mean() >= 0.95
        assert language_model.right(language.untrained(), episodes).mean() < 0.2


@pytest.mark.newest
def test_the_language_model_answers_what_a_list_tells_it():
    """What data/README.md says."""
    reader = language.frozen_language_model()
    for type_, least in (("exist", 0.95), ("colour", 0.95), ("two-hop", 0.9), ("relation", 0.8)):
        told, untold = (language_model.right(reader, language_model.asked(type_, 100, described=d)).mean() for d in (True, False))
        assert told >= least and untold < 0.65, type_
