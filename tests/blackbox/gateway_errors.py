"""What the gateway answers by itself: problem+json, Proxy-Status, Retry-After."""

import socket
import unittest

from support import (PATIENCE, Api, Gateway, answer, endless, endpoint, garbage, reset, silent,
                     single, tools)
from support.certificates import make_certificate, make_pair
from support.gateway import Answer, Call


# No request at all, or none that may be served, and the status that says so.
BROKEN = (
    (b"nonsense\r\n\r\n", 400),
    (b"GET /shop/api HTTP/1.1\r\nbad header\r\n\r\n", 400),
    (b"GET /shop/api HTTP/1.1\r\n\r\n", 400),
    (b"GET /shop/api HTTP/1.1\r\nhost: x\r\nhost: x\r\n\r\n", 400),
    (b"POST /shop/api HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n"
     b"content-length: 6\r\n\r\nhello!", 400),
    (b"POST /shop/api HTTP/1.1\r\nhost: x\r\nexpect: wonders\r\n\r\n", 417),
    (b"GET /shop/api HTTP/1.1\r\nhost: x\r\nx-long: " + b"y" * 70_000, 431),
    (b"GET /shop/api?" + b"y" * 70_000, 431),
    (b"CONNECT shop:80 HTTP/1.1\r\nhost: x\r\n\r\n", 501),
    (b"POST /shop/api HTTP/1.1\r\nhost: x\r\ntransfer-encoding: gzip, chunked\r\n\r\n", 501),
    (b"GET /shop/api HTTP/3.0\r\nhost: x\r\n\r\n", 505),
)


def say(port, data):
    """The answer to exactly these bytes, its body as far as it goes until the connection ends."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as sock:
        sock.sendall(data)
        received = b""
        while piece := sock.recv(65536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
    return Answer(int(first.split()[1]), fields, body)


class ErrorCase(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)

    def gateway(self, **blocks):
        return Gateway(self, single(self.api.url, **blocks))

    def assert_problem(self, got, status, kind, attempts=1, place=("shop", "api"),
                       counted=True):
        self.assertEqual(got.status, status, got)
        self.assertEqual(got.get("content-type"), "application/problem+json")
        problem = got.json
        self.assertEqual(problem["type"], f"urn:symphony:error:{kind}")
        self.assertEqual(problem["kind"], kind)
        self.assertEqual(problem["status"], status)
        self.assertEqual(problem["attempts"], attempts)
        self.assertTrue(problem["title"])
        self.assertTrue(problem["detail"])
        if place:
            self.assertEqual((problem["tool"], problem["endpoint"]), place)
        self.assertRegex(got.get("proxy-status") or "", r"^\S+; ?error=[a-z_]+")
        if counted:
            self.assertEqual(got.get("symphony-attempts"), str(attempts))
        return problem

    def assert_retry_after(self, got, at_most_seconds):
        wait = got.json["retryAfterMs"]
        self.assertGreater(wait, 0)
        self.assertLessEqual(wait, at_most_seconds * 1000)
        self.assertEqual(int(got.get("retry-after")), -(-wait // 1000))


class Local(ErrorCase):
    def test_rate_limited(self):
        gateway = self.gateway(rateLimit={"maxRequestsPerMinute": 1, "maxQueueSize": 0})
        self.assertEqual(gateway.request().status, 200)
        got = gateway.request()
        self.assert_problem(got, 429, "rate_limited", attempts=got.json["attempts"])
        self.assert_retry_after(got, 60)
        self.assertEqual(len(self.api.requests), 1)

    def test_a_cost_no_level_can_grant_is_refused_without_a_wait(self):
        gateway = self.gateway(rateLimit={"maxRequestsPerMinute": 5})
        got = gateway.request(headers={"symphony-cost": "6"})
        self.assert_problem(got, 429, "rate_limited", attempts=got.json["attempts"])
        self.assertNotIn("retryAfterMs", got.json)
        self.assertIsNone(got.get("retry-after"))

    def test_circuit_open(self):
        gateway = self.gateway(circuitBreaker={"failureThreshold": 2, "resetTimeoutMs": 60000})
        self.api.behaviour = answer(500)
        gateway.request()
        gateway.request()
        got = gateway.request()
        self.assert_problem(got, 503, "circuit_open", attempts=got.json["attempts"])
        self.assert_retry_after(got, 60)
        self.assertEqual(len(self.api.requests), 2)

    def test_not_found(self):
        gateway = self.gateway()
        for path in ("/shop/nothing", "/nobody/api", "/nobody/api/x?y=z"):
            with self.subTest(path=path):
                self.assert_problem(gateway.request(path), 404, "not_found", attempts=0,
                                    place=tuple(path.split("?")[0].split("/")[1:3]))
        for path, tool in (("/", None), ("//", None), ("/?shop", None), ("/shop", "shop"),
                           ("/shop/", "shop"), ("/shop?x=/api", "shop")):
            with self.subTest(path=path):
                got = gateway.request(path)
                problem = self.assert_problem(got, 404, "not_found", attempts=0, place=None)
                self.assertEqual(problem.get("tool"), tool)
                self.assertNotIn("endpoint", problem)

    def test_bad_call_fields(self):
        gateway = self.gateway()
        for field, value in (("symphony-cost", "many"), ("symphony-cost", "-1"),
                             ("symphony-priority", "10")):
            with self.subTest(field=field, value=value):
                got = gateway.request(headers={field: value})
                self.assert_problem(got, 400, "invalid_request", attempts=0)
        self.assertEqual(self.api.requests, [])

    def test_broken_requests_do_not_reach_the_api(self):
        gateway = self.gateway()
        for data, status in BROKEN:
            with self.subTest(data=data[:60]):
                got = say(gateway.port, data)
                self.assert_problem(got, status, "invalid_request", attempts=0, place=None)
                self.assertEqual(got.get("connection"), "close")
                self.assertEqual(got.get("content-length"), str(len(got.body)))
        self.assertEqual(gateway.request().status, 200)
        self.assertEqual(len(self.api.requests), 1)

    def test_a_broken_head_request_is_answered_without_a_body(self):
        got = say(self.gateway().port, b"HEAD /shop/api HTTP/1.1\r\n\r\n")
        self.assertEqual((got.status, got.body), (400, b""))
        self.assertEqual(got.get("content-type"), "application/problem+json")
        self.assertIn("error=http_request_denied", got.get("proxy-status"))

    def test_broken_requests_to_the_admin_plane(self):
        got = say(self.gateway().admin_port, b"GET /healthz HTTP/1.1\r\n\r\n")
        self.assert_problem(got, 400, "invalid_request", attempts=0, place=None, counted=False)
        self.assertIsNone(got.get("symphony-attempts"))

    def test_http_in_the_clear_where_tls_is_spoken(self):
        cert, key = make_pair(self)
        gateway = Gateway(self, {**single(self.api.url),
                                 "gateway": {"tls": {"cert": str(cert), "key": str(key)}}})
        got = say(gateway.port, b"GET /shop/api HTTP/1.1\r\nhost: x\r\n\r\n")
        problem = self.assert_problem(got, 400, "invalid_request", attempts=0, place=None)
        self.assertIn("https://", problem["detail"])


class LongBodies(ErrorCase):
    def bounded(self):
        config = single(self.api.url, circuitBreaker={"failureThreshold": 1})
        config["gateway"] = {"maxRequestBytes": 100_000}
        return Gateway(self, config)

    def assert_too_long(self, gateway, body, attempts):
        got = gateway.request(method="POST", body=body)
        problem = self.assert_problem(got, 413, "invalid_request", attempts=attempts)
        self.assertIn("100000 bytes", problem["detail"])
        self.assertEqual(gateway.endpoint_status()["breaker"]["state"], "closed")

    def test_one_that_says_so_is_refused_unseen(self):
        gateway = self.bounded()
        self.assertEqual(gateway.request(method="POST", body=b"x" * 100_000).status, 200)
        self.assert_too_long(gateway, b"x" * 100_001, attempts=0)
        self.assertEqual(len(self.api.requests), 1)

    def test_one_that_turns_out_to_be_is_refused_halfway(self):
        gateway = self.bounded()
        pieces = [b"x" * 10_000] * 10
        self.assertEqual(gateway.request(method="POST", body=iter(pieces)).status, 200)
        self.assert_too_long(gateway, iter([*pieces, b"y"]), attempts=1)
        self.assertEqual(gateway.request().status, 200)


class NoAnswer(ErrorCase):
    def test_timeout(self):
        self.api.behaviour = silent()
        got = self.gateway(timeout=300).request()
        self.assert_problem(got, 504, "timeout")
        self.assertIn("error=http_response_timeout", got.get("proxy-status"))

    def test_a_caller_slow_to_send_its_body_meets_the_deadline(self):
        gateway = self.gateway(timeout=300, circuitBreaker={"failureThreshold": 1})
        for length, attempts in ((1000, 0), (1000000, 1)):  # read before the call; streamed
            with self.subTest(length=length):
                got = say(gateway.port, b"POST /shop/api HTTP/1.1\r\nhost: x\r\n"
                          b"content-length: %d\r\n\r\nabc" % length)
                self.assert_problem(got, 504, "timeout", attempts=attempts)
        # It was the caller's doing: the circuit has not counted it.
        self.assertEqual(gateway.endpoint_status()["breaker"]["state"], "closed")

    def test_dns_failed(self):
        gateway = Gateway(self, single("http://no-such-host.invalid/", timeout=60000))
        self.assert_problem(gateway.request(), 502, "dns_failed")

    def test_connect_failed(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            gateway = Gateway(self, single(f"http://127.0.0.1:{unused.getsockname()[1]}/"))
            got = gateway.request()
            self.assert_problem(got, 502, "connect_failed")
            self.assertIn("Connection refused", got.json["detail"])

    def test_connection_lost(self):
        gateway = self.gateway()
        for behaviour in (reset(), reset(b"HTTP/1.1 200 OK\r\ncontent-le")):
            self.api.behaviour = behaviour
            self.assert_problem(gateway.request(), 502, "connection_lost")

    def test_protocol_error(self):
        gateway = self.gateway()
        for data in (b"this is not HTTP at all\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n",
                     b"HTTP/1.1 200 OK\r\ncontent-length: five\r\n\r\nhello"):
            with self.subTest(data=data):
                self.api.behaviour = garbage(data)
                self.assert_problem(gateway.request(), 502, "protocol_error")

    def test_a_head_beyond_its_bound(self):
        self.api.behaviour = answer(headers={"x-long": "y" * 5000})
        got = self.gateway(limits={"maxHeaderBytes": 2048}).request()
        self.assert_problem(got, 502, "response_too_large")

    def test_an_endless_body_can_be_left(self):
        self.api.behaviour = endless()
        gateway = self.gateway()
        with socket.create_connection(("127.0.0.1", gateway.port), timeout=10) as sock:
            sock.sendall(b"GET /shop/api HTTP/1.1\r\nhost: x\r\n\r\n")
            received = 0
            while received < 1 << 20:
                received += len(sock.recv(65536))
        self.api.behaviour = answer()
        self.assertEqual(gateway.request().status, 200)

    def test_the_message_holds_no_secret_and_no_url_query(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            gateway = Gateway(self, single(
                f"http://ann:pa55@127.0.0.1:{unused.getsockname()[1]}/?key=qu3ry",
                auth={"type": "bearer", "credentials": {"token": "t0ken"}}),
                "--log-level", "trace")
            got = gateway.request()
        self.assertEqual(got.status, 502)
        everything = got.body.decode() + str(got.fields) + "\n".join(gateway.lines)
        everything += gateway.admin("/v1/status").body.decode()
        for hidden in ("pa55", "qu3ry", "t0ken"):
            self.assertNotIn(hidden, everything)


class Tls(unittest.TestCase):
    def test_an_unknown_authority_and_a_wrong_name_are_tls_failed(self):
        context, ca = make_certificate(self)
        wrong_context, wrong_ca = make_certificate(self, "other.example")
        api, wrong = Api(self, tls=context), Api(self, tls=wrong_context)
        gateway = Gateway(self, tools(shop={
            "trusted": endpoint(api.url, tls={"ca": str(ca)}),
            "unknown": endpoint(api.url),
            "misnamed": endpoint(wrong.url, tls={"ca": str(wrong_ca)}),
            "renamed": endpoint(wrong.url, tls={"ca": str(wrong_ca),
                                                "serverName": "other.example"})}))
        self.assertEqual(gateway.request("/shop/trusted").status, 200)
        self.assertEqual(gateway.request("/shop/renamed").status, 200)
        for name in ("unknown", "misnamed"):
            got = gateway.request("/shop/" + name)
            self.assertEqual((got.status, got.json["kind"]), (502, "tls_failed"))
            self.assertIn("error=tls_certificate_error;", got.get("proxy-status"))

    def test_a_handshake_that_fails_otherwise_is_another_error(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            gateway = Gateway(self, single(f"https://127.0.0.1:{listener.getsockname()[1]}/"))
            call = Call(gateway.request)
            with listener.accept()[0] as peer:
                peer.sendall(b"HTTP/1.1 400 This is no TLS\r\n\r\n")
                got = call.answer
        self.assertEqual((got.status, got.json["kind"]), (502, "tls_failed"))
        self.assertIn("error=tls_protocol_error;", got.get("proxy-status"))


if __name__ == "__main__":
    unittest.main()
