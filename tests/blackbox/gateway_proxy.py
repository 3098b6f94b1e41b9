"""The data plane: what is passed on, unchanged and as it comes."""

import http.client
import queue
import socket
import unittest

from support import (PATIENCE, Api, Gateway, answer, chunked, drip, silent, single, truncated,
                     wait_until)


class ProxyCase(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)

    def gateway(self, path="", **blocks):
        return Gateway(self, single(self.api.url + path, **blocks))


class Redirects(ProxyCase):
    def test_are_passed_on(self):
        self.api.script(answer(302, b"moved", {"location": "/else"}))
        got = self.gateway().request()
        self.assertEqual((got.status, got.body, got.get("location")), (302, b"moved", "/else"))
        self.assertEqual(len(self.api.requests), 1)

    def test_are_followed_on_demand_and_a_form_becomes_a_question(self):
        self.api.script(answer(303, b"", {"location": "/else?n=1"}), answer(200, b"receipt"))
        # With its length known a body could be kept; at the gateway it is streamed all the same.
        got = self.gateway(http={"redirects": "same-origin"}).request(
            method="POST", body=b"form", headers={"content-type": "text/plain"})
        self.assertEqual((got.status, got.body), (200, b"receipt"))
        self.assertEqual(got.get("symphony-attempts"), "1")
        second = self.api.wait_for(2)
        self.assertEqual((second.method, second.target, second.body), ("GET", "/else?n=1", b""))
        self.assertIsNone(second.get("content-type"))

    def test_another_origin_sees_nothing_of_the_caller(self):
        other = Api(self)
        self.api.script(answer(302, b"", {"location": f"{other.url}/else"}))
        gateway = self.gateway(http={"redirects": "any"}, headers={"x-api-key": "k3y"},
                               auth={"type": "bearer", "credentials": {"token": "ours"}})
        self.assertEqual(gateway.request(headers={"Cookie": "c=1"}).status, 200)
        self.assertEqual(self.api.wait_for(1).get("x-api-key"), "k3y")
        second = other.wait_for(1)
        for name in ("authorization", "x-api-key", "cookie"):
            self.assertIsNone(second.get(name), name)


class Times(ProxyCase):
    def test_the_first_byte_has_a_bound_of_its_own(self):
        self.api.behaviour = silent()
        got = self.gateway(http={"firstByteTimeout": "100ms"}).request()
        self.assertEqual((got.status, got.json["kind"]), (504, "timeout"))
        self.assertIn("firstByteTimeout", got.json["detail"])


class Requests(ProxyCase):
    def test_methods_and_bodies(self):
        gateway = self.gateway()
        for count, method in enumerate(
                ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"), 1):
            with self.subTest(method=method):
                body = b"payload" if method in ("POST", "PUT", "PATCH") else None
                self.assertEqual(gateway.request(method=method, body=body).status, 200)
                request = self.api.wait_for(count)
                self.assertEqual((request.method, request.body), (method, body or b""))

    def test_head_has_no_body(self):
        got = self.gateway().request(method="HEAD")
        self.assertEqual((got.status, got.body), (200, b""))
        self.assertEqual(self.api.wait_for(1).method, "HEAD")

    def test_a_large_body_arrives_whole(self):
        body = bytes(range(256)) * 8192
        self.gateway().request(method="POST", body=body)
        self.assertEqual(self.api.wait_for(1).body, body)

    def test_a_chunked_body_arrives_whole(self):
        gateway = self.gateway()
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
        connection.request("POST", "/shop/api", body=iter([b"one", b"two"]), encode_chunked=True,
                           headers={"transfer-encoding": "chunked"})
        self.assertEqual(connection.getresponse().status, 200)
        connection.close()
        self.assertEqual(self.api.wait_for(1).body, b"onetwo")

    def test_a_field_for_the_connection_only_stays_behind(self):
        self.gateway().request(headers={
            "Connection": "close, X-Private", "X-Private": "1", "Keep-Alive": "timeout=5",
            "Proxy-Authorization": "Basic eA==", "TE": "trailers", "X-Kept": "2"})
        request = self.api.wait_for(1)
        for name in ("x-private", "keep-alive", "proxy-authorization", "upgrade"):
            self.assertIsNone(request.get(name), name)
        self.assertEqual(request.get("x-kept"), "2")

    def test_credentials_replace_the_callers_authorization(self):
        gateway = self.gateway(auth={"type": "bearer", "credentials": {"token": "ours"}})
        gateway.request(headers={"Authorization": "Bearer theirs"})
        self.assertEqual(self.api.wait_for(1).all("authorization"), ["Bearer ours"])

    def test_configured_fields_yield_to_the_callers(self):
        gateway = self.gateway(headers={"accept": "application/json", "x-team": "blue"})
        gateway.request(headers={"Accept": "text/csv"})
        request = self.api.wait_for(1)
        self.assertEqual(request.all("accept"), ["text/csv"])
        self.assertEqual(request.all("x-team"), ["blue"])

    def test_symphony_fields_are_consumed(self):
        self.gateway().request(headers={"symphony-cost": "1", "Symphony-Priority": "0",
                                        "symphony-other": "x"})
        names = [name.lower() for name, _ in self.api.wait_for(1).fields]
        self.assertFalse([name for name in names if name.startswith("symphony-")])

    def test_the_host_is_the_apis(self):
        self.gateway().request(headers={"Host": "elsewhere.example"})
        self.assertEqual(self.api.wait_for(1).all("host"), [f"127.0.0.1:{self.api.port}"])

    def test_paths_are_joined_and_queries_merged(self):
        gateway = self.gateway("/v2/?key=k")
        for count, (path, target) in enumerate((
                ("/shop/api", "/v2?key=k"), ("/shop/api/", "/v2/?key=k"),
                ("/shop/api/a/b", "/v2/a/b?key=k"), ("/shop/api/a?x=1&y=2", "/v2/a?key=k&x=1&y=2"),
                ("/shop/api/a%20b%2Fc", "/v2/a%20b%2Fc?key=k"),
                ("/shop/api/a/../b", None)), 1):
            with self.subTest(path=path):
                got = gateway.request(path)
                if target is not None:
                    self.assertEqual(got.status, 200, got)
                    self.assertEqual(self.api.wait_for(count).target, target)
                else:
                    self.assertIn(got.status, (200, 400))

    def test_a_path_that_climbs_is_refused(self):
        gateway = self.gateway("/v2")
        for path in ("/..", "/../admin", "/a/../../admin", "/%2e%2e/admin", "/.%2E/admin",
                     "/a/%2E%2E/%2e./x"):
            with self.subTest(path=path):
                got = gateway.request("/shop/api" + path)
                self.assertEqual((got.status, got.json["kind"]), (400, "invalid_request"))
        self.assertEqual(self.api.requests, [])


class Answers(ProxyCase):
    def test_statuses_fields_and_bodies_pass_unchanged(self):
        gateway = self.gateway()
        for status in (200, 201, 204, 301, 304, 307, 400, 404, 418, 429, 500, 503):
            with self.subTest(status=status):
                self.api.behaviour = answer(status, b"as is", {"x-a": ["1", "2"],
                                                               "location": "/l"})
                got = gateway.request()
                self.assertEqual(got.status, status)
                self.assertEqual(got.body, b"" if status in (204, 304) else b"as is")
                self.assertEqual(got.all("x-a"), ["1", "2"])
                self.assertEqual(got.get("location"), "/l")
                self.assertEqual(got.get("symphony-attempts"), "1")

    def test_fields_of_the_apis_connection_stay_behind(self):
        self.api.behaviour = answer(200, b"x", {"connection": "keep-alive, x-hop", "x-hop": "1",
                                                "keep-alive": "timeout=9",
                                                "proxy-authenticate": "Basic"})
        got = self.gateway().request()
        for name in ("x-hop", "keep-alive", "proxy-authenticate"):
            self.assertIsNone(got.get(name), name)

    def test_a_chunked_answer_arrives_whole(self):
        self.api.behaviour = chunked(b"a" * 70_000, b"b", b"c" * 200_000)
        self.assertEqual(self.gateway().request().body, b"a" * 70_000 + b"b" + b"c" * 200_000)

    def test_connections_are_kept_on_both_sides(self):
        gateway = self.gateway()
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
        for _ in range(5):
            connection.request("GET", "/shop/api")
            self.assertEqual(connection.getresponse().read(), b'{"ok":true}')
        connection.close()
        self.assertEqual(self.api.connections, 1)


class Streaming(ProxyCase):
    def test_events_are_passed_on_as_they_come(self):
        pieces = queue.Queue()
        self.api.behaviour = drip(pieces)
        gateway = self.gateway()
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
        self.addCleanup(connection.close)
        connection.request("GET", "/shop/api")
        got = connection.getresponse()  # the head is here before any event was sent
        self.assertEqual(got.getheader("content-type"), "text/event-stream")
        for number in range(5):
            event = f"data: {number}\n\n".encode()
            pieces.put(event)
            self.assertEqual(got.read(len(event)), event)  # and only then the next is made
        pieces.put(None)
        self.assertEqual(got.read(), b"")

    def test_a_request_body_is_passed_on_before_its_end(self):
        # Reads the head and the first chunk by itself: the usual recording waits for the end.
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        gateway = Gateway(self, single(f"http://127.0.0.1:{listener.getsockname()[1]}"))
        sender = socket.create_connection(("127.0.0.1", gateway.port), timeout=PATIENCE)
        self.addCleanup(sender.close)
        sender.sendall(b"POST /shop/api HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
                       b"5\r\nfirst\r\n")
        listener.settimeout(PATIENCE)
        upstream, _ = listener.accept()
        self.addCleanup(upstream.close)
        upstream.settimeout(PATIENCE)
        received = b""
        while b"first" not in received:
            received += upstream.recv(4096)
        sender.sendall(b"4\r\nlast\r\n0\r\n\r\n")
        while b"last" not in received or not received.endswith(b"0\r\n\r\n"):
            received += upstream.recv(4096)
        upstream.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        self.assertIn(b"200", sender.recv(4096).split(b"\r\n")[0])

    def test_a_caller_that_leaves_takes_the_call_along(self):
        pieces = queue.Queue()
        self.api.behaviour = drip(pieces)
        gateway = self.gateway()
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=PATIENCE)
        connection.request("GET", "/shop/api")
        got = connection.getresponse()
        pieces.put(b"data: 1\n\n")
        got.read(9)
        connection.close()
        got.close()
        wait_until(lambda: (pieces.put(b"x" * 65536) or
                            gateway.metric("symphony_in_flight", tool="shop") == 0),
                   "the call to end")

    def test_an_answer_cut_short_is_cut_short_for_the_caller_too(self):
        self.api.behaviour = truncated(200_000, b"z" * 100_000)
        with self.assertRaises((http.client.IncompleteRead, ConnectionError)):
            self.gateway().request()


if __name__ == "__main__":
    unittest.main()
