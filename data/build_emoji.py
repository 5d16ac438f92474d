"""Build everything in ``data/emoji/`` from the named artwork packages.

    python data/build_emoji.py                     fetch the packages with `npm pack` and build
    python data/build_emoji.py --packages DIR      use the .tgz files that lie in DIR
    python data/build_emoji.py --check             build elsewhere and compare with what is committed

Needs `npm` (unless --packages is given) and, from PyPI, `resvg-py` 0.5.0, `numpy` and `pillow`:
`pip install -e '.[data]'`. All choices are in ``data/emoji_choices.toml``; ``data/README.md`` explains the rules.
"""

from __future__ import annotations

import argparse
import base64
import collections
import gzip
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from pathlib import Path

import numpy as np
import resvg_py
from PIL import Image

HERE = Path(__file__).resolve().parent
CHOICES = tomllib.loads((HERE / "emoji_choices.toml").read_text())
BUILD, PRUNE = CHOICES["build"], CHOICES["prune"]
STYLES = BUILD["training_styles"] + BUILD["held_out_styles"]
OVERSAMPLE = 4
COLUMNS = {32: 32, 64: 8, 160: 8}  # pictures in a row of an atlas, by their side in pixels


# ------------------------------------------------------------------------------------------------ packages
def tarball(package: dict, folder: Path, fetch: bool) -> Path:
    """The package's .tgz in ``folder``, fetched if wanted, its SHA-512 compared with the pinned one."""
    path = folder / f"{package['name'].lstrip('@').replace('/', '-')}-{package['version']}.tgz"
    if fetch:
        spec = f"{package['name']}@{package['version']}"
        subprocess.run(["npm", "pack", spec, "--pack-destination", folder], check=True, capture_output=True)
    if not path.is_file():
        raise SystemExit(f"{path} is missing. Run `npm pack {package['name']}@{package['version']}` in that folder.")
    digest = "sha512-" + base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    if digest != package["integrity"]:
        raise SystemExit(f"{path.name} is not the package that the course was built from (its SHA-512 differs).")
    return path


def read(path: Path, *names: str) -> list:
    """JSON files out of a tarball, by their path inside the package."""
    with tarfile.open(path) as tar:
        return [json.load(tar.extractfile(f"package/{name}")) for name in names]


def plain(hexcode: str) -> str:
    """A code sequence without variation selectors, in lower case: the form that all packages share."""
    return "-".join(part for part in hexcode.lower().split("-") if part != "fe0f")


# ------------------------------------------------------------------------------------------------ drawing
class Artwork:
    """The SVG pictures of one iconify package."""

    def __init__(self, path: Path):
        self.set, chars = read(path, "icons.json", "chars.json")
        self.chars = {plain(code): name for code, name in chars.items()}

    def __contains__(self, name: str) -> bool:
        return name in self.set["icons"] or name in self.set.get("aliases", {})

    def svg(self, name: str) -> str:
        """One picture as an SVG document on a square canvas (the longer side decides, the rest is centred)."""
        flip = False
        while name not in self.set["icons"]:
            alias = self.set["aliases"][name]
            flip ^= alias.get("hFlip", False)
            name = alias["parent"]
        icon = {**{key: self.set[key] for key in ("width", "height")}, **self.set["icons"][name]}
        width, height = icon["width"], icon["height"]
        side = max(width, height)
        left, top = icon.get("left", 0) - (side - width) / 2, icon.get("top", 0) - (side - height) / 2
        body = icon["body"]
        if flip:
            body = f'<g transform="translate({2 * left + side} 0) scale(-1 1)">{body}</g>'
        return (
            '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'width="{side}" height="{side}" viewBox="{left} {top} {side} {side}">{body}</svg>'
        )

    def picture(self, name: str, side: int) -> np.ndarray:
        """Render at ``OVERSAMPLE * side`` and average boxes of the premultiplied picture: uint8[side, side, 4]."""
        pixels = OVERSAMPLE * side
        png = resvg_py.svg_to_bytes(svg_string=self.svg(name), width=pixels, height=pixels, skip_system_fonts=True)
        rgba = np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA")) / 255.0
        rgba[..., :3] *= rgba[..., 3:]
        rgba = rgba.reshape(side, OVERSAMPLE, side, OVERSAMPLE, 4).mean((1, 3))
        alpha = np.round(rgba[..., 3:] * 255)
        colour = np.where(alpha > 0, rgba[..., :3] / np.maximum(rgba[..., 3:], 1e-9), 0)
        return np.concatenate([np.round(colour * 255), alpha], -1).clip(0, 255).astype(np.uint8)


def squeeze(text: str) -> str:
    return re.sub("[^a-z0-9]", "", text.lower())


def find_by_name(style: str, art: Artwork, entry: dict, siblings: list[str], unicode_name: str) -> str | None:
    """The picture of ``entry`` in a package that has no code map, by its name there; None where it has none."""
    code = plain(entry["hexcode"])
    by_hand = CHOICES.get("match", {}).get(style, {})
    if entry["label"] in by_hand:
        return by_hand[entry["label"]] or None
    if style == "noto-v1":  # the same naming scheme as the other iconify packages
        slug = re.sub("[^a-z0-9]+", "-", entry["label"].lower()).strip("-")
        names = [*siblings, slug, f"man-{slug}"]  # professions had no neutral person yet
    else:  # names are Unicode names without spaces
        squeezed = {squeeze(name): name for name in art.set["icons"]}
        names = [squeezed.get(squeeze(n), "") for n in (unicode_name, entry["label"]) if n and "-" not in code]
    return next((name for name in names if name in art), None)


# ------------------------------------------------------------------------------------------------ pruning
def structural_rule(entry: dict, subgroup: str, seen: set) -> str:
    """Why an emoji repeats another one or is not a picture of a thing, or an empty string."""
    parts, label = entry["hexcode"].split("-"), entry["label"]
    if subgroup in PRUNE["glyph_subgroups"]:
        return "letter, digit, arrow or glyph"
    couple = parts[0] in ("1F468", "1F469") and "200D" in parts
    gendered = subgroup.startswith("person") and re.match(r"(man|woman|men|women|Mrs\.|Mx) \S|(man|woman):", label)
    if "2640" in parts or "2642" in parts or couple or gendered:
        return "gender or hair variant of a person"
    if re.search("facing right|right-facing", label):
        return "mirror image"
    if re.search("o’clock|-thirty", label):
        return "clock face"
    colourless = re.sub(r"\b(" + "|".join(PRUNE["colours"]) + r")\b", "", label).split()
    key = (*colourless, subgroup)
    if key in seen:
        return "colour variant"
    seen.add(key)
    return ""


def distances(pictures: dict[str, np.ndarray]) -> np.ndarray:
    """Root mean square difference of premultiplied 16 px pictures, or mirror images, mean of the styles: [K, K]."""
    total = 0.0
    for rgba in pictures.values():
        rgba = rgba.astype(np.float32) / 255
        rgba[..., :3] *= rgba[..., 3:]
        small = rgba.reshape(len(rgba), 16, 2, 16, 2, 4).mean((2, 4))
        flat, mirror = small.reshape(len(rgba), -1), small[:, :, ::-1].reshape(len(rgba), -1)
        norm = (flat**2).sum(1)
        closest = np.maximum(flat @ flat.T, flat @ mirror.T)
        total = total + np.sqrt(np.maximum(norm[:, None] + norm[None] - 2 * closest, 0) / flat.shape[1])
    return np.asarray(total) / len(pictures)


def without_near_duplicates(entries: list[dict], pictures: dict[str, np.ndarray]) -> tuple[list[int], list[tuple]]:
    """Keep an emoji unless its pictures repeat those of a kept one of its group. Short names first.

    Returns the kept positions, and (distance, dropped name, kept name) of the others.
    """
    gap = distances(pictures)
    words = [set(re.findall("[a-z]+", e["label"].lower())) - set(PRUNE["stop_words"]) for e in entries]
    wanted = BUILD["sprites"] + BUILD["display"]

    def rank(i: int) -> tuple:
        label = entries[i]["label"]
        return label not in wanted, label not in PRUNE["prefer"], len(label.split()), i

    kept, dropped = [], []
    for i in sorted(range(len(entries)), key=rank):
        near = [
            j
            for j in kept
            if entries[i]["group"] == entries[j]["group"]
            and gap[i, j] < (PRUNE["same_word"] if words[i] & words[j] else PRUNE["same_picture"])
        ]
        if near and entries[i]["label"] not in wanted:
            twin = min(near, key=lambda j: gap[i, j])
            dropped.append((float(gap[i, twin]), entries[i]["label"], entries[twin]["label"]))
        else:
            kept.append(i)
    return sorted(kept), dropped


# ------------------------------------------------------------------------------------------------ writing
def atlas(pictures: np.ndarray) -> bytes:
    """Pictures uint8[K, S, S, 4] as one lossless WebP sheet, row by row."""
    count, side = pictures.shape[:2]
    columns = COLUMNS[side]
    rows = -(-count // columns)
    sheet = np.zeros((rows * columns, side, side, 4), np.uint8)
    sheet[:count] = pictures
    sheet = sheet.reshape(rows, columns, side, side, 4).transpose(0, 2, 1, 3, 4)
    sheet = sheet.reshape(rows * side, columns * side, 4)
    out = io.BytesIO()
    Image.fromarray(sheet).save(out, "WEBP", lossless=True, quality=100, method=6, exact=True)
    assert np.array_equal(np.asarray(Image.open(out).convert("RGBA")), sheet)
    return out.getvalue()


def compact(value) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n").encode()


def sha256(content: bytes | np.ndarray) -> str:
    return hashlib.sha256(content.tobytes() if isinstance(content, np.ndarray) else content).hexdigest()


def held_out_concepts(group: np.ndarray, protected: np.ndarray) -> np.ndarray:
    """A tenth of every group at random, never a scene or display kind: bool[K]."""
    rng = np.random.default_rng(BUILD["split_seed"])
    test = np.zeros(len(group), bool)
    for g in np.unique(group):
        candidates = np.flatnonzero((group == g) & ~protected)
        test[rng.permutation(candidates)[: round(BUILD["test_share"] * (group == g).sum())]] = True
    return test


def nearest_pixels(queries: np.ndarray, gallery: np.ndarray) -> float:
    """Recall@1 of the nearest picture on white, in percent: uint8[K, S, S, 4] each, concept k at row k in both."""
    flat = []
    for rgba in (queries, gallery):
        rgba = rgba.astype(np.float32) / 255
        flat.append((rgba[..., 3:] * rgba[..., :3] + 1 - rgba[..., 3:]).reshape(len(rgba), -1))
    query, key = flat
    gap = (key**2).sum(1)[None] - 2 * query @ key.T
    return 100 * float((gap.argmin(1) == np.arange(len(query))).mean())


def build(packages: dict[str, Path]) -> dict[str, bytes]:
    """Every file of ``data/emoji/``, by name."""
    art = {style: Artwork(packages[style]) for style in STYLES}
    groups_meta, unicode_names, entries = read(packages["names"], "meta/groups.json", "meta/unicode-names.json", "en/data.json")
    train = BUILD["training_styles"]
    entries = [e for e in entries if e.get("group", 2) != 2]  # group 2: skin tones and hair
    entries = [e for e in entries if all(plain(e["hexcode"]) in art[s].chars for s in train)]
    print(f"{len(entries)} emoji in all of {', '.join(train)}")

    seen: set = set()
    reasons = [structural_rule(e, groups_meta["subgroups"][str(e["subgroup"])], seen) for e in entries]
    for reason, count in collections.Counter(filter(None, reasons)).most_common():
        print(f"  - {count:4d} {reason}")
    entries = [e for e, reason in zip(entries, reasons) if not reason]

    source = {s: [art[s].chars[plain(e["hexcode"])] for e in entries] for s in train}
    pictures = {s: np.stack([art[s].picture(name, 32) for name in source[s]]) for s in train}
    kept, twins = without_near_duplicates(entries, pictures)
    print(f"  - {len(twins):4d} near-duplicates: " + "; ".join(f"{a} ~ {b} {d:.2f}" for d, a, b in sorted(twins)))
    unused = set(PRUNE["drop"]) - {entries[i]["label"] for i in kept}
    if unused:
        raise SystemExit(f"Dropped by hand, but already gone: {sorted(unused)}.")
    kept = [i for i in kept if entries[i]["label"] not in PRUNE["drop"]]
    print(f"  - {len(PRUNE['drop']):4d} dropped by hand (emoji_choices.toml)")
    entries, pictures = [entries[i] for i in kept], {s: p[kept] for s, p in pictures.items()}
    print(f"{len(entries)} concepts")

    labels = [e["label"] for e in entries]
    sprites, display = BUILD["sprites"], BUILD["sprites"] + BUILD["display"]
    for name in display:
        if name not in labels:
            raise SystemExit(f"{name!r} is listed as a sprite or display kind but is no concept.")
    source = {s: [art[s].chars[plain(e["hexcode"])] for e in entries] for s in train}
    for style in BUILD["held_out_styles"]:
        source[style] = [
            find_by_name(style, art[style], e, [source[s][k] for s in train], unicode_names.get(e["hexcode"], ""))
            for k, e in enumerate(entries)
        ]
        empty = np.zeros((32, 32, 4), np.uint8)
        pictures[style] = np.stack([art[style].picture(n, 32) if n else empty for n in source[style]])
        print(
            f"{style}: {sum(n is not None for n in source[style])} concepts; none for: "
            + ", ".join(label for label, n in zip(labels, source[style]) if n is None)
        )
    for style in STYLES:
        drawn = pictures[style][..., 3].any((1, 2))
        scores = {s: nearest_pixels(pictures[style][drawn], pictures[s][drawn]) for s in train if s != style}
        print(
            f"nearest pixels, R@1 on white, {drawn.sum()} of {style} among "
            + ", ".join(f"{s} {score:.1f} %" for s, score in scores.items())
        )

    def enlarged(style: str, names: list[str], side: int) -> np.ndarray:
        found = [source[style][labels.index(name)] for name in names]
        return np.stack([art[style].picture(n, side) if n else np.zeros((side, side, 4), np.uint8) for n in found])

    arrays = {f"{s}-32": pictures[s] for s in STYLES}
    arrays |= {f"{s}-64": enlarged(s, sprites, 64) for s in STYLES}
    arrays |= {f"{s}-160": enlarged(s, display, 160) for s in train}

    group_ids = sorted({e["group"] for e in entries})
    group = np.array([group_ids.index(e["group"]) for e in entries])
    test = held_out_concepts(group, np.isin(labels, display))
    names, keywords = {}, {}
    for language in BUILD["languages"]:
        (table,) = read(packages["names"], f"{language}/data.json")
        table = {e["hexcode"]: e for e in table}
        names[language] = [table[e["hexcode"]]["label"] for e in entries]
        keywords[language] = [table[e["hexcode"]].get("tags", []) for e in entries]
    index = {
        "training_styles": train,
        "held_out_styles": BUILD["held_out_styles"],
        "languages": BUILD["languages"],
        "hexcodes": [e["hexcode"] for e in entries],
        "groups": [groups_meta["groups"][str(g)] for g in group_ids],
        "group": group.tolist(),
        "test_concepts": np.flatnonzero(test).tolist(),
        "sprites": sprites,
        "display": display,
        "decoded_sha256": {name: sha256(array) for name, array in arrays.items()},
    }
    files = {f"{name}.webp": atlas(array) for name, array in arrays.items()}
    files["index.json"] = compact(index)
    files["names.json.gz"] = gzip.compress(compact({"names": names, "keywords": keywords}), 9, mtime=0)
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--packages", type=Path, help="folder that already holds the packages' .tgz files")
    parser.add_argument("--check", action="store_true", help="write nothing; fail if the result differs")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.packages or Path(temporary)
        files = build({key: tarball(p, folder, args.packages is None) for key, p in CHOICES["packages"].items()})
    out, listing = HERE / "emoji", HERE / "CHECKSUMS.json"
    if args.check:
        index = json.loads(files["index.json"])
        if index != json.loads((out / "index.json").read_text()):
            sys.exit("The rebuilt pictures, names or splits differ from the committed ones.")
        if gzip.decompress(files["names.json.gz"]) != gzip.decompress((out / "names.json.gz").read_bytes()):
            sys.exit("The rebuilt names differ from the committed ones.")
        print("The rebuilt data equals the committed data.")
        return
    out.mkdir(exist_ok=True)
    for stale in set(out.iterdir()) - {out / name for name in files}:
        stale.unlink()
    for name, content in files.items():
        (out / name).write_bytes(content)
    checksums = json.loads(listing.read_text()) if listing.is_file() else {}
    checksums = {k: v for k, v in checksums.items() if not k.startswith("emoji/")}
    checksums |= {f"emoji/{name}": sha256(content) for name, content in files.items()}
    listing.write_text(json.dumps(checksums, indent=2, sort_keys=True) + "\n")
    print(
        f"{sum(map(len, files.values())) / 1e6:.2f} MB in {len(files)} files: "
        + ", ".join(f"{name} {len(content) / 1e3:.0f} kB" for name, content in files.items())
    )


if __name__ == "__main__":
    main()
