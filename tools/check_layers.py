#!/usr/bin/env python3
"""Holds every #include against the layers of ARCHITECTURE.md.

A layer includes itself and the layers listed for it in LAYERS; public headers show only the
standard library and Asio; third-party libraries stay in the layers named in LIBRARIES; clocks,
randomness and the environment are read only where they are injected from. `--self-test` proves
that each rule is enforced.
"""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

BELOW_CALL = {"core", "policy", "telemetry", "net", "store", "auth", "stream", "middleware"}
LAYERS = {  # layer: what it may include beside itself
    "core": set(),
    "policy": {"core"},
    "telemetry": {"core"},
    "net": {"core"},
    "store": {"core", "net", "policy"},
    "auth": {"core", "net"},
    "stream": {"core", "net"},
    "middleware": {"core", "policy", "telemetry", "store"},
    "call": BELOW_CALL,
    "tool": BELOW_CALL | {"call"},
    "config": {"core"},  # and the options headers of every layer: see CONFIG_HEADERS
    "testing": {"core", "net"},
}
CONFIG_HEADERS = re.compile(
    r"symphony/\w+/\w*options\.hpp|symphony/policy/retry\.hpp|symphony/net/headers\.hpp"
    r"|symphony/telemetry/event\.hpp")

# Third-party headers and the layers whose sources may include them; "*" is everywhere but policy.
LIBRARIES = [
    (r"boost/asio/(awaitable|any_io_executor)\.hpp", {"*"}),
    (r"boost/asio[/.]", {"net", "store", "auth", "stream", "call", "tool", "testing", "apps"}),
    (r"boost/(beast|container|core|system|intrusive|optional|utility)[/.]",
     {"net", "store", "stream", "auth", "call", "tool", "testing", "apps"}),
    (r"boost/json", {"core"}),
    (r"boost/url", {"core"}),
    (r"openssl/", {"core", "net", "store", "auth"}),
    (r"hiredis/", {"store"}),
    (r"curl/", {"telemetry"}),
    (r"(zlib|zstd)\.h|brotli/|nghttp2/", {"net", "tests"}),
    (r"yaml-cpp/", {"config"}),
    (r"(jq|jv)\.h", {"config", "middleware"}),
    (r"(spdlog|CLI|prometheus)/", {"apps"}),
    (r"fmt/", {"*"}),
    (r"(gtest|gmock)/", {"tests"}),
]
POSIX = re.compile(r"(sys|netinet|arpa|linux)/|[\w/]+\.h$")
POSIX_LAYERS = {"core", "net", "testing", "apps", "tests"}

# Time, chance and the environment come in through constructors; unit tests never sleep.
BANNED = re.compile(r"\b(?:steady_clock|system_clock|high_resolution_clock)::now\b"
                    r"|\brandom_device\b|\b(?:secure_)?getenv\b|\b(?:this_thread::)?sleep_(?:for|until)\b|\bu?sleep\(")
BANNED_EXEMPT = {"core", "apps"}
SLEEP = re.compile(r"\bsleep_(?:for|until)\b|\bu?sleep\(")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


class Place:
    """Where a file stands: its layer ("apps", "examples" for those) and its kind."""

    def __init__(self, path):
        parts = path.split("/")
        self.path = path
        self.public = parts[0] == "include"
        self.test = parts[:2] == ["tests", "unit"]
        if parts[0] == "include":
            self.layer = parts[2] if len(parts) > 3 else "facade"
        elif parts[0] == "src" and len(parts) > 2:
            self.layer = parts[1]
        elif self.test:
            self.layer = parts[2] if len(parts) > 3 else "tests"
        elif parts[0] in ("apps", "examples"):
            self.layer = parts[0]
        else:
            self.layer = None


def included_layer(name, quoted, place):
    """The layer an include belongs to, or None for the standard library and third parties."""
    if name == "symphony/symphony.hpp":
        return "facade"
    match = re.match(r"symphony/(\w+)/", name)
    if match:
        return match.group(1)
    if quoted:
        first = name.split("/")[0]
        return first if "/" in name and first in LAYERS else place.layer
    return None


def check_project_include(place, name, layer):
    if layer == place.layer:
        return None
    private = not name.startswith("symphony/")
    if place.layer in ("apps", "examples", "facade"):
        if private:
            return f"{place.layer} use public headers only; this one is private to {layer}"
        return None
    if place.layer == "tests":
        return None
    # The pipeline has no public face of its own: the tools on top of it are its only user.
    if (place.layer, layer) == ("tool", "call"):
        return None
    if private and layer in LAYERS and not place.test:
        return (f"this header is private to {layer}: make what {place.layer} needs of it public, "
                f"or move it to a layer both may include")
    if place.test and layer == "testing":
        return None
    if place.layer == "config" and CONFIG_HEADERS.fullmatch(name):
        return None
    if layer in LAYERS.get(place.layer, set()):
        return None
    allowed = ", ".join(sorted(LAYERS.get(place.layer, set()))) or "no other layer"
    return (f"{place.layer} may not include {layer} (only: {allowed}): invert the dependency with "
            f"an interface in {place.layer}, or move the code up to a layer that may")


def check_foreign_include(place, name):
    if "/" not in name and "." not in name:
        return None  # the standard library
    if place.public:
        if name.startswith("boost/asio/") and place.layer != "policy":
            return None
        return ("public headers show only std, boost/asio and our own types: keep this in src/ "
                "behind a private implementation")
    for pattern, layers in LIBRARIES:
        if re.match(pattern, name):
            if place.layer in layers or ("*" in layers and place.layer != "policy"):
                return None
            if place.test or place.layer in ("tests", "examples"):
                return None
            return (f"{name} belongs to {', '.join(sorted(layers))}, not to {place.layer}: reach "
                    f"it through an interface of ours, or name the layer in LIBRARIES with an ADR")
    if POSIX.match(name):
        if place.layer in POSIX_LAYERS or place.test:
            return None
        return f"{place.layer} knows no operating system: move this to net or apps"
    return f"{name} is no known library: name it in LIBRARIES of tools/check_layers.py with an ADR"


def strip_comments(text):
    """Comments and string literals are blanked; lines keep their numbers."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def check_file(path, text):
    """All findings of one file, each as `path:line: what is wrong: remedy`."""
    place = Place(path)
    if place.layer is None:
        return []
    if place.layer not in LAYERS and place.layer not in ("apps", "examples", "facade", "tests"):
        return [f"{path}:1: {place.layer} is no layer of ARCHITECTURE.md: add it to LAYERS there "
                f"and in tools/check_layers.py"]
    findings = []
    code = strip_comments(text).splitlines()
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            quoted, name = match.group(1) == '"', match.group(2)
            layer = included_layer(name, quoted, place)
            fault = (check_project_include(place, name, layer) if layer
                     else check_foreign_include(place, name))
            if fault:
                findings.append(f"{path}:{number}: {fault}")
            continue
        banned = SLEEP if place.test else BANNED
        if place.layer in BANNED_EXEMPT and not place.test:
            continue
        if place.layer in ("examples", "tests"):
            continue
        found = banned.search(code[number - 1]) if number <= len(code) else None
        if found:
            findings.append(f"{path}:{number}: {found.group(0)}: time, chance and the environment "
                            f"come in through constructors (symphony::clock, timers, random)")
    return findings


def project_files():
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "include", "src",
         "apps", "tests/unit", "examples"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [n for n in sorted(set(names))
            if n.endswith((".hpp", ".cpp")) and (ROOT / n).is_file()]


GOOD = [
    ("include/symphony/policy/a.hpp", '#include "symphony/core/time.hpp"\n#include <memory>\n'),
    ("include/symphony/tool/a.hpp", '#include "symphony/net/a.hpp"\n#include <boost/asio/awaitable.hpp>\n'),
    ("src/net/a.cpp", '#include "net/b.hpp"\n#include <boost/beast/http.hpp>\n#include <sys/socket.h>\n'),
    ("src/config/a.cpp", '#include "symphony/call/endpoint_options.hpp"\n#include <yaml-cpp/yaml.h>\n'),
    ("src/core/clock.cpp", "auto t = std::chrono::steady_clock::now();\n"),
    ("src/policy/a.cpp", "// steady_clock::now() is not called here\n"),
    ("tests/unit/policy/a_test.cpp", '#include "policy/gcra.hpp"\n#include <gtest/gtest.h>\n'),
    ("tests/unit/call/a_test.cpp", '#include "symphony/testing/manual_clock.hpp"\n'),
    ("apps/cli/a.cpp", '#include "symphony/config/load.hpp"\n#include <CLI/CLI.hpp>\n'),
]
BAD = [
    ("include/symphony/policy/a.hpp", '#include "symphony/net/headers.hpp"\n'),
    ("include/symphony/policy/a.hpp", "#include <boost/asio/awaitable.hpp>\n"),
    ("include/symphony/net/a.hpp", "#include <boost/beast/http.hpp>\n"),
    ("include/symphony/core/a.hpp", '  #  include "symphony/tool/tool.hpp"\n'),
    ("src/net/a.cpp", '#include "symphony/policy/rate_limiter.hpp"\n'),
    ("src/call/a.cpp", '#include "net/private.hpp"\n'),
    ("src/call/a.cpp", "#include <yaml-cpp/yaml.h>\n"),
    ("src/policy/a.cpp", "#include <fmt/format.h>\n"),
    ("src/policy/a.cpp", "#include <sys/time.h>\n"),
    ("src/policy/a.cpp", "auto t = std::chrono::steady_clock::now();\n"),
    ("src/config/a.cpp", '#include "symphony/call/request.hpp"\n'),
    ("src/config/a.cpp", 'auto* v = std::getenv("X");\n'),
    ("src/tool/a.cpp", '#include "symphony/config/load.hpp"\n'),
    ("src/novel/a.cpp", "\n"),
    ("tests/unit/net/a_test.cpp", '#include "symphony/tool/client.hpp"\n'),
    ("tests/unit/net/a_test.cpp", "std::this_thread::sleep_for(1ms);\n"),
    ("apps/cli/a.cpp", '#include "net/private.hpp"\n'),
    ("src/net/a.cpp", "#include <unheard/of.hpp>\n"),
]


def self_test():
    wrong = [f"refused: {p}: {t!r}" for p, t in GOOD if check_file(p, t)]
    wrong += [f"accepted: {p}: {t!r}" for p, t in BAD if not check_file(p, t)]
    for item in wrong:
        print(f"check_layers: self-test: {item}", file=sys.stderr)
    return not wrong


def main():
    if not self_test():
        return 1
    if "--self-test" in sys.argv:
        return 0
    findings = []
    for name in project_files():
        findings += check_file(name, (ROOT / name).read_text())
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
