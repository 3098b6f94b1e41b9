#!/usr/bin/env python3
"""clang-tidy over the project's sources, several at a time.

What was found clean is remembered in build/check/tidy under a hash of the source, every project
header it includes, its flags and .clang-tidy, so that a second run looks at changed files only.

Most of the time goes into the headers of the libraries, the same for all. So the files of a folder
are first looked at together, as one file that includes them: a tenth of the time. When something
is found there, or their names clash, fewer are, and what is found in one file alone counts.
Usage: tools/check_tidy.py [FILE...]     (default: all of src, apps and examples)
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "release"
CACHE = ROOT / "build" / "check" / "tidy"
TIDY = os.environ.get("CLANG_TIDY", "clang-tidy-19")
FOLDERS = ("src/", "apps/", "examples/")
BUNDLE = 20
CLASH = r"(?m)^%s:\d+:\d+: error: .*\[clang-diagnostic-error"
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


def tidy(what, *arguments):
    started = time.monotonic()
    done = subprocess.run([TIDY, "--quiet", *arguments], cwd=ROOT, capture_output=True, text=True)
    if os.environ.get("VERBOSE"):
        print(f"{time.monotonic() - started:6.1f} s  {what}", file=sys.stderr)
    return done


def check(name):
    done = tidy(name, "-p", str(BUILD), name)
    return name, done.returncode, done.stdout.strip() or done.stderr


def bundles(names, commands):
    """[(names, command)]: files of one folder with the same flags, at most BUNDLE at a time."""
    alike = {}
    for name in names:
        flags = commands[name].split(" -o ")[0]
        alike.setdefault((str(pathlib.Path(name).parent), flags), []).append(name)
    for (_, flags), members in sorted(alike.items()):
        for at in range(0, len(members), BUNDLE):
            yield members[at:at + BUNDLE], flags


def check_together(names, flags):
    """[(name, status, findings)] of files that can be one."""
    if len(names) < 2:
        return [check(name) for name in names]
    # What several files may have each is no fault of theirs together.
    own = ["--checks=-bugprone-suspicious-include", "--extra-arg=-Wno-shadow",
           f"--config-file={ROOT / '.clang-tidy'}"]
    words = shlex.split(flags)
    compiler = next(at for at, word in enumerate(words) if "clang++" in word)
    with tempfile.NamedTemporaryFile("w", suffix=".cpp") as together:
        together.write("".join(f'#include "{ROOT / name}"\n' for name in names))
        together.flush()
        done = tidy(f"{names[0]} and {len(names) - 1} more", *own, together.name, "--", *words[compiler + 1:])
    if done.returncode == 0:
        return [(name, 0, "") for name in names]
    clashing = [name for name in names if re.search(CLASH % re.escape(str(ROOT / name)), done.stdout)]
    if not 0 < len(clashing) < len(names):
        clashing = names[:len(names) // 2]
    rest = [name for name in names if name not in clashing]
    return check_together(rest, flags) + check_together(clashing, flags)


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
        parts = bundles([name for name in todo if name in commands], commands)
        for part in [pool.submit(check_together, *part) for part in parts]:
            for name, status, findings in part.result():
                if status == 0:
                    (CACHE / keys[name]).touch()
                else:
                    failed += 1
                    print(findings, file=sys.stderr)
    print(f"check_tidy: {len(files)} files, {len(files) - len(todo)} unchanged, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
