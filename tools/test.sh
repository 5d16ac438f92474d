#!/bin/sh
# tools/test.sh [full]: every test, on the newest releases (.venv) and on Colab's frozen pins (.venv-colab).
# The frozen stack has no nbgrader (it would replace Colab's ipython), so there the instructor's tests skip themselves.
cd "$(dirname "$0")/.." || exit 1
unset COURSE_GRADING_SEED MPLBACKEND PYTHONPATH
export PYTHONDONTWRITEBYTECODE=1 JUPYTER_PREFER_ENV_PATH=1 PYDEVD_DISABLE_FILE_VALIDATION=1
if [ "$1" = full ]; then
    unset COURSE_FAST
    notebooks="in full"
else
    export COURSE_FAST=1
    notebooks="in fast mode"
fi
logs=$(mktemp -d)
failed=0

sh tools/venv.sh colab > "$logs/colab" 2>&1 &
colab=$!
sh tools/venv.sh test || exit 1
wait $colab || { cat "$logs/colab"; exit 1; }

step() {  # step NAME COMMAND...: runs it, keeps its closing line
    name=$1; shift
    echo "--- $name"
    { "$@" 2>&1 </dev/null; echo $? > "$logs/status"; } | tee "$logs/output"
    [ "$(cat "$logs/status")" = 0 ] || failed=1
    echo "$name: $(tail -n 1 "$logs/output")" >> "$logs/closing"
}

version() { "$1/bin/python" -c "import sys, jax, flax; print(f'Python {sys.version_info[0]}.{sys.version_info[1]}, jax {jax.__version__}, flax {flax.__version__}')"; }

new="newest releases ($(version .venv))"
old="Colab's frozen pins ($(version .venv-colab))"
# The tests set COURSE_FAST themselves where they run notebooks.
step "$new: tests" env -u COURSE_FAST .venv/bin/python -m pytest -n 2 --dist loadscope --durations=8 tests
step "$new: solution notebooks $notebooks" .venv/bin/python -m pytest -n 2 --dist loadscope --nbval-lax --nbval-cell-timeout=600 solutions
step "$old: tests" env -u COURSE_FAST PYTHONPATH="$PWD" .venv-colab/bin/python -m pytest -n 2 --dist loadscope --durations=8 tests
step "$old: solution notebooks $notebooks" env PYTHONPATH="$PWD" .venv-colab/bin/python -m pytest -n 2 --dist loadscope --nbval-lax --nbval-cell-timeout=600 solutions

echo "--- In short"
cat "$logs/closing"
case "$new" in
    *"Python 3.11"*) echo "Skipped: no Python 3.12 or 3.13 runs here, so the newest JAX and Flax (3.12 or later) are not tested." ;;
esac
rm -rf "$logs"
exit $failed
