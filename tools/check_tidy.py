#!/usr/bin/env python3
"""clang-tidy over the project's sources, several at a time.

What was found clean is remembered in build/check/tidy under a hash of the source, every project
header it includes, its flags and .clang-tidy, so that a second run looks at changed files only.
Usage: tools/check_tidy.py [FILE...]     (default: all of src, apps and examples)
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
CACHE = ROOT / "build" / "check" / "tidy"
TIDY = os.environ.get("CLANG_TIDY", "clang-tidy-19")
FOLDERS = ("src/", "apps/", "examples/")
INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def compile_commands():
    """{path: command} of this project's translation units."""
    subprocess.run(["cmake", "--preset", "release", "--log-level=ERROR"], cwd=ROOT, check=True,
                   stdout=subprocess.DEVNULL)
    database = BUILD / "compile_commands.json"
    commands = {}
    for entry in json.loads(database.read_text()):
        path = pathlib.Path(entry["file"])
        if path.is_relative_to(ROOT):
            commands[str(path.relative_to(ROOT))] = entry["command"]
    return commands


def wanted_files(commands, arguments):
    if arguments:
        return sorted(arguments)
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.cpp"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return sorted(f for f in set(tracked) & set(commands)
                  if f.startswith(FOLDERS) and (ROOT / f).is_file())


def resolve(name, includer):
    for base in (ROOT / "include", ROOT / "src", ROOT / "apps", includer.parent, ROOT / "tests"):
        if (base / name).is_file():
            return base / name
    return None


def closure(path):
    """The file and every project header it reaches, by reading their include lines."""
    seen, stack = {}, [path]
    while stack:
        current = stack.pop()
        if current in seen:
            continue
        seen[current] = current.read_bytes()
        for name in INCLUDE.findall(seen[current].decode(errors="replace")):
            found = resolve(name, current)
            if found:
                stack.append(found)
    return seen


def key_of(name, command, version):
    digest = hashlib.sha256(version + (ROOT / ".clang-tidy").read_bytes() + command.encode())
    for path, content in sorted(closure(ROOT / name).items()):
        digest.update(str(path).encode() + b"\0" + hashlib.sha256(content).digest())
    return digest.hexdigest()


def check(name):
    started = time.monotonic()
    done = subprocess.run([TIDY, "--quiet", "-p", str(BUILD), name], cwd=ROOT,
                          capture_output=True, text=True)
    return name, done.returncode, done.stdout.strip(), done.stderr, time.monotonic() - started


def main():
    commands = compile_commands()
    version = subprocess.run([TIDY, "--version"], check=True, capture_output=True).stdout
    CACHE.mkdir(parents=True, exist_ok=True)
    keys, todo = {}, []
    files = wanted_files(commands, sys.argv[1:])
    for name in files:
        keys[name] = key_of(name, commands.get(name, ""), version)
        if not (CACHE / keys[name]).exists():
            todo.append(name)

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for name, status, out, err, seconds in pool.map(check, todo):
            if status == 0:
                (CACHE / keys[name]).touch()
            else:
                failed += 1
                print(out or err, file=sys.stderr)
            if os.environ.get("VERBOSE"):
                print(f"{seconds:6.1f} s  {name}", file=sys.stderr)
    print(f"check_tidy: {len(files)} files, {len(files) - len(todo)} unchanged, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
