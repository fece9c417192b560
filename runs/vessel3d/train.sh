#!/bin/sh
# Make vessel3d from nothing: sh runs/vessel3d/train.sh RUNS; about an hour and a half on two cores.
set -eu
here=$(dirname "$0")
export OMP_WAIT_POLICY=passive OMP_NUM_THREADS=1
lumenfield train --stream "$here/first_recipe.toml" -o "$1/first" --config "$here/first.toml"
lumenfield train --stream any -o "$1/second" --config "$here/second.toml" --set start="$1/first"
