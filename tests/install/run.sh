#!/usr/bin/env bash
# Installs Symphony as a user would and builds and runs a consumer against it.
#
#   run.sh prepare|program|find_package|pkg_config|add_subdirectory
#
# Environment: SOURCE (the repository), BUILD (a finished build), CXX.
set -euo pipefail
here=$SOURCE/tests/install
work=$BUILD/tests/install/work
prefix=$work/prefix

cmake_consumer() {
    local name=$1
    shift
    cmake -S "$here/$name" -B "$work/$name" -G Ninja -DCMAKE_BUILD_TYPE=Release \
        -DCMAKE_CXX_COMPILER="$CXX" "$@"
    cmake --build "$work/$name" --target consumer
    "$work/$name/consumer"
}

case $1 in
    prepare)
        rm -rf "$work"
        cmake --install "$BUILD" --prefix "$prefix" >/dev/null
        DESTDIR=$work/stage cmake --install "$BUILD" --prefix /opt/symphony >/dev/null
        (cd "$prefix" && find . -type f -o -type l) | sort >"$work/installed"
        (cd "$work/stage/opt/symphony" && find . -type f -o -type l) | sort >"$work/staged"
        diff "$work/installed" "$work/staged"
        grep -q '^prefix=/opt/symphony$' "$work"/stage/opt/symphony/lib*/pkgconfig/symphony.pc \
            "$work"/stage/opt/symphony/lib*/*/pkgconfig/symphony.pc 2>/dev/null
        if grep -rlF "$SOURCE" "$work/stage" --include='*.cmake' --include='*.pc' --include='*.hpp'; then
            echo "install: these files name the source directory" >&2
            exit 1
        fi
        ;;
    program)
        "$prefix/bin/symphony" --version
        test -s "$prefix/share/man/man1/symphony.1"
        bash -n "$prefix/share/bash-completion/completions/symphony"
        test -s "$prefix/share/zsh/site-functions/_symphony"
        test -s "$prefix/share/fish/vendor_completions.d/symphony.fish"
        ;;
    find_package)
        cmake_consumer find_package -DCMAKE_PREFIX_PATH="$prefix"
        ;;
    pkg_config)
        mkdir -p "$work/pkg_config"
        PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name symphony.pc)")
        export PKG_CONFIG_PATH
        make -C "$here/pkg_config" consumer OUT="$work/pkg_config" CXX="$CXX"
        "$work/pkg_config/consumer"
        ;;
    add_subdirectory)
        # The flags of our own build, so that ccache knows the objects already.
        launcher=()
        command -v ccache >/dev/null && launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
        cmake_consumer add_subdirectory -DSYMPHONY_SOURCE_DIR="$SOURCE" \
            -DCMAKE_POSITION_INDEPENDENT_CODE=ON "${launcher[@]}"
        ;;
    *)
        echo "run.sh: unknown step '$1'" >&2
        exit 2
        ;;
esac
