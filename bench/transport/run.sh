#!/usr/bin/env bash
# Measures the transport and the gateway's server side beside their peers and writes the section
# "Transport" of docs/benchmarks.md. `make bench` calls it.
#
#   bench/transport/run.sh [--build DIR] [--only PART]
#
#   BENCH_REQUESTS   requests per client and round (100000)
#   BENCH_ROUNDS     alternating rounds (5)
#   BENCH_QUICK=1    short runs: to see that it works, not to quote
set -euo pipefail
exec python3 -B "$(cd "$(dirname "$0")" && pwd)/measure.py" "$@"
