"""docs/benchmarks.md, section by section: each bench writes its own and leaves the others alone."""

import re


def put_section(path, text):
    """Replaces the section that begins with the first line of `text`, or adds it at the end."""
    old = path.read_text() if path.exists() else ""
    title = re.escape(text.split("\n", 1)[0])
    rest = re.sub(rf"\n*^{title}\n.*?(?=^## |\Z)", "\n\n", old, flags=re.M | re.S)
    path.write_text(rest.rstrip("\n") + "\n\n" + text)


def put_first(path, text):
    """Replaces all before and between the sections that other benches wrote."""
    old = path.read_text() if path.exists() else ""
    kept = re.findall(r"^## (?:Transport|Rate limits|Circuit breakers|Single decisions)\n.*?(?=^## |\Z)", old, flags=re.M | re.S)
    path.write_text("\n\n".join(part.rstrip("\n") for part in [text, *kept]) + "\n")
