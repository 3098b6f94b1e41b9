"""Runs the program under test."""

import dataclasses
import json
import os
import pathlib
import subprocess
import tempfile

BINARY = os.environ.get("SYMPHONY_BIN", "symphony")


@dataclasses.dataclass
class Outcome:
    code: int
    out: bytes
    err: str

    @property
    def text(self):
        return self.out.decode()

    @property
    def json(self):
        return json.loads(self.out)


def _environment(extra):
    env = {k: v for k, v in os.environ.items()
           if not k.startswith("SYMPHONY_") and not k.lower().endswith("_proxy")}
    env.update(extra or {})
    return env


def run(arguments, stdin=b"", env=None, cwd=None, timeout=60):
    """One run to its end."""
    done = subprocess.run([BINARY, *map(str, arguments)], input=stdin, capture_output=True,
                          env=_environment(env), cwd=cwd, timeout=timeout, check=False)
    return Outcome(done.returncode, done.stdout, done.stderr.decode(errors="replace"))


def start(case, arguments, env=None):
    """A run that goes on; killed when `case` ends, whichever way."""
    process = subprocess.Popen([BINARY, *map(str, arguments)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               env=_environment(env))

    def stop():
        if process.poll() is None:
            process.kill()
        process.communicate()

    case.addCleanup(stop)
    return process


def write_config(case, content, name=None):
    """Writes a dictionary (as JSON) or text (YAML unless named) into a directory of its own; returns
    the path."""
    name = name or ("symphony.yaml" if isinstance(content, str) else "symphony.json")
    directory = tempfile.TemporaryDirectory(prefix="symphony-test-")
    case.addCleanup(directory.cleanup)
    path = pathlib.Path(directory.name, name)
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
    return path
