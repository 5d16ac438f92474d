#!/bin/sh
# jax 0.12.0.1: jnp.asarray of a NumPy array compiles a program, one for every new shape.
#
# Expected: a copy to the device, as with jax 0.7.2 and as jax.device_put does; nothing to compile.
# Seen: jax 0.12.0.1 lifts the array by an operation of its own ("stage"), which like every operation that runs eagerly
# is compiled for each shape and type, some milliseconds each. jax.device_put still compiles nothing, on both.
# So a program that draws many small arrays in NumPy, to save compilations, no longer saves them with jnp.asarray.
#
# Installs the two releases in a temporary folder (about 400 MB); exits 1 if either behaves otherwise.
set -e
python=${PYTHON:-$(sh "$(dirname "$0")/../tools/python.sh")}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/count.py" <<'PY'
import jax, jax.numpy as jnp, numpy as np
seen = []
jax.monitoring.register_event_duration_secs_listener(lambda event, _, **more: seen.append(event))
def programs(put):
    seen.clear()
    for n in range(1, 8):
        put(np.zeros((n, 3), np.float32)).block_until_ready()
    return sum(event.endswith("backend_compile_duration") for event in seen)
print(jax.__version__, "jnp.asarray", programs(jnp.asarray), "device_put", programs(jax.device_put))
PY
for pins in "jax==0.12.0.1 jaxlib==0.12.0.1" "jax==0.7.2 jaxlib==0.7.2"; do
    "$python" -m venv "$folder/venv"
    # shellcheck disable=SC2086
    "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check $pins
    JAX_PLATFORMS=cpu "$folder/venv/bin/python" "$folder/count.py"
    rm -rf "$folder/venv"
done | tee "$folder/output"
printf '0.12.0.1 jnp.asarray 7 device_put 0\n0.7.2 jnp.asarray 0 device_put 0\n' | cmp - "$folder/output" &&
    echo "As seen on 29 November 2026: seven shapes, seven programs, in the newer release only."
