#!/usr/bin/env bash
# Runs the micro benchmarks, the comparison with peers and the runs with shared budgets on the build
# of the `bench` preset, and draws the plots.
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t micro < <(find build/bench/bench/micro -maxdepth 1 -type f -executable 2>/dev/null | sort)
mkdir -p build/bench/results
for program in "${micro[@]}"; do
    "$program" --benchmark_out="build/bench/results/$(basename "$program").json" \
        --benchmark_out_format=json
done
python3 -B bench/micro/report.py
if [[ -x bench/peers/run.sh ]]; then
    bench/peers/run.sh
fi
bench/transport/run.sh
bench/shared/run.sh
bench/circuit/run.sh
if [[ ${BENCH_QUICK:-} != 1 ]]; then
    tools/plot_admissions.py
fi
