#!/bin/sh
# One level more for vessel3d, and three times its weights, trained on: sh runs/deeper/run.sh RUNS; 66 and 118 minutes on
# two cores that other work shared.
set -eu
here=$(dirname "$0")
export OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1
runs=$1
mkdir -p "$runs"
python "$here/widen.py" vessel3d "$runs/start.safetensors" --widths 32 64 96 128 192
lumenfield train --stream "$here/recipe.toml" -o "$runs/deeper" --config "$here/config.toml" --set start="$runs/start.safetensors"
python "$here/widen.py" vessel3d "$runs/wide.safetensors" --widths 48 80 112 160 192
OMP_NUM_THREADS=2 lumenfield train --stream "$here/recipe.toml" -o "$runs/wider" --config "$here/wider.toml" --set start="$runs/wide.safetensors"
