#!/bin/sh
# tools/python.sh [NAME]: prints the best Python that really runs: NAME (python3.13) if it does, else 3.12 or 3.13, else a later one.
# A command of that name may be a shim that fails, so every candidate is run; pyenv's versions are tried by path.
candidates() {
    [ -n "$PYTHON" ] && echo "$PYTHON"
    for name in python3.12 python3.13 python3 python3.14; do command -v "$name"; done
    ls -d "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-4]*/bin/python 2>/dev/null
}
runs() {  # runs PATH CONDITION-ON-v
    "$1" -c "import ensurepip, ssl, sys, venv; v = sys.version_info[:2]; sys.exit(not ($2))" >/dev/null 2>&1 </dev/null
}
for condition in ${1:+"v == (3, ${1#python3.})"} "(3, 12) <= v <= (3, 13)" "v >= (3, 14)"; do
    for python in $(candidates); do
        if runs "$python" "$condition"; then
            echo "$python"
            exit 0
        fi
    done
done
echo "No Python 3.12 or 3.13 with venv runs here: install one (python.org, or your system's python3 and python3-venv)." >&2
exit 1
