"""symphony check: every fault at once, each with its place and remedy; what was understood."""

import re
import unittest

from support import run, write_config

GOOD = """\
version: 1
tools:
  - name: orders
    description: Orders service
    externalAPIs:
      api:
        url: https://user:pa55@api.example.com/v2?key=qu3ry
        timeout: 5s
        rateLimit: {maxRequestsPerSecond: 10, maxRequestsPerMinute: 300}
        circuitBreaker: {failureThreshold: 5, resetTimeoutMs: 30000}
        auth: {type: bearer, credentials: {token: "${TOKEN}"}}
        middleware: {error: {retry: {maxAttempts: 3, backoff: exponential}}}
"""


def endpoint_with(block):
    return ("version: 1\ntools:\n  - name: t\n    externalAPIs:\n      e:\n"
            f"        url: http://localhost\n        {block}\n")


class CheckCase(unittest.TestCase):
    def check(self, text, env=None, name="symphony.yaml"):
        self.file = write_config(self, text, name)
        return run(["check", "-c", self.file], env=env)

    def faults(self, text, env=None):
        got = self.check(text, env)
        self.assertEqual(got.code, 2, got.text + got.err)
        return got.err


class Good(CheckCase):
    def test_prints_what_it_understood_without_secrets(self):
        got = self.check(GOOD, {"TOKEN": "t0p-secret"})
        self.assertEqual((got.code, got.err), (0, ""))
        for word in ("orders", "api", "api.example.com"):
            self.assertIn(word, got.text)
        for hidden in ("t0p-secret", "pa55", "qu3ry"):
            self.assertNotIn(hidden, got.text)

    def test_prints_the_chain_outermost_first(self):
        text = self.check(GOOD, {"TOKEN": "x"}).text.lower()
        places = [text.find(word) for word in ("deadline", "retry", "circuit breaker", "rate limit",
                                               "credentials", "transport")]
        self.assertNotIn(-1, places, text)
        self.assertEqual(places, sorted(places), text)

    def test_prints_what_bounds_the_transport(self):
        got = self.check(endpoint_with("http: {firstByteTimeout: 2s, redirects: same-origin, "
                                       "warmConnections: 3}"))
        for words in ("2s to the first byte", "within the origin", "(3 warm)"):
            self.assertIn(words, got.text)

    def test_json_is_the_other_form(self):
        text = ('{"version": 1, "tools": [{"name": "t", "externalAPIs": '
                '{"e": {"url": "http://localhost"}}}]}')
        self.assertEqual(self.check(text, name="symphony.json").code, 0)

    def test_json_is_held_to_it(self):
        for text, line, column, remedy in (
                ('{"version": 1,\n "tools": [],}', 2, 14, "remove the comma"),
                ('{"version": 1, // one\n "tools": []}', 1, 16, "remove the comment"),
                ("{'version': 1}", 1, 2, "double quotes"),
                ("version: 1\n", 1, 1, "write YAML in a file named .yaml")):
            with self.subTest(text=text):
                got = self.check(text, name="symphony.json")
                self.assertEqual(got.code, 2)
                self.assertIn(f"{self.file}:{line}:{column}: no valid JSON: ", got.err)
                self.assertIn(remedy, got.err)

    def test_interpolation(self):
        text = endpoint_with('headers: {a: "${A:-x}", b: "$${B}", c: "${C}"}')
        self.assertEqual(self.check(text, {"C": "1"}).code, 0)
        text = endpoint_with("rateLimit: {maxRequestsPerSecond: \"${N}\"}")
        self.assertEqual(self.check(text, {"N": "5"}).code, 0)

    def test_durations_with_units(self):
        for value in ("250", "250ms", "30s", "5m", "1h"):
            with self.subTest(value=value):
                self.assertEqual(self.check(endpoint_with(f"timeout: {value}")).code, 0)


class Faults(CheckCase):
    def test_all_at_once_each_with_file_line_and_column(self):
        err = self.faults("version: 1\ntools:\n  - name: t\n    externalAPIs:\n      e:\n"
                          "        url: http://localhost\n"
                          "        rateLimit: {maxRequestsPerSecnd: 10}\n"
                          "        timeout: soon\n"
                          "        circuitBreaker: {failureThreshold: 0}\n")
        for line in (7, 8, 9):
            self.assertRegex(err, rf"(?m){re.escape(str(self.file))}:{line}:\d+: ")
        self.assertIn("tools[0].externalAPIs.e.rateLimit.maxRequestsPerSecnd", err)
        self.assertIn("tools[0].externalAPIs.e.timeout", err)
        self.assertIn("tools[0].externalAPIs.e.circuitBreaker.failureThreshold", err)

    def test_a_misspelt_key_names_the_nearest(self):
        err = self.faults(endpoint_with("rateLimit: {maxRequestsPerSecnd: 10}"))
        self.assertRegex(err, r"maxRequestsPerSecond\b")
        self.assertRegex(err, r":7:21: ")

    def test_a_missing_variable_is_named(self):
        self.assertIn("NO_SUCH_VARIABLE", self.faults(endpoint_with(
            'headers: {a: "${NO_SUCH_VARIABLE}"}')))

    def test_missing_variables_show_beside_a_wrong_type(self):
        said = self.faults(endpoint_with('auth: {type: bearr, credentials: {token: "${NO_SUCH}"}}'))
        self.assertIn("did you mean 'bearer'?", said)
        self.assertIn("NO_SUCH", said)

    def test_headers_that_would_be_lost_are_refused(self):
        for name in ("Host", "connection", "Content-Length", "symphony-cost"):
            self.assertIn(f"headers.{name}", self.faults(endpoint_with(f"headers: {{{name}: '1'}}")))

    def test_impossible_values(self):
        for block in ("timeout: -1", "timeout: 0", "rateLimit: {}", "url: 7", "url: ftp://x",
                      "rateLimit: {maxRequestsPerSecond: 0}",
                      "rateLimit: {maxRequestsPerSecond: -5}",
                      "rateLimit: {maxRequestsPerSecond: many}",
                      "rateLimit: {maxRequestsPerSecond: 1, strategy: guess}",
                      "circuitBreaker: {monitoring: {metrics: {failureRate: 1.5}}}",
                      "auth: {type: bearer}", "auth: {type: magic}",
                      "middleware: {error: {retry: {backoff: sideways}}}",
                      "middleware: {error: {retry: {conditions: ['.status ==']}}}"):
            with self.subTest(block=block):
                self.assertIn("tools[0].externalAPIs.e", self.faults(endpoint_with(block)))

    def test_a_name_used_twice(self):
        one = "  - name: t\n    externalAPIs: {e: {url: 'http://localhost'}}\n"
        self.assertIn("t", self.faults("version: 1\ntools:\n" + one + one))

    def test_two_limits_under_one_prefix(self):
        err = self.faults(
            "version: 1\ntools:\n  - name: t\n    externalAPIs:\n"
            "      a: {url: 'http://x', rateLimit: {maxRequestsPerSecond: 1, keyPrefix: p}}\n"
            "      b: {url: 'http://x', rateLimit: {maxRequestsPerSecond: 2, keyPrefix: p}}\n")
        self.assertIn("p", err)

    def test_blocks_of_later_versions_are_refused_never_ignored(self):
        for block in ("isStreaming: true", "streamConfig: {format: json}",
                      "auth: {type: oauth2, credentials: {clientId: x}}",
                      "middleware: {pre: {transform: '.'}}", "middleware: {post: {cache: {}}}"):
            with self.subTest(block=block):
                self.assertIn("not available in this version", self.faults(endpoint_with(block)))

    def test_no_secret_in_any_message(self):
        err = self.faults(
            "version: 1\ntools:\n  - name: t\n    externalAPIs:\n      e:\n"
            "        url: 'http://ann:pa55word@host:99999/?key=qu3ry'\n"
            "        auth: {type: bearer, credentials: {token: [s3cr3t-token]}}\n"
            "        timeout: ${TOKEN}\n", {"TOKEN": "fr0m-env"})
        for hidden in ("pa55word", "qu3ry", "s3cr3t-token", "fr0m-env"):
            self.assertNotIn(hidden, err)

    def test_broken_text_and_empty_files(self):
        for text in ("version: 1\n  tools: [", "", "just words", "[1, 2]", "\x00\xff"):
            with self.subTest(text=text):
                faults = self.faults(text)
                self.assertIn(str(self.file), faults)

    def test_a_missing_file(self):
        got = run(["check", "-c", "/nonexistent.yaml"])
        self.assertEqual(got.code, 2)
        self.assertIn("/nonexistent.yaml", got.err)


if __name__ == "__main__":
    unittest.main()
