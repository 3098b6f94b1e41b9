#!/usr/bin/env bash
# Every public header compiles alone, with nothing before it, and twice in a row.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/files.sh
export CXX=${CXX:-clang++-19}
compile_alone() {
    local name=${1#include/}
    printf '#include "%s"\n#include "%s"\n' "$name" "$name" |
        "$CXX" -std=c++23 -fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Werror -Iinclude \
            -DBOOST_ASIO_SEPARATE_COMPILATION -DBOOST_BEAST_SEPARATE_COMPILATION \
            -DBOOST_ASIO_NO_DEPRECATED -x c++ - || {
        echo "check_headers: $1 does not compile alone: include what it uses" >&2
        return 1
    }
}
export -f compile_alone
project_files 'include/*.hpp' | xargs -0 -r -n 1 -P "$(nproc)" bash -c 'compile_alone "$1"' _ || exit 1
