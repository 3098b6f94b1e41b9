#!/usr/bin/env bash
# Measures what a dead API still gets to see and how soon traffic is back, writes the section
# "Circuit breakers" of docs/benchmarks.md, and draws its plot. `make bench` calls it.
#
#   bench/circuit/run.sh [--build DIR]
#
#   BENCH_QUICK=1    short runs: to see that it works, not to quote
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
node=$here/../peers/node
if [[ ! -d $node/node_modules ]]; then
    (cd "$node" && npm install --no-audit --no-fund --no-package-lock --loglevel=error)
fi
exec python3 -B "$here/measure.py" "$@"
