#!/bin/sh
# Make vessel3d from nothing: sh runs/vessel3d/train.sh RUNS; budgets of eight hours on two cores. The shipped weights took
# six and a half: stages one, three and four were stopped by hand, which no config can say.
set -eu
here=$(dirname "$0")
export OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1
stage() { # name, recipe, start
    lumenfield train --stream "$2" -o "$runs/$1" --config "$here/$1.toml" ${3:+--set start="$runs/$3"}
}
runs=$1
stage first "$here/first_recipe.toml" ""
stage second any first
stage third any second
stage fourth "$here/fourth_recipe.toml" third
stage fifth "$here/fifth_recipe.toml" fourth
stage sixth "$here/sixth_recipe.toml" fifth
stage seventh "$here/seventh_recipe.toml" sixth
python "$here/average.py" "$runs/sixth" "$runs/seventh" -o "$runs/vessel3d/model.safetensors"
# What certainty is usual, from scans of `choose` that it segments well.
benchmark=$here/../../benchmarks/networks_familiar.py
python "$benchmark" --model "$runs/vessel3d/model.safetensors" --write "$runs/vessel3d/model.safetensors"
