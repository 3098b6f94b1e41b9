#!/usr/bin/env bash
# Measures budgets shared through Redis and writes the section "Rate limits" of docs/benchmarks.md.
# `make bench` calls it.
#
#   bench/shared/run.sh [--build DIR] [--only PART]
#
#   BENCH_SECONDS    length of a run under overload (60)
#   BENCH_QUICK=1    short runs: to see that it works, not to quote
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
node=$here/../peers/node
if [[ ! -d $node/node_modules ]]; then
    (cd "$node" && npm install --no-audit --no-fund --no-package-lock --loglevel=error)
fi
exec python3 -B "$here/measure.py" "$@"
