#!/usr/bin/env bash
# Installs with apt what building and testing need and this machine lacks. Quick and silent when
# nothing is missing; safe to run again at any time.
#
#   tools/setup.sh           to build, test and check
#   tools/setup.sh --bench   also the peers that `make bench` compares with
#
# SYMPHONY_SKIP_SETUP=1 makes it do nothing.
set -euo pipefail

packages=(
    clang-19 clang-tidy-19 clang-format-19 libclang-rt-19-dev lld-19  # compiler, sanitizers, checks
    ccache cmake ninja-build pkg-config make python3 ca-certificates curl
    libboost1.81-dev libboost-json1.81-dev libboost-url1.81-dev
    libyaml-cpp-dev libcli11-dev libspdlog-dev libfmt-dev libjq-dev libssl-dev libhiredis-dev
    libcurl4-openssl-dev zlib1g-dev libbrotli-dev libzstd-dev libnghttp2-dev
    libgtest-dev libgmock-dev libbenchmark-dev
    nginx-light tinyproxy-bin redis-server nodejs openssl libfaketime python3-aiosmtpd  # the tests' servers, certificates and clocks
    zsh fish  # what the completions are for
)
bench_packages=(haproxy wrk nghttp2-client npm valgrind strace)

die() {
    echo "setup: $*" >&2
    exit 1
}

# Node.js may have come from elsewhere, with npm inside and in conflict with Debian's npm.
satisfied_otherwise() {
    case $1 in
        nodejs) command -v node >/dev/null ;;
        npm) command -v npm >/dev/null ;;
        nginx-light) [[ -x /usr/sbin/nginx ]] || command -v nginx >/dev/null ;;
        *) return 1 ;;
    esac
}

missing_packages() {
    local installed package
    # dpkg-query fails as soon as one of them is unknown to it, which is the very case asked about.
    installed=$(dpkg-query -W -f=' ${Package} ${db:Status-Status} ' "${packages[@]}" 2>/dev/null) ||
        true
    for package in "${packages[@]}"; do
        [[ $installed == *" $package installed "* ]] || satisfied_otherwise "$package" || echo "$package"
    done
}

# Debian starts a server as soon as its package is installed. Ours are tools of the tests: for the
# time of the installation every start is refused, and what systemd would start at boot is disabled.
refuse_service_starts() {
    [[ -e /usr/sbin/policy-rc.d ]] && return
    printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee /usr/sbin/policy-rc.d >/dev/null
    "${as_root[@]}" chmod +x /usr/sbin/policy-rc.d
    trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
}

disable_new_services() {
    command -v systemctl >/dev/null || return 0
    local service
    for service in nginx redis-server haproxy; do
        if [[ " $* " == *" $service"* ]]; then
            "${as_root[@]}" systemctl disable "$service" >/dev/null 2>&1 || true
        fi
    done
}

[[ -n ${SYMPHONY_SKIP_SETUP:-} ]] && exit 0
case ${1:-} in
    "") ;;
    --bench) packages+=("${bench_packages[@]}") ;;
    *) die "unknown argument '$1' (usage: tools/setup.sh [--bench])" ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    for tool in cmake ninja python3; do
        command -v "$tool" >/dev/null ||
            die "$tool is missing and this is not a Debian system: install the equivalents of:" \
                "${packages[*]}"
    done
    exit 0
fi

mapfile -t missing < <(missing_packages)
[[ ${#missing[@]} -eq 0 ]] && exit 0

as_root=(env)
if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null ||
        die "these packages are missing and there is neither root nor sudo to install them. As" \
            "root, run: apt-get install ${missing[*]}"
    as_root=(sudo)
fi

echo "setup: installing with apt: ${missing[*]}"
refuse_service_starts
"${as_root[@]}" apt-get update -qq ||
    die "apt-get update failed; see above. Then run: apt-get install ${missing[*]}"
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null ||
    die "apt could not install all of: ${missing[*]}. Symphony's packages are those of Debian 12;" \
        "elsewhere install their equivalents and set SYMPHONY_SKIP_SETUP=1."
disable_new_services "${missing[@]}"
echo "setup: done"
