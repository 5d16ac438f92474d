"""``make bench``: every number about speed and size that the course quotes, as one JSON on standard output.

Absolute times depend on the machine and on what else it does; compare figures of one run only. The share of the matmul
rate is a ratio measured in one process, so it carries over better.
"""

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from course_utils.cores import cores
from course_utils.registry import TOPICS

ROOT = Path(__file__).resolve().parents[2]

_IMPORT = """
import json, time
def seconds(line):
    t = time.perf_counter(); exec(line); return time.perf_counter() - t
print(json.dumps({"jax": seconds("import jax"), "course_utils_beyond_jax": seconds("import course_utils"),
                  "flax_optax_matplotlib": seconds("import optax; from flax import nnx; import matplotlib.figure"),
                  "all_that_notebook_00_imports": seconds(
                      "from course_utils import runtime, training; from course_utils.exercises import check; "
                      "from course_utils.experiments import record, start_here; from course_utils.show import widgets")}))
"""

_TRAIN = """
import json, time
import jax, jax.numpy as jnp, numpy as np
from flax import nnx
from course_utils import runtime, training
from course_utils.models.start_here import PatchTower, TowerConfig, classification_loss
runtime.use_compilation_cache()
jnp.zeros(1).block_until_ready()
t = time.perf_counter(); model = PatchTower(TowerConfig(), rngs=nnx.Rngs(0)); init = time.perf_counter() - t
B = 128
rng = np.random.default_rng(0)
image = rng.integers(0, 256, (B, 32, 32, 3), dtype=np.uint8); label = rng.integers(0, 8, B).astype(np.int32)
def run(seed):
    return training.fit(model, classification_loss, lambda r: {"image": image, "label": label}, steps=400, seed=seed,
                        progress=False)
first = run(0)
second = run(1)
n = 1024
a = jnp.ones((n, n)); mul = jax.jit(lambda a: a @ a); mul(a).block_until_ready()
t = time.perf_counter()
for _ in range(20): a_ = mul(a)
a_.block_until_ready(); peak = 20 * 2 * n**3 / (time.perf_counter() - t)
tokens = 64
flops = 3 * 2 * B * (tokens * 48 * 32 + tokens * 32 * 256 + 256 * 64 + 64 * 8)  # forward + twice as much backward
rate = second.steps / second.seconds
print(json.dumps({"model_init_s": init, "first_chunk_s": first.first_chunk_seconds, "steps_per_s": rate,
                  "matmul_gflops": peak / 1e9, "share_of_matmul_rate": rate * flops / peak}))
"""

# What there is to wait for before notebook 07's model learns: imports, the model, the first step of each stage.
_LLAVA = """
import json, time
start = t = time.perf_counter()
def since():
    global t
    now = time.perf_counter(); passed, t = now - t, now
    return passed
from course_utils import runtime
from course_utils.experiments.llava import dataset, trainer
runtime.use_compilation_cache()
report = {"import_s": since()}
model = trainer.untrained()
report["model_init_s"] = since()
pool = dataset.pictures()
arrays = {1: dataset.packed(pool, dataset.captions(pool), roles=False), 2: dataset.packed(pool, dataset.instructed(pool))}
since()
for stage, told in arrays.items():
    trainer.train(model, pool, told, stage, steps=1)
    report[f"first_step_of_stage_{stage}_s"] = since()
print(json.dumps(report | {"all_s": sum(report.values())}))
"""

# Scenes, on one core whatever the machine has: the affinity is set before JAX counts its threads.
_SCENES = """
import json, os, time
if hasattr(os, "sched_setaffinity"): os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
import jax
t = time.perf_counter()
from course_utils.world import atlas, render, scenes
for side in atlas.CANVASES: atlas.atlas(side)
report = {"load_s": time.perf_counter() - t}
import numpy as np
def rate(n, work):
    work(); times = []
    for _ in range(15): t = time.perf_counter(); work(); times.append(time.perf_counter() - t)
    return n / sorted(times)[len(times) // 2]
n = 4096
rng = np.random.default_rng(0)
drawn = scenes.sample(rng, n, sign=0.2)
report["symbols_per_s"] = rate(n, lambda: scenes.sample(rng, n, sign=0.2))
for side in atlas.CANVASES:
    report[f"pictures_{side}_per_s"] = rate(n, lambda: render.render(drawn, side).block_until_ready())
    report[f"boxes_{side}_per_s"] = rate(n, lambda: render.boxes(drawn, side))
print(json.dumps(report))
"""


def _child(program: str, cache: str, *arguments: str, **env: str) -> Any:
    """What a program prints last, as JSON; it runs with a cache of compiled programs of its own."""
    out = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"JAX_COMPILATION_CACHE_DIR": cache} | env,
    )
    return json.loads(out.stdout.strip().splitlines()[-1])


# One module's measurements.
_MEASURED = """
import importlib, json, sys
print(json.dumps(importlib.import_module(sys.argv[1]).measure()))
"""

# A notebook from a new kernel, which counts what XLA compiles or finds compiled in the cache.
_NOTEBOOK = """
import sys, nbformat, nbclient
nb = nbformat.read(sys.argv[1], as_version=4)
count = ("import jax; _programs = []; jax.monitoring.register_event_duration_secs_listener(lambda event, _, **more: "
         "_programs.append(event) if event.endswith('backend_compile_duration') else None)")
nb.cells = [nbformat.v4.new_code_cell(count), *nb.cells, nbformat.v4.new_code_cell("print(len(_programs))")]
nbclient.NotebookClient(nb, timeout=1200, kernel_name="python3").execute()
print(nb.cells[-1].outputs[0].text)
"""


def _notebook(path: Path, cache: str, fast: bool) -> tuple[float, int]:
    """Wall seconds to run a notebook top to bottom from a new kernel, start and imports included; programs on its way."""
    start = time.perf_counter()
    programs = _child(_NOTEBOOK, cache, str(path), COURSE_FAST="1" if fast else "0")
    return time.perf_counter() - start, programs


def bytes_by_folder(number: str, topic: str) -> dict[str, int]:
    """Bytes of hand-written Python of one notebook: its source, its parts of ``course_utils``, its tests."""
    found = {"solutions": sum(p.stat().st_size for p in (ROOT / "solutions").glob(f"{number}_*/*.py"))}
    for folder in ("models", "experiments", "exercises", "show"):
        places = [ROOT / "course_utils" / folder / f"{topic}.py", *(ROOT / "course_utils" / folder / topic).rglob("*.py")]
        found[folder] = sum(p.stat().st_size for p in places if p.is_file())
    found["experiments"] += (ROOT / f"course_utils/experiments/canaries/{topic}.py").stat().st_size
    found["answers"] = sum(p.stat().st_size for p in (ROOT / "tests/answers").glob(f"{topic}*.py") if _is_of(topic, p))
    found["tests"] = sum(p.stat().st_size for p in (ROOT / "tests").glob(f"test_*_{topic}*.py") if _is_of(topic, p))
    return found


def _is_of(topic: str, path: Path) -> bool:
    """Whether a test file is this topic's, and not that of one whose name begins alike (fusion, fusion_encoder)."""
    longer = [other for other in TOPICS.values() if other.startswith(topic) and other != topic]
    return not any(other in path.stem for other in longer)


def seconds_of_tests() -> dict[str, dict[str, float]]:
    """Seconds that tests took in the last ``make test``, all and the ten longest files, for each set of releases that ran."""
    found = {}
    for report in sorted((ROOT / "build").glob("tests-*.xml")):
        seconds: dict[str, float] = {}
        for case in ElementTree.parse(report).iter("testcase"):
            name = case.get("classname", "").split(".")
            kind = next((part for part in name if part.startswith("test_")), "notebooks")
            seconds[kind] = seconds.get(kind, 0.0) + float(case.get("time", 0))
        longest = sorted(seconds.items(), key=lambda kv: -kv[1])[:10]
        found[report.stem.removeprefix("tests-")] = {"all": sum(seconds.values()), **dict(longest)}
    return found


def questions_per_second(n: int = 20_000, repeats: int = 3) -> dict:
    """Questions about the world, drawn by NumPy on one core; the best of some repetitions."""
    import numpy as np

    from course_utils.world import questions
    from course_utils.world.scenes import sample

    rng = np.random.default_rng(0)
    scenes = sample(rng, n)
    drawn = questions.pairs(rng, n)
    jobs = {
        "balanced_pairs_per_s": lambda: questions.pairs(rng, n),
        "biased_questions_per_s": lambda: questions.biased(rng, n),
        "asked_questions_per_s": lambda: questions.ask(rng, scenes),
        "answers_per_s": lambda: questions.answer(drawn.a, drawn.questions),
    }
    questions.biased(rng, 2), questions.biased(rng, 2, flipped=True)  # the tables of texts are made once
    report = {}
    for name, job in jobs.items():
        seconds = []
        for _ in range(repeats):
            start = time.perf_counter()
            job()
            seconds.append(time.perf_counter() - start)
        report[name] = n / min(seconds)
    return report


def short(report: Any) -> Any:
    """The same with three digits of every broken number: more of them say nothing, and hide what does."""
    return json.loads(json.dumps(report), parse_float=lambda text: float(f"{float(text):.3g}"))


def measure() -> dict:
    """Runs everything; a few minutes."""
    data = [f for f in (ROOT / "data").rglob("*") if f.is_file()]
    report: dict = {"data_mb": sum(f.stat().st_size for f in data) / 1e6, "cores": cores()}
    with tempfile.TemporaryDirectory() as cache:
        report["import_s"] = _child(_IMPORT, cache)
        report["train_cold_cache"] = _child(_TRAIN, cache)
        report["train_warm_cache"] = _child(_TRAIN, cache)
        report["scenes_on_one_core"] = _child(_SCENES, cache)
        report["decoding"] = _child(_MEASURED, cache, "course_utils.instructor.bench_decoding")
        for state in ("cold", "warm"):
            report[f"llava_{state}_cache"] = _child(_LLAVA, f"{cache}/llava", COURSE_FAST="1")
        if importlib.util.find_spec("torch"):  # the extra ``parity``
            report["llava_beside_torch"] = _child(_MEASURED, cache, "course_utils.instructor.against_torch")
        report["training_the_glue"] = _child(_MEASURED, cache, "course_utils.experiments.flamingo.cost")
    report["world"] = questions_per_second()
    report["notebooks"] = {}
    for path in sorted((ROOT / "solutions").glob("*/[0-9][0-9]_*.ipynb")):
        figures = report["notebooks"][path.stem] = {}
        for mode in ("fast", "full"):
            with tempfile.TemporaryDirectory() as cache:
                for state in ("cold", "warm"):
                    figures[f"{mode}_{state}_s"], figures[f"{mode}_programs"] = _notebook(path, cache, mode == "fast")
        figures["bytes"] = bytes_by_folder(path.stem[:2], TOPICS[path.stem[:2]])
    report["tests_s"] = seconds_of_tests()
    return report


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    print(json.dumps(short(measure()), indent=2))
