#!/bin/sh
# pycocotools 2.0.11: mask.iou and mask.frPyObjects misread an array of boxes that is not in C order, and say nothing.
#
# Expected: boxes whose columns were put in order (ymin, xmin, height, width → x, y, width, height, by boxes[:, [1, 0, 3, 2]])
# are the same boxes as their list. encode refuses a mask that is not in Fortran order, so boxes in another order might be refused too.
# Seen: indexing with a list along the last axis makes an array in Fortran order; pycocotools checks its shape and type and then reads its
# memory row by row. The first box has an IoU of 0 with itself, and mask.frPyObjects makes masks of other boxes. A list is read rightly,
# and so is what np.ascontiguousarray makes.
#
# Installs pycocotools in a temporary folder (about 80 MB with NumPy); exits 1 if it behaves otherwise.
set -e
python=${PYTHON:-$(sh "$(dirname "$0")/../tools/python.sh")}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pycocotools==2.0.11 numpy==2.4.6
cat > "$folder/boxes.py" <<'PY'
import numpy as np
from pycocotools import mask
boxes = np.array([[0.0, 0, 4, 2], [1, 1, 3, 3], [5, 2, 6, 6]])  # ymin, xmin, height, width
turned = boxes[:, [1, 0, 3, 2]]
for name, given in (("turned", turned), ("list", turned.tolist()), ("C order", np.ascontiguousarray(turned))):
    print(name, mask.iou(given, given, [0] * 3).diagonal().tolist())
for name, given in (("turned", turned), ("C order", np.ascontiguousarray(turned))):
    print(name, mask.toBbox(mask.frPyObjects(given, 20, 20))[1].tolist())
PY
"$folder/venv/bin/python" "$folder/boxes.py" | tee "$folder/output"
cmp - "$folder/output" <<'END' && echo "As seen on 30 November 2026: a box in another order is another box."
turned [0.0, 1.0, 1.0]
list [1.0, 1.0, 1.0]
C order [1.0, 1.0, 1.0]
turned [1.0, 5.0, 2.0, 3.0]
C order [1.0, 1.0, 3.0, 3.0]
END
