#!/usr/bin/env python3
"""Small promises about text: the README shows code that is compiled and run, links in documents
lead somewhere, no file has trailing blanks or tabs, none grows past 500 lines."""

import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_LINES = 500
SNIPPET = "examples/quickstart.cpp"


def project_files():
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    return [name for name in sorted(set(names)) if (ROOT / name).is_file()]


def check_lines(name, text):
    for number, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip():
            yield f"{name}:{number}: trailing blanks"
        if "\t" in line and name.endswith((".cpp", ".hpp", ".py", ".cmake", ".md", ".yaml")):
            yield f"{name}:{number}: a tab; use spaces"
    if text and not text.endswith("\n"):
        yield f"{name}: no newline at the end"
    if name.endswith((".cpp", ".hpp", ".py")):
        count = text.count("\n")
        if count > MAX_LINES:
            yield f"{name}: {count} lines; split it before {MAX_LINES}"


def check_links(name, text):
    without_code = re.sub(r"```.*?```", "", text, flags=re.S)
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", without_code):
        if "://" in target or target.startswith("mailto:"):
            continue
        if not (ROOT / name).parent.joinpath(target).exists():
            yield f"{name}: the link to {target} leads nowhere"


def snippet_of(text):
    """The lines between `// [readme]` and `// [/readme]`, without their common indentation."""
    match = re.search(r"^ *// \[readme\]\n(.*?)^ *// \[/readme\]$", text, flags=re.S | re.M)
    if not match:
        return None
    lines = match.group(1).splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return "\n".join(line[indent:] for line in lines) + "\n"


def check_readme():
    source, readme = ROOT / SNIPPET, ROOT / "README.md"
    if not source.exists() or not readme.exists():
        return
    snippet = snippet_of(source.read_text())
    if snippet is None:
        yield f"{SNIPPET}: has no // [readme] … // [/readme] region"
    elif f"```cpp\n{snippet}```" not in readme.read_text():
        yield f"README.md: its snippet differs from the [readme] region of {SNIPPET}; copy that"


def main():
    findings = list(check_readme())
    for name in project_files():
        if name.startswith("fuzz/corpus/"):
            continue
        try:
            text = (ROOT / name).read_text()
        except UnicodeDecodeError:
            continue
        findings += check_lines(name, text)
        if name.endswith(".md"):
            findings += check_links(name, text)
    for finding in findings:
        print(f"check_text: {finding}", file=sys.stderr)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
