"""docs/benchmarks.md, section by section: each bench writes its own and leaves the others alone."""

import re


def put_section(path, text):
    """Replaces the section that begins with the first line of `text`, or adds it at the end."""
    old = path.read_text() if path.exists() else ""
    title = re.escape(text.split("\n", 1)[0])
    found = re.search(rf"^{title}\n.*?(?=^## |\Z)", old, flags=re.M | re.S)
    begin, end = found.span() if found else (len(old), len(old))
    parts = [old[:begin], text, old[end:]]
    path.write_text("\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n")


def put_first(path, text):
    """Replaces all before and between the sections that other benches wrote."""
    old = path.read_text() if path.exists() else ""
    kept = re.findall(r"^## (?:Transport|Rate limits|Circuit breakers|Single decisions)\n.*?(?=^## |\Z)", old, flags=re.M | re.S)
    path.write_text("\n\n".join(part.rstrip("\n") for part in [text, *kept]) + "\n")
