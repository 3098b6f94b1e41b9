#!/usr/bin/env bash
# Runs every fuzz target of build/fuzz for the given number of seconds with its corpus in
# fuzz/corpus/NAME, which new inputs join. A finding ends the run; its input lies in build/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-300}

mapfile -t targets < <(find build/fuzz/fuzz -maxdepth 1 -type f -executable | sort)
[[ ${#targets[@]} -gt 0 ]] || {
    echo "run_fuzz: no targets in build/fuzz/fuzz: run make fuzz" >&2
    exit 1
}
for target in "${targets[@]}"; do
    name=$(basename "$target")
    corpus=fuzz/corpus/$name
    mkdir -p "$corpus"
    echo "== $name, $seconds s"
    dictionary=()
    [[ -f fuzz/$name.dict ]] && dictionary=(-dict="fuzz/$name.dict")
    "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix=build/fuzz/ "${dictionary[@]}" "$corpus"
done
