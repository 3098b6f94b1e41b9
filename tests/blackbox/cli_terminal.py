"""What a terminal gets and a pipe does not: colours, and a table that is redrawn in place."""

import unittest

from support import Terminal, endpoint, run, start, tools, write_config

COLOUR = r"\x1b\[\d+m"
UP = r"\x1b\[\d+A"


class Colours(unittest.TestCase):
    def complaint(self, env=None, only=None):
        return Terminal(self, ["bogus"], env=env, only=only).read_to_end()

    def log(self, env=None, only=None):
        file = write_config(self, tools(shop={"api": endpoint("http://127.0.0.1:1/")}))
        shown = Terminal(self, ["call", "-c", file, "shop.api", "--log-level", "trace"], env=env,
                         only=only)
        return shown.read_to_end()

    def test_a_terminal_has_them(self):
        for only in (None, "stderr"):
            self.assertIn("\x1b[31msymphony:\x1b[0m there is no command 'bogus'",
                          self.complaint(only=only))
            self.assertRegex(self.log(only=only), COLOUR)

    def test_not_where_no_color_says_so_or_the_terminal_has_none(self):
        for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            with self.subTest(env=env):
                for text in (self.complaint(env), self.log(env)):
                    self.assertIn("symphony: ", text)
                    self.assertNotIn("\x1b", text)

    def test_not_in_a_pipe(self):
        got = run(["bogus"], env={"TERM": "xterm", "NO_COLOR": ""})
        self.assertTrue(got.err.startswith("symphony: there is no command"), got.err)


class Demo(unittest.TestCase):
    """Its first phase; the whole story is told in `cli_misc`."""

    def test_is_redrawn_in_place_and_in_colour(self):
        shown = Terminal(self, ["demo"])
        shown.wait_for(COLOUR)
        for _ in range(3):
            shown.wait_for(UP)
        shown.wait_for(COLOUR + r"closed *\x1b\[0m")

    def test_is_redrawn_without_colour_where_no_color_says_so(self):
        shown = Terminal(self, ["demo"], env={"NO_COLOR": "1"})
        seen = shown.wait_for(r"(?s)\A.*?" + UP).group() + shown.wait_for(r"(?s)\A.*?" + UP).group()
        self.assertNotRegex(seen, COLOUR)

    def test_is_plain_lines_on_a_terminal_that_cannot(self):
        shown = Terminal(self, ["demo"], env={"TERM": "dumb"})
        self.assertNotIn("\x1b", shown.wait_for(r"(?s)\A.*\n# [^\n]+\n.*?\n# ").group())

    def test_is_plain_lines_in_a_pipe(self):
        process = start(self, ["demo"], env={"TERM": "xterm", "NO_COLOR": ""})
        lines = []
        while sum(line.startswith(b"# ") for line in lines) < 2:  # one phase is over
            lines.append(process.stdout.readline())
            self.assertTrue(lines[-1], lines)
        self.assertNotIn(b"\x1b", b"".join(lines))


if __name__ == "__main__":
    unittest.main()
