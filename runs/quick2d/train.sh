#!/bin/sh
# A usable 2-D network from nothing, then its scores: sh runs/quick2d/train.sh RUN; half an hour on two cores.
set -eu
here=$(dirname "$0")
export OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1
lumenfield train --stream seed -o "$1" --config "$here/recipe.toml"
python "$here/score.py" "$1" seed any
