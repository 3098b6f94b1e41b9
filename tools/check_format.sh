#!/usr/bin/env bash
# Every C++ file is as .clang-format has it. Remedy: tools/check_format.sh --fix
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/files.sh
mode=(--dry-run --Werror)
[[ ${1:-} == --fix ]] && mode=(-i)
project_files '*.cpp' '*.hpp' | xargs -0 -r clang-format-19 "${mode[@]}" || {
    echo "check_format: remedy: tools/check_format.sh --fix" >&2
    exit 1
}
