#!/usr/bin/env bash
# Runs every fuzz target of build/fuzz for some seconds, beginning with the corpus checked in under
# fuzz/corpus/NAME. New inputs stay in build/fuzz/corpus/NAME; a finding ends the run and its input
# lies in build/fuzz.
#
#   tools/run_fuzz.sh SECONDS   (300 unless given)
#   tools/run_fuzz.sh merge     adds to the corpora what covers new code, and only that
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:-300}

mapfile -t targets < <(find build/fuzz/fuzz -maxdepth 1 -type f -executable 2>/dev/null | sort)
[[ ${#targets[@]} -gt 0 ]] || {
    echo "run_fuzz: no targets in build/fuzz/fuzz: run make fuzz" >&2
    exit 1
}
for target in "${targets[@]}"; do
    name=$(basename "$target")
    checked_in=fuzz/corpus/$name
    found=build/fuzz/corpus/$name
    mkdir -p "$checked_in" "$found"
    if [[ $mode == merge ]]; then
        "$target" -merge=1 "$checked_in" "$found"
        continue
    fi
    echo "== $name, $mode s"
    dictionary=()
    [[ -f fuzz/$name.dict ]] && dictionary=(-dict="fuzz/$name.dict")
    "$target" -max_total_time="$mode" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix=build/fuzz/ "${dictionary[@]}" "$found" "$checked_in"
done
