"""symphony call: exit status, output and what goes on the wire."""

import base64
import pathlib
import signal
import socket
import subprocess
import unittest

from support import (BINARY, PATIENCE, Api, answer, chunked, endpoint, reset, run, silent, single, start,
                     tools, write_config)


def unused_port():
    """A port nobody listens on: bound, never listening, so that nobody else gets it either."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    return sock


class CallCase(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)

    def call(self, *arguments, config=None, **kwargs):
        file = write_config(self, config or single(self.api.url))
        return run(["call", "-c", file, *arguments], **kwargs)


class ExitStatus(CallCase):
    def test_success_is_0_and_prints_the_body_only(self):
        self.api.behaviour = answer(200, b"exactly\nthese\x00bytes")
        got = self.call("shop.api")
        self.assertEqual((got.code, got.out), (0, b"exactly\nthese\x00bytes"), got.err)

    def test_a_redirect_is_passed_on_and_exits_0(self):
        self.api.behaviour = answer(302, b"", {"location": "/elsewhere"})
        self.assertEqual(self.call("shop.api").code, 0)
        self.assertEqual(len(self.api.requests), 1)

    def test_statuses_from_400_exit_1_with_the_body(self):
        for status in (400, 404, 429, 500, 503):
            with self.subTest(status=status):
                self.api.behaviour = answer(status, b"sorry")
                got = self.call("shop.api")
                self.assertEqual((got.code, got.out), (1, b"sorry"))

    def test_usage_errors_exit_2_and_print_nothing_to_stdout(self):
        for arguments in (["call"], ["call", "--no-such-option", "a.b"], ["frobnicate"], []):
            with self.subTest(arguments=arguments):
                got = run(arguments)
                self.assertEqual((got.code, got.out), (2, b""))
                self.assertTrue(got.err)

    def test_usage_errors_name_the_program_and_whose_help_to_ask_for(self):
        for arguments, help_of in (([], "symphony"), (["--no-such-option"], "symphony"),
                                   (["call"], "symphony call"),
                                   (["call", "a.b", "--priority", "10"], "symphony call"),
                                   (["breakers", "shut"], "symphony breakers")):
            with self.subTest(arguments=arguments):
                err = run(arguments).err
                self.assertRegex(err, r"\Asymphony: [^\n]+ \(see '" + help_of + r" --help'\)\n\Z")

    def test_unknown_tool_or_endpoint_exits_2(self):
        for target in ("nobody.api", "shop.nothing", "shop"):
            with self.subTest(target=target):
                got = self.call(target)
                self.assertEqual(got.code, 2)
                self.assertTrue(got.err)
        self.assertEqual(self.api.requests, [])

    def test_missing_and_broken_configuration_exits_2(self):
        self.assertEqual(run(["call", "-c", "/nonexistent.yaml", "shop.api"]).code, 2)
        self.assertEqual(self.call("shop.api", config={"version": 1, "tolls": []}).code, 2)

    def test_with_json_there_is_an_object_whatever_is_wrong(self):
        broken = {"version": 1, "tolls": []}
        for config, arguments in ((broken, ["shop.api"]), (None, ["bad"]), (None, ["shop.none"]),
                                  (None, ["shop.api", "-H", "bad"]),
                                  (None, ["shop.api", "-X", "CONNECT"])):
            with self.subTest(arguments=arguments):
                got = self.call("--json", *arguments, config=config)
                self.assertEqual((got.code, got.json["ok"]), (2, False))
                self.assertTrue(got.json["error"]["message"])
        self.assertEqual(self.api.requests, [])

    def test_output_that_cannot_be_written_exits_4(self):
        file = write_config(self, single(self.api.url))
        for arguments in (["call", "-c", file, "shop.api"],
                          ["call", "-c", file, "--json", "shop.api"], ["check", "-c", file]):
            with self.subTest(arguments=arguments), open("/dev/full", "wb") as full:
                got = subprocess.run([BINARY, *map(str, arguments)], stdout=full, check=False,
                                     stderr=subprocess.PIPE, timeout=PATIENCE)
                self.assertEqual(got.returncode, 4)
                self.assertIn(b"standard output cannot be written", got.stderr)

    def test_a_local_refusal_exits_3(self):
        config = single(self.api.url, rateLimit={"maxRequestsPerSecond": 1})
        got = self.call("shop.api", "--cost", "2", config=config)
        self.assertEqual((got.code, got.out), (3, b""), got.err)
        self.assertEqual(self.api.requests, [])

    def test_no_answer_exits_4(self):
        with unused_port() as sock:
            config = single(f"http://127.0.0.1:{sock.getsockname()[1]}")
            self.assertEqual(self.call("shop.api", config=config).code, 4)
        self.api.behaviour = reset()
        self.assertEqual(self.call("shop.api").code, 4)
        self.api.behaviour = silent()
        self.assertEqual(self.call("shop.api", config=single(self.api.url, timeout=200)).code, 4)
        self.assertEqual(
            self.call("shop.api", config=single("http://no-such-host.invalid/")).code, 4)

    def test_sigint_exits_130_and_hangs_up(self):
        self.api.behaviour = silent()
        file = write_config(self, single(self.api.url))
        process = start(self, ["call", "-c", file, "shop.api"])
        self.api.wait_for(1)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 130)


class Request(CallCase):
    def test_the_endpoint_gives_the_method_and_fields(self):
        config = single(self.api.url + "/v2", method="PUT", headers={"x-team": "blue"})
        self.call("shop.api/a/b?c=d", config=config)
        request = self.api.wait_for(1)
        self.assertEqual((request.method, request.target), ("PUT", "/v2/a/b?c=d"))
        self.assertEqual(request.get("x-team"), "blue")
        self.assertEqual(request.get("host"), f"127.0.0.1:{self.api.port}")

    def test_fields_and_method_of_the_caller_win(self):
        config = single(self.api.url, headers={"x-team": "blue"})
        self.call("shop.api", "-X", "DELETE", "-H", "X-Team: red", "-H", "x-two:  spaced  ",
                  config=config)
        request = self.api.wait_for(1)
        self.assertEqual(request.method, "DELETE")
        self.assertEqual(request.all("x-team"), ["red"])
        self.assertEqual(request.get("x-two"), "spaced")

    def test_a_field_without_colon_is_a_usage_error(self):
        self.assertEqual(self.call("shop.api", "-H", "nonsense").code, 2)

    def test_data_implies_post(self):
        self.call("shop.api", "-d", "a=1")
        request = self.api.wait_for(1)
        self.assertEqual((request.method, request.body), ("POST", b"a=1"))

    def test_data_keeps_an_explicit_method(self):
        self.call("shop.api", "-X", "PATCH", "-d", "a=1")
        self.assertEqual(self.api.wait_for(1).method, "PATCH")

    def test_data_from_a_file_byte_for_byte(self):
        content = bytes(range(256)) * 300
        path = pathlib.Path(write_config(self, "", "body.bin"))
        path.write_bytes(content)
        self.call("shop.api", "-d", f"@{path}")
        self.assertEqual(self.api.wait_for(1).body, content)

    def test_data_from_stdin(self):
        self.call("shop.api", "-d", "-", stdin=b"from\nstdin\x00")
        self.assertEqual(self.api.wait_for(1).body, b"from\nstdin\x00")

    def test_a_missing_data_file_exits_2(self):
        self.assertEqual(self.call("shop.api", "-d", "@/nonexistent").code, 2)
        self.assertEqual(self.api.requests, [])

    def test_credentials(self):
        both = tools(
            bearer={"api": endpoint(self.api.url, auth={"type": "bearer",
                                                        "credentials": {"token": "${TOKEN}"}})},
            basic={"api": endpoint(self.api.url, auth={
                "type": "basic", "credentials": {"username": "ann", "password": "p:w"}})})
        self.call("bearer.api", config=both, env={"TOKEN": "s3cr3t"})
        self.call("basic.api", config=both, env={"TOKEN": "s3cr3t"})
        self.assertEqual(self.api.wait_for(1).all("authorization"), ["Bearer s3cr3t"])
        self.assertEqual(self.api.wait_for(2).all("authorization"),
                         ["Basic " + base64.b64encode(b"ann:p:w").decode()])

    def test_the_configuration_is_found(self):
        file = write_config(self, single(self.api.url))
        self.assertEqual(run(["call", "shop.api"], env={"SYMPHONY_CONFIG": str(file)}).code, 0)
        self.assertEqual(run(["call", "shop.api"], cwd=file.parent).code, 0)


class Output(CallCase):
    def test_include_prints_status_and_fields_first(self):
        self.api.behaviour = answer(201, b"body", {"x-made": "yes"})
        got = self.call("shop.api", "-i")
        head, body = got.text.replace("\r\n", "\n").split("\n\n", 1)
        self.assertIn("201", head.split("\n")[0])
        self.assertIn("x-made: yes", head.lower())
        self.assertEqual(body, "body")

    def test_json_of_a_success(self):
        self.api.behaviour = answer(200, b'{"a": [1]}', {"X-Made": "yes"})
        got = self.call("shop.api", "--json").json
        self.assertEqual((got["ok"], got["status"], got["attempts"]), (True, 200, 1))
        self.assertEqual(got["body"], {"a": [1]})
        self.assertEqual(got["headers"]["x-made"], "yes")
        self.assertGreaterEqual(got["durationMs"], 0)
        self.assertFalse(got.get("error"))

    def test_json_keeps_a_json_body_as_the_api_wrote_it(self):
        body = b'{"id": 123456789012345678901234567890, "id": 2,\n "n": [1.10, 1E2, -0, 1e400]}\n'
        self.api.behaviour = answer(200, body)
        got = self.call("shop.api", "--json")
        self.assertIn(b'"body":{"id":123456789012345678901234567890,"id":2,'
                      b'"n":[1.10,1E2,-0,1e400]},', got.out)
        self.assertEqual(got.out.count(b"\n"), 1)
        self.assertEqual(got.json["status"], 200)
        self.api.behaviour = answer(200, b"{'a': 1}")
        self.assertEqual(self.call("shop.api", "--json").json["body"], "{'a': 1}")

    def test_json_of_text_and_of_bytes_that_are_no_text(self):
        self.api.behaviour = answer(200, "grüße", {"content-type": "text/plain"})
        self.assertEqual(self.call("shop.api", "--json").json["body"], "grüße")
        self.api.behaviour = answer(200, b"\xff\x00", {"content-type": "image/png"})
        got = self.call("shop.api", "--json").json
        self.assertEqual(base64.b64decode(got["bodyBase64"]), b"\xff\x00")

    def test_json_of_an_error_status(self):
        self.api.behaviour = answer(404, b"{}")
        got = self.call("shop.api", "--json")
        self.assertEqual((got.code, got.json["ok"], got.json["status"]), (1, False, 404))

    def test_json_of_a_failure_is_one_object_with_the_kind(self):
        self.api.behaviour = reset()
        got = self.call("shop.api", "--json")
        self.assertEqual((got.code, got.json["ok"]), (4, False))
        self.assertEqual(got.json["error"]["kind"], "connection_lost")
        self.assertTrue(got.json["error"]["message"])

    def test_json_counts_attempts(self):
        retry = {"error": {"retry": {"maxAttempts": 3, "baseDelay": 1}}}
        self.api.script(answer(503), answer(503))
        got = self.call("shop.api", "--json", config=single(self.api.url, middleware=retry))
        self.assertEqual((got.code, got.json["attempts"]), (0, 3))

    def test_a_chunked_answer_is_whole(self):
        self.api.behaviour = chunked(b"one,", b"two,", b"x" * 100_000)
        self.assertEqual(self.call("shop.api").out, b"one,two," + b"x" * 100_000)

    def test_the_secret_is_never_printed(self):
        config = single(self.api.url, auth={"type": "bearer",
                                            "credentials": {"token": "hush-hush"}})
        for behaviour in (answer(), answer(401), reset()):
            self.api.behaviour = behaviour
            got = self.call("shop.api", "--json", "--log-level", "trace", config=config)
            self.assertNotIn("hush-hush", got.text + got.err)


if __name__ == "__main__":
    unittest.main()
