"""The completion scripts, in the shells they are for."""

import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support import PATIENCE, Terminal, run

# What is typed, and what it becomes.
COMPLETED = (
    ("symphony ca", "symphony call"),
    ("symphony --ver", "symphony --version"),
    ("symphony call --pr", "symphony call --priority"),
    ("symphony call x.y --js", "symphony call x.y --json"),
    ("symphony call --log-level de", "symphony call --log-level debug"),
    ("symphony serve --li", "symphony serve --listen"),
    ("symphony check -c conf", "symphony check -c config.yaml"),
    ("symphony check --config conf", "symphony check --config config.yaml"),
    ("symphony breakers cl", "symphony breakers close"),
    ("symphony alert te", "symphony alert test"),
    ("symphony completion z", "symphony completion zsh"),
)


class Completion(unittest.TestCase):
    shell = None

    def setUp(self):
        self.program = shutil.which(self.shell)
        if not self.program:
            self.skipTest(f"no {self.shell}")
        home = tempfile.TemporaryDirectory(prefix="symphony-test-")
        self.addCleanup(home.cleanup)
        self.home = pathlib.Path(home.name)
        (self.home / "config.yaml").touch()
        # zsh looks for functions in files of their name.
        self.script = self.home / "functions" / "_symphony"
        self.script.parent.mkdir()
        self.script.write_bytes(run(["completion", self.shell]).out)

    def ask(self, code):
        """What `code` prints in the shell, which reads nothing of the user's own."""
        plain = {"bash": ["--norc", "--noprofile"], "fish": ["--no-config"], "zsh": ["-f"]}
        done = subprocess.run([self.program, *plain[self.shell], "-c", code], cwd=self.home,
                              env={"PATH": "/usr/bin:/bin", "HOME": str(self.home)},
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def syntax_is_right(self):
        done = subprocess.run([self.program, "-n", self.script], capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, b"", b""))


class Bash(Completion):
    shell = "bash"

    def offered(self, line):
        words = line.split(" ")
        listed = " ".join(f"'{word}'" for word in words)
        return self.ask(f"source '{self.script}'\nCOMP_WORDS=({listed})\n"
                        f"COMP_CWORD={len(words) - 1}\n_symphony\n"
                        "printf '%s\\n' \"${COMPREPLY[@]}\"").splitlines()

    def test_syntax(self):
        self.syntax_is_right()

    def test_completes(self):
        for typed, whole in COMPLETED:
            with self.subTest(typed=typed):
                self.assertEqual(self.offered(typed), [whole.rsplit(" ", 1)[1]])

    def test_lists(self):
        self.assertLessEqual({"call", "serve", "check", "--help"}, set(self.offered("symphony ")))
        self.assertLessEqual({"list", "open", "close", "auto"},
                             set(self.offered("symphony breakers ")))


class Fish(Completion):
    shell = "fish"

    def offered(self, line):
        text = self.ask(f"source '{self.script}'; complete -C '{line}'")
        return [row.split("\t")[0] for row in text.splitlines()]

    def test_syntax(self):
        self.syntax_is_right()

    def test_completes(self):
        for typed, whole in COMPLETED:
            with self.subTest(typed=typed):
                self.assertEqual(self.offered(typed), [whole.rsplit(" ", 1)[1]])

    def test_lists(self):
        self.assertLessEqual({"call", "serve", "check"}, set(self.offered("symphony ")))
        self.assertEqual(self.offered("symphony breakers "), ["auto", "close", "list", "open"])


class Zsh(Completion):
    """It completes in its line editor only: a terminal, and a key that shows what the line became."""

    shell = "zsh"
    SETUP = """
        unsetopt prompt_sp
        fpath=('{functions}' $fpath)
        autoload -Uz compinit && compinit -u -D
        finish() {{ zle expand-or-complete; print -r -- "<<$BUFFER>>"; BUFFER=; zle reset-prompt }}
        zle -N finish
        bindkey '^X' finish
        print is 'ready'
    """

    def editor(self):
        setup = self.home / "setup"
        setup.write_text(self.SETUP.format(functions=self.script.parent))
        shell = Terminal(self, command=[self.program, "-f", "-i"],
                         env={"TERM": "dumb", "HOME": str(self.home)})
        shell.type(f"cd '{self.home}'; . ./setup\n")
        shell.wait_for("is ready\r?\n")
        return shell

    def test_syntax(self):
        self.syntax_is_right()

    def test_completes(self):
        shell = self.editor()
        for typed, whole in COMPLETED:
            with self.subTest(typed=typed):
                shell.type(typed + "\x18")
                self.assertEqual(shell.wait_for(r"<<(.*)>>").group(1).rstrip(), whole)

    def test_lists(self):
        shell = self.editor()
        shell.type("symphony breakers \t")
        shell.wait_for(r"auto +close +list +open")
        shell.type("\x15symphony \t")
        shell.wait_for(r"call +-- Make one managed call")


if __name__ == "__main__":
    unittest.main()
