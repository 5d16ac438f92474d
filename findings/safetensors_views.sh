#!/bin/sh
# safetensors 0.8.0: save_file writes the memory behind a NumPy view, not the numbers that the view shows.
#
# Expected: a transposed array, or every second column of one, comes back as it was, as with 0.7.0 (or is refused).
# Seen: 0.8.0 takes the shape from the view and the bytes from where its memory begins, without an error: what comes back has
# the right shape and type and the wrong numbers. A model's kernel that is saved transposed is another one after loading.
# np.ascontiguousarray before saving gives the right file with both.
#
# Installs the two releases in a temporary folder (about 70 MB); exits 1 if either behaves otherwise.
set -e
python=${PYTHON:-$(sh "$(dirname "$0")/../tools/python.sh")}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/views.py" <<'PY'
import numpy as np, safetensors
from safetensors.numpy import load, save
table = np.arange(12, dtype=np.float32).reshape(3, 4)
views = {"transposed": table.T, "every second column": table[:, ::2], "rows": table[:2]}
said = [f"{name} {'right' if np.array_equal(load(save({'x': view}))['x'], view) else 'wrong'}" for name, view in views.items()]
copies = all(np.array_equal(load(save({"x": np.ascontiguousarray(view)}))["x"], view) for view in views.values())
print(safetensors.__version__, *said, "copies right" if copies else "copies wrong", sep=", ")
PY
for release in 0.8.0 0.7.0; do
    "$python" -m venv "$folder/venv"
    "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "safetensors==$release" "numpy==2.3.5"
    "$folder/venv/bin/python" "$folder/views.py"
    rm -rf "$folder/venv"
done | tee "$folder/output"
cat > "$folder/expected" <<'SEEN'
0.8.0, transposed wrong, every second column wrong, rows right, copies right
0.7.0, transposed right, every second column right, rows right, copies right
SEEN
cmp "$folder/expected" "$folder/output" && echo "As seen on 30 November 2026: views are written wrong by the newer release only."
