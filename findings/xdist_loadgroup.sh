#!/bin/sh
# pytest 9.2.0 with pytest-xdist 3.8.0: --dist loadgroup ignores every xdist_group mark, and says nothing.
#
# Expected: tests with one mark run on one worker, as with pytest 9.0.2 and the same xdist.
# Seen: they are spread over all workers, so that a fixture of module or class scope is made once for each.
# xdist writes the group behind the test's id, into the attribute _nodeid of the item; pytest 9.2 no longer reads it.
#
# Installs both releases in a temporary folder; exits 1 if either behaves otherwise.
set -e
python=${PYTHON:-$(sh "$(dirname "$0")/../tools/python.sh")}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/test_group.py" <<'PY'
import os, time
import pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("k", range(8))
def test_where(k):
    time.sleep(0.2)
    with open(os.environ["WORKERS"], "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + "\n")
PY
for pin in 9.0.2 9.2.0; do
    "$python" -m venv "$folder/venv"
    "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "pytest==$pin" pytest-xdist==3.8.0
    (cd "$folder" && WORKERS="$folder/workers-$pin" venv/bin/python -m pytest -q -n 2 --dist loadgroup test_group.py >/dev/null)
    echo "pytest $pin: one group on $(sort -u "$folder/workers-$pin" | wc -l) worker(s)"
    rm -rf "$folder/venv"
done | tee "$folder/output"
printf 'pytest 9.0.2: one group on 1 worker(s)\npytest 9.2.0: one group on 2 worker(s)\n' | cmp - "$folder/output" &&
    echo "As seen on 29 November 2026."
