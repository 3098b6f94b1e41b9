#!/usr/bin/env bash
# Measures Symphony beside its peers and writes docs/benchmarks.md. `make bench` calls it.
#
#   bench/peers/run.sh [--build DIR] [--callgrind]
#
#   --build DIR      the build with SYMPHONY_BUILD_BENCH=ON (default build/bench)
#   --callgrind      count instructions per request too (valgrind; slow, but free of noise)
#   BENCH_REQUESTS   requests per client and round (200000)
#   BENCH_ROUNDS     alternating rounds (5)
#   BENCH_QUICK=1    20000 requests, 2 rounds: to see that it works, not to quote
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
if [[ ! -d $here/node/node_modules ]]; then
    (cd "$here/node" && npm install --no-audit --no-fund --no-package-lock --loglevel=error)
fi
exec python3 -B "$here/measure.py" "$@"
