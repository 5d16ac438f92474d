#!/bin/sh
# tools/venv.sh lab|test|colab: makes the environment for that purpose unless it is there and pyproject.toml is unchanged.
#   lab    .venv        the course, JupyterLab, the instructor's tools
#   test   .venv        the same and what the tests need: newest releases
#   colab  .venv-colab  Colab's frozen pins, on its Python where one runs, and what runs notebooks; the course itself comes by PYTHONPATH
set -e
cd "$(dirname "$0")/.."
wanted=
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
case "$1" in
    lab) folder=.venv; set -- lab -e ".[lab,instructor]" ;;
    test) folder=.venv; set -- test -e ".[lab,instructor,test]" ;;
    colab) folder=.venv-colab; wanted=python3.13; set -- colab -r tests/colab-pins.txt pytest pytest-xdist nbval nbclient hatchling ;;
    *) echo "usage: tools/venv.sh lab|test|colab" >&2; exit 2 ;;
esac
purpose=$1; shift
state=$(cat pyproject.toml tests/colab-pins.txt tools/venv.sh | cksum | cut -d ' ' -f 1)
[ -f "$folder/made-for-$purpose-$state" ] && exit 0
python=$(sh tools/python.sh $wanted)
if [ "$("$folder/bin/python" -V 2>/dev/null)" != "$("$python" -V)" ]; then
    echo "Setting up $folder with $("$python" -V) ($python). This takes a few minutes, once."
    rm -rf "$folder"
    "$python" -m venv "$folder"
fi
"$folder/bin/python" -m pip install --quiet "$@" ||
    { echo "Setting up $folder failed: check the internet connection and run this again." >&2; exit 1; }
: > "$folder/made-for-$purpose-$state"
if [ "$purpose" = test ]; then : > "$folder/made-for-lab-$state"; fi
