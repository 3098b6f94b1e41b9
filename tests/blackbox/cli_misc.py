"""Help, version, completion, man page, demo."""

import pathlib
import re
import shutil
import subprocess
import time
import unittest

from support import Gateway, run

COMMANDS = ("serve", "call", "check", "limits", "breakers", "demo")


class QuickStart(unittest.TestCase):
    """What `make run` serves."""

    def test_it_answers_where_it_says(self):
        config = pathlib.Path(__file__).resolve().parents[2] / "examples/quickstart/symphony.yaml"
        gateway = Gateway(self, config.read_text(), "--with-demo-api")
        line = gateway.wait_for_line(r"curl http://127\.0\.0\.1:\d+/demo/api/orders/42")
        self.assertIn(f":{gateway.port}/", line)
        got = gateway.request("/demo/api/orders/42")
        self.assertEqual(got.status, 200)
        self.assertEqual(got.json["id"], "42")
        self.assertEqual(gateway.request("/demo/api/status/503").status, 503)
        self.assertEqual(gateway.admin("/v1/status").json["tools"][0]["name"], "demo")


class Help(unittest.TestCase):
    def test_the_whole_program(self):
        got = run(["--help"])
        self.assertEqual(got.code, 0)
        for command in COMMANDS:
            self.assertIn(command, got.text)

    def test_each_command_shows_an_example(self):
        for command in (*COMMANDS, "completion", "man"):
            with self.subTest(command=command):
                got = run([command, "--help"])
                self.assertEqual(got.code, 0)
                self.assertRegex(got.text, rf"(?s)Example.*symphony {command}")

    def test_an_unknown_command_is_named_with_what_was_meant(self):
        for command, said in (("chekc", "did you mean 'check'?"), ("bogus", "there are: call")):
            for more in ([], ["--help"]):
                got = run([command, *more])
                self.assertEqual((got.code, got.out), (2, b""))
                self.assertIn(f"'{command}'", got.err)
                self.assertIn(said, got.err)

    def test_version(self):
        got = run(["--version"])
        self.assertEqual(got.code, 0)
        self.assertRegex(got.text, r"^symphony \d+\.\d+\.\d+\n$")


class Generated(unittest.TestCase):
    def test_completions_name_all_commands(self):
        for shell in ("bash", "zsh", "fish"):
            with self.subTest(shell=shell):
                got = run(["completion", shell])
                self.assertEqual(got.code, 0)
                for command in COMMANDS:
                    self.assertIn(command, got.text)
        self.assertEqual(run(["completion", "tcl"]).code, 2)

    def test_bash_accepts_its_completion(self):
        bash = shutil.which("bash")
        if not bash:
            self.skipTest("no bash")
        script = run(["completion", "bash"]).out
        done = subprocess.run([bash, "-n"], input=script, capture_output=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_the_man_page_has_its_sections(self):
        text = run(["man"]).text
        self.assertRegex(text, r"(?m)^\.TH \"?SYMPHONY\"? \"?1\"?")
        for command in COMMANDS:
            self.assertIn(command, text)


class Demo(unittest.TestCase):
    def test_ends_well_in_time_and_in_plain_lines(self):
        began = time.monotonic()
        got = run(["demo"], env={"NO_COLOR": "1"}, timeout=60)
        took = time.monotonic() - began
        self.assertEqual(got.code, 0, got.text + got.err)
        self.assertLess(took, 30)
        self.assertIsNone(re.search(r"\x1b", got.text), "escape sequences outside a terminal")
        self.assertGreater(len(got.text.splitlines()), 5)


if __name__ == "__main__":
    unittest.main()
