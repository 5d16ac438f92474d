"""What the machine can do, and a doctor that names each problem with its remedy."""

import importlib.metadata
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import jax
import numpy as np
import pytest
from flax import nnx

from course_utils import paths, runtime
from course_utils.cores import cores
from course_utils.nn import init
from course_utils.nn.linear import Linear

ROOT = Path(__file__).resolve().parents[1]


def test_fast_mode_takes_few_steps(monkeypatch):
    monkeypatch.setenv("COURSE_FAST", "1")
    assert runtime.preset().name == "fast" and runtime.steps(300) <= 10 and runtime.steps(1) == 1
    monkeypatch.setenv("COURSE_FAST", "0")
    assert runtime.steps(300) == 300


def test_an_accelerator_gets_the_larger_preset(monkeypatch):
    monkeypatch.delenv("COURSE_FAST", raising=False)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert runtime.preset() is runtime.LARGE and runtime.steps(300) > 300


def test_cores_are_counted_where_the_system_knows_no_affinity(monkeypatch):
    assert 1 <= cores() <= os.cpu_count()
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert cores() == os.cpu_count() and "cores" in runtime.describe()


def test_floors_are_those_of_pyproject():
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    for package, floor in runtime.FLOORS.items():
        assert f"{package}>={floor}" in declared


def test_a_healthy_installation_has_no_problem(monkeypatch, tmp_path):
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path))
    assert runtime.doctor() == []


@pytest.mark.parametrize(
    "have, floor, older",
    [("0.7.1", "0.7.1", False), ("0.7.0", "0.7.1", True), ("0.12", "0.7.1", False), ("2.0.2rc1", "2.0", False), ("7.6.9", "7.7", True)],
)
def test_versions_compare_as_numbers(have, floor, older):
    assert runtime._older(have, floor) is older


def test_the_doctor_names_an_old_package_a_missing_one_and_altered_data(monkeypatch, tmp_path):
    real = importlib.metadata.version

    def version(package):
        if package == "einops" or package == "optax":
            raise importlib.metadata.PackageNotFoundError(package)
        return "0.6.0" if package == "jax" else real(package)

    monkeypatch.setattr(importlib.metadata, "version", version)
    (tmp_path / "CHECKSUMS.json").write_text('{"a.bin": "00"}')
    (tmp_path / "a.bin").write_bytes(b"altered")
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path)
    text = "\n".join(runtime.doctor())
    assert "jax 0.6.0 is older than 0.7.1" in text and "pip install -U 'jax>=0.7.1'" in text
    assert "optax is not installed" in text
    assert "a.bin was altered" in text and "git checkout -- data" in text


def test_data_files_are_trusted_only_when_listed_and_unaltered(monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "data_dir", lambda: tmp_path)
    (tmp_path / "CHECKSUMS.json").write_text('{"gone.bin": "00"}')
    with pytest.raises(FileNotFoundError, match=r"gone\.bin is missing .* install the course again"):
        paths.data_file("gone.bin")
    (tmp_path / "stray.bin").write_bytes(b"x")
    with pytest.raises(ValueError, match="not listed"):
        paths.data_file("stray.bin")


def test_the_compilation_cache_is_filled(tmp_path):
    program = "from course_utils import runtime; runtime.start(); import jax; jax.jit(lambda x: x * 3 + 1)(2.0)"
    env = {"JAX_COMPILATION_CACHE_DIR": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    out = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    assert "preset “small”" in out.stdout and "✗" not in out.stdout
    assert any(tmp_path.iterdir())


def test_an_unwritable_cache_is_no_error(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "file" / "cache"))
    assert runtime.cache_dir() is None and runtime.use_compilation_cache() is None
    assert any("JAX_COMPILATION_CACHE_DIR" in problem for problem in runtime.doctor())


def test_initialisers_have_their_spread_and_follow_the_key():
    layer = Linear(211, 307, rngs=nnx.Rngs(0))
    kernel = np.asarray(layer.kernel[...])
    assert kernel.shape == (211, 307) and kernel.dtype == np.float32
    assert abs(kernel.mean()) < 0.001 and abs(kernel.std() - 211**-0.5) < 0.001
    np.testing.assert_array_equal(kernel, Linear(211, 307, rngs=nnx.Rngs(0)).kernel[...])
    assert not np.array_equal(kernel, Linear(211, 307, rngs=nnx.Rngs(1)).kernel[...])
    assert init.normal(0.5) is init.normal(0.5)
    assert abs(np.std(init.normal(0.3)(jax.random.key(0), (997, 3))) - 0.3) < 0.02


def test_a_model_can_still_be_initialised_inside_a_transformation():
    shapes = nnx.eval_shape(lambda: Linear(5, 7, rngs=nnx.Rngs(0)))
    assert shapes.kernel.shape == (5, 7)
