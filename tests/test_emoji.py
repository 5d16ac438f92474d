"""The emoji data: what was built is what is loaded, and a learner who asks for something else is told what there is."""

import hashlib
import json
import runpy
import shutil
import tomllib
from pathlib import Path

import numpy as np
import pytest

from course_utils import paths
from course_utils.world import emoji

DATA = paths.data_dir()
INDEX = json.loads((DATA / "emoji" / "index.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def world() -> emoji.Emoji:
    return emoji.load()


@pytest.fixture
def copied_data(tmp_path, monkeypatch) -> Path:
    """A copy of the emoji files that a test may damage."""
    shutil.copytree(DATA / "emoji", tmp_path / "emoji")
    shutil.copy(DATA / "CHECKSUMS.json", tmp_path)
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path)
    emoji._sheet.cache_clear()
    yield tmp_path
    emoji._sheet.cache_clear()


def pictures(world, name: str) -> np.ndarray:
    """The decoded array that the build called ``name``, through the public interface."""
    style, side = name.rsplit("-", 1)
    if side == "160":
        return np.stack([world.display(kind, style) for kind in world.display_names])
    return world.pictures(style) if side == "32" else world.sprites(style)


@pytest.mark.parametrize("name", INDEX["decoded_sha256"])
def test_decoded_pictures_are_the_ones_that_were_built(world, name):
    array = pictures(world, name)
    assert array.dtype == np.uint8 and array.shape[-1] == 4
    assert hashlib.sha256(array.tobytes()).hexdigest() == INDEX["decoded_sha256"][name]


def test_shapes_and_what_is_drawn(world):
    count = len(world)
    assert 850 <= count <= 950
    for style in emoji.STYLES:
        assert world.pictures(style).shape == (count, 32, 32, 4)
        assert world.sprites(style).shape == (len(world.sprite_names), 64, 64, 4)
        assert world.sprites(style)[..., 3].any((1, 2)).all()  # every scene kind exists in every style
    for style in emoji.TRAINING_STYLES:
        coverage = (world.pictures(style)[..., 3] > 127).mean((1, 2))
        assert world.has(style).all() and coverage.min() > 0.04  # no empty and no nearly invisible picture
        assert world.display("dog", style).shape == (160, 160, 4)
    for style in emoji.HELD_OUT_STYLES:
        assert 500 < world.has(style).sum() < count
    assert world.display(world.index("dog")).tobytes() == world.display("dog", "noto").tobytes()
    assert set(world.sprite_names) <= set(world.display_names) <= set(world.names["en"])


@pytest.mark.parametrize("style", emoji.TRAINING_STYLES)
def test_no_two_concepts_share_a_picture(world, style):
    assert len(np.unique(world.pictures(style).reshape(len(world), -1), axis=0)) == len(world)


def test_cached_arrays_cannot_be_changed_by_accident(world):
    with pytest.raises(ValueError):
        world.pictures("noto")[0, 0, 0] = 7
    with pytest.raises(ValueError):
        world.test_concepts[:] = False


@pytest.mark.parametrize("language", emoji.LANGUAGES)
def test_every_concept_has_one_name_in_every_language(world, language):
    names = world.names[language]
    assert len(names) == len(set(names)) == len(world) and all(name.strip() == name != "" for name in names)
    assert len(world.keywords[language]) == len(world)


def test_names_belong_to_their_pictures(world):
    dog = world.index("dog")
    assert world.hexcodes[dog] == "1F415" and world.groups[world.group[dog]] == "animals-nature"
    assert [world.names[lang][dog] for lang in ("de", "es", "ja")] == ["Hund", "perro", "イヌ"]
    assert "pet" in world.keywords["en"][dog]


def test_split_is_disjoint_stratified_and_fixed(world):
    train, test = world.train_concepts, world.test_concepts
    assert not (train & test).any() and (train | test).all()
    for group in range(len(world.groups)):
        members = world.group == group
        assert (test & members).sum() == round(0.1 * members.sum())
    kinds = [world.index(name) for name in world.display_names]
    assert train[kinds].all()  # what scenes are made of is not held out
    held_out = " ".join(np.array(world.hexcodes)[test])
    assert hashlib.sha256(held_out.encode()).hexdigest()[:16] == "de542803032cbbb4"


def test_choices_and_code_agree(world):
    build = tomllib.loads((DATA / "emoji_choices.toml").read_text(encoding="utf-8"))["build"]
    assert tuple(build["training_styles"]) == emoji.TRAINING_STYLES
    assert tuple(build["held_out_styles"]) == emoji.HELD_OUT_STYLES
    assert tuple(build["languages"]) == emoji.LANGUAGES
    assert tuple(build["sprites"]) == world.sprite_names


@pytest.mark.parametrize("name", ["red heart", "droplet", "anger symbol"])
def test_edges_have_no_fringe(world, name):
    """These are one flat colour in this style, so every edge pixel must be that colour, only fainter."""
    rgba = world.pictures("twemoji")[world.index(name)]
    inside = np.median(rgba[rgba[..., 3] == 255], axis=0)[:3]
    edge = (rgba[..., 3] > 15) & (rgba[..., 3] < 255)
    assert edge.sum() > 20
    assert np.abs(rgba[edge][:, :3] - inside).max() <= 8
    for ground in (0, 255):
        mixed = emoji.on_background(rgba, (ground,) * 3).astype(float)
        low, high = np.minimum(inside, ground) - 2, np.maximum(inside, ground) + 2
        assert ((mixed >= low) & (mixed <= high)).all()


def test_on_background_mixes_by_alpha():
    rgba = np.array([[[200, 100, 0, 255], [200, 100, 0, 0], [200, 100, 0, 51]]], np.uint8)
    mixed = emoji.on_background(rgba, (0, 50, 250))
    assert mixed.dtype == np.uint8
    assert mixed.tolist() == [[[200, 100, 0], [0, 50, 250], [40, 60, 200]]]
    picture = np.full((1, 3, 3), 7, np.uint8)
    assert emoji.on_background(rgba, picture)[0, 1].tolist() == [7, 7, 7]


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda world: world.index("dgo"), "dog"),
        (lambda world: world.pictures("apple"), "twemoji"),
        (lambda world: world.sprites("noto-1"), "noto-v1"),
        (lambda world: world.display("dog", "noto-v1"), "noto, twemoji, fluent"),
        (lambda world: world.display("zebra"), "Choose from: dog"),
        (lambda world: world.names["klingon"], "hi, ja, ko, zh"),
    ],
)
def test_a_wrong_name_is_answered_with_the_right_ones(world, ask, says):
    with pytest.raises(KeyError) as caught:
        ask(world)
    message = str(caught.value)
    assert says in message and "\n" not in message and not message.startswith("'")


def test_a_missing_file_is_explained(world, copied_data):
    (copied_data / "emoji" / "fluent-32.webp").unlink()
    with pytest.raises(FileNotFoundError, match="fluent-32.webp is missing.*git checkout"):
        world.pictures("fluent")
    assert world.pictures("noto").any()


@pytest.mark.parametrize("name", ["index.json", "names.json.gz"])
def test_an_altered_file_is_explained(copied_data, name):
    file = copied_data / "emoji" / name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(ValueError, match=f"{name} was altered"):
        emoji.load.__wrapped__()


def test_every_file_is_listed_and_small(world):
    files = {f"emoji/{path.name}": path for path in (DATA / "emoji").iterdir()}
    listed = {name for name in json.loads((DATA / "CHECKSUMS.json").read_text()) if name.startswith("emoji/")}
    assert listed == set(files)
    assert sum(path.stat().st_size for path in files.values()) < 5e6


def test_the_readme_counts_what_is_there(world):
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for group, name in enumerate(world.groups):
        members = world.group == group
        assert f"| {name} | {members.sum()} | {(world.test_concepts & members).sum()} |" in readme
    older, flat = (world.has(style).sum() for style in emoji.HELD_OUT_STYLES)
    assert f"all {len(world)} concepts" in readme and f"({older} and {flat})" in readme


def test_licences_travel_with_the_artwork():
    attribution = (DATA / "ATTRIBUTION.md").read_text(encoding="utf-8")
    packages = tomllib.loads((DATA / "emoji_choices.toml").read_text(encoding="utf-8"))["packages"].values()
    for package in packages:
        assert package["name"] in attribution and package["version"] in attribution
    for file in (DATA / "licences").iterdir():
        assert file.name in attribution and file.stat().st_size > 900


def test_the_build_refuses_another_package(tmp_path):
    pytest.importorskip("resvg_py")
    build = runpy.run_path(str(DATA / "build_emoji.py"))
    package = {"name": "@a/b", "version": "1.0.0", "integrity": "sha512-no"}
    with pytest.raises(SystemExit, match="npm pack @a/b@1.0.0"):
        build["tarball"](package, tmp_path, False)
    (tmp_path / "a-b-1.0.0.tgz").write_bytes(b"not it")
    with pytest.raises(SystemExit, match="SHA-512 differs"):
        build["tarball"](package, tmp_path, False)
