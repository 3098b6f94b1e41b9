#!/usr/bin/env bash
# All checks that are not tests, the quick ones first. Goes on after a failure and names what failed.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()
run() {
    local name=$1 started=$SECONDS
    shift
    if "$@"; then
        echo "check: $name: ok ($((SECONDS - started)) s)"
    else
        echo "check: $name: FAILED" >&2
        failed+=("$name")
    fi
}

run format tools/check_format.sh
run layers tools/check_layers.py
run text tools/check_text.py
run headers tools/check_headers.sh
run clang-tidy tools/check_tidy.py

if [[ ${#failed[@]} -gt 0 ]]; then
    echo "check: failed: ${failed[*]}" >&2
    exit 1
fi
echo "check: all ok"
