"""GET /v1/events: what happens in a gateway, as server-sent events."""

import http.client
import json
import unittest

from support import PATIENCE, Api, Gateway, answer, single, wait_until


class Listener:
    """One connection that listens; the comment line that greets it has come when it is made."""

    def __init__(self, case, gateway, query="", headers=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", gateway.admin_port,
                                                     timeout=PATIENCE)
        case.addCleanup(self.connection.close)
        self.connection.request("GET", f"/v1/events{query}", headers=headers or {})
        self.answer = self.connection.getresponse()
        if self.answer.status == 200:
            assert self.read_block()[0].startswith(":")

    def read_block(self):
        lines = []
        while (line := self.answer.readline().decode().rstrip("\n")) != "":
            lines.append(line)
        return lines

    def next(self):
        """The next event as (id, name, data)."""
        while True:
            fields = dict(line.split(": ", 1) for line in self.read_block()
                          if not line.startswith(":"))
            if fields:
                return int(fields["id"]), fields["event"], json.loads(fields["data"])


class Events(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)

    def gateway(self, *arguments, **file):
        config = single(self.api.url, circuitBreaker={"failureThreshold": 1,
                                                      "resetTimeoutMs": 60000})
        return Gateway(self, {**config, **file}, *arguments)

    def test_transitions_as_they_happen(self):
        gateway = self.gateway()
        listener = Listener(self, gateway)
        self.assertEqual(listener.answer.getheader("content-type"), "text/event-stream")
        self.api.script(answer(500))
        self.assertEqual(gateway.request().status, 500)
        first, name, data = listener.next()
        self.assertEqual(name, "circuit.transition")
        self.assertEqual((data["event"], data["level"], data["tool"], data["endpoint"],
                          data["from"], data["to"], data["reason"]),
                         (name, "warn", "shop", "api", "closed", "open", "consecutive_failures"))
        self.assertRegex(data["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        gateway.admin("/v1/breakers/shop/api", "POST", body='{"state":"closed"}')
        second, name, data = listener.next()
        self.assertEqual((data["from"], data["to"], data["reason"]), ("open", "closed", "manual"))
        self.assertGreater(second, first)

    def test_reloads_too(self):
        gateway = self.gateway()
        listener = Listener(self, gateway)
        self.assertEqual(gateway.admin("/v1/reload", "POST").status, 200)
        self.assertEqual(listener.next()[1], "config.reloaded")

    def test_the_level_is_the_listeners_own(self):
        gateway = self.gateway("--log-level", "error")
        all_of_it = Listener(self, gateway, "?level=debug")
        warnings = Listener(self, gateway, "?level=warn")
        gateway.admin("/v1/breakers/shop/api", "POST", body='{"state":"open"}')
        gateway.request()
        gateway.admin("/v1/breakers/shop/api", "POST", body='{"state":"auto"}')
        gateway.admin("/v1/breakers/shop/api", "POST", body='{"state":"open"}')
        self.assertEqual([all_of_it.next()[1] for _ in range(4)],
                         ["circuit.transition", "call.refused", "circuit.refusals",
                          "circuit.transition"])
        self.assertEqual([warnings.next()[2]["to"] for _ in range(2)], ["open", "open"])

    def test_what_is_refused(self):
        gateway = self.gateway(gateway={"adminToken": "t0p"})
        token = {"authorization": "Bearer t0p"}
        self.assertEqual(Listener(self, gateway).answer.status, 401)
        for query in ("?level=loud", "?levl=info", "?level="):
            self.assertEqual(Listener(self, gateway, query, token).answer.status, 400)
        self.assertEqual(gateway.admin("/v1/events", "POST", headers=token).status, 405)
        self.assertEqual(Listener(self, gateway, "", token).answer.status, 200)
        self.assertEqual(gateway.admin("/v1/events", "HEAD", headers=token).status, 200)

    def test_places_are_bounded_and_freed(self):
        gateway = self.gateway()
        many = [Listener(self, gateway) for _ in range(64)]
        self.assertEqual(Listener(self, gateway).answer.status, 503)
        many[7].answer.close()
        many[7].connection.close()
        wait_until(lambda: Listener(self, gateway).answer.status == 200, "a free place")

    def test_who_does_not_read_holds_up_nobody(self):
        gateway = self.gateway()
        Listener(self, gateway, "?level=debug")
        gateway.admin("/v1/breakers/shop/api", "POST", body='{"state":"open"}')
        for _ in range(3000):
            self.assertEqual(gateway.request().status, 503)

    def test_a_listener_holds_up_no_end(self):
        gateway = self.gateway()
        Listener(self, gateway)
        gateway.terminate()
        self.assertEqual(gateway.wait_for_exit(), 0)


if __name__ == "__main__":
    unittest.main()
