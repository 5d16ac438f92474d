#!/bin/sh
# tools/test.sh [full]: every test, on the newest releases (.venv) and on Colab's frozen pins (.venv-colab).
# On the frozen pins runs what a release can change (models, training, notebooks, right answers); the markers in
# pyproject.toml say which tests run where. "full" leaves nothing out on either, and runs the notebooks in full.
cd "$(dirname "$0")/.." || exit 1
unset COURSE_GRADING_SEED COURSE_FAST MPLBACKEND PYTHONPATH PYTHONDONTWRITEBYTECODE  # tests set COURSE_FAST themselves
export JUPYTER_PREFER_ENV_PATH=1 PYDEVD_DISABLE_FILE_VALIDATION=1
export JUPYTER_PATH="$PWD/tests/jupyter"  # holds the kernel "fast"
# All processes of a run share one cache of compiled programs for each of the two; the next run finds it.
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS=0 JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES=-1
if [ "$1" = full ]; then
    notebooks="in full" kernel=python3 newest="" colab=""
else
    notebooks="in fast mode" kernel=fast newest="not colab and not full" colab="not newest and not full"
fi
logs=$(mktemp -d)
failed=0

sh tools/venv.sh colab > "$logs/colab" 2>&1 &
colab_made=$!
sh tools/venv.sh test || exit 1
wait $colab_made || { cat "$logs/colab"; exit 1; }

step() {  # step NAME COMMAND...: runs it, keeps its closing line
    name=$1; shift
    echo "--- $name"
    { "$@" 2>&1 </dev/null; echo $? > "$logs/status"; } | tee "$logs/output"
    [ "$(cat "$logs/status")" = 0 ] || failed=1
    echo "$name: $(tail -n 1 "$logs/output")" >> "$logs/closing"
}

version() { "$1/bin/python" -c "import sys, jax, flax; print(f'Python {sys.version_info[0]}.{sys.version_info[1]}, jax {jax.__version__}, flax {flax.__version__}')"; }

# Three workers for two cores: some tests wait for a kernel, or for an endless loop to be stopped.
tests="-m pytest -n 3 --dist loadscope --no-loadscope-reorder --durations=12"
new="newest releases ($(version .venv))"
old="Colab's frozen pins ($(version .venv-colab))"
# $tests is several words
step "$new: tests, and solution notebooks $notebooks" env JAX_COMPILATION_CACHE_DIR="$PWD/.jax_cache/newest" \
    .venv/bin/python $tests --junitxml=build/tests-newest.xml -m "$newest" --nbval-lax --nbval-cell-timeout=600 --nbval-kernel-name="$kernel" tests solutions
step "$old: tests, and released notebooks in fast mode" env JAX_COMPILATION_CACHE_DIR="$PWD/.jax_cache/colab" PYTHONPATH="$PWD" \
    .venv-colab/bin/python $tests --junitxml=build/tests-colab.xml -m "$colab" tests
if [ "$1" = full ]; then
    step "$old: solution notebooks $notebooks" env JAX_COMPILATION_CACHE_DIR="$PWD/.jax_cache/colab" PYTHONPATH="$PWD" \
        .venv-colab/bin/python $tests --nbval-lax --nbval-cell-timeout=600 solutions
fi

echo "--- In short"
cat "$logs/closing"
case "$old" in
    *"Python 3.13"*) ;;
    *) echo "Colab has Python 3.13: none runs here, so its pins were tested on another." ;;
esac
rm -rf "$logs"
exit $failed
