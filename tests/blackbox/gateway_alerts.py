"""Alerts of a running gateway: Slack, e-mail and webhook, paced, off the call's way."""

import json
import time
import unittest

from support import (Api, Gateway, MailServer, answer, reset, silent, single, wait_until)


class AlertCase(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)
        self.hook = Api(self)

    def config(self, alerts=None, alerting=None, **breaker):
        breaker = {"failureThreshold": 1, "resetTimeoutMs": 60000, **breaker,
                   "monitoring": {"alerts": alerts or {"webhook": f"{self.hook.url}/hook?k=KEY"}}}
        content = single(self.api.url, circuitBreaker=breaker)
        return {**content, "alerting": alerting} if alerting else content

    def gateway(self, *args, **kwargs):
        return Gateway(self, self.config(*args, **kwargs))

    def open(self, gateway):
        self.api.behaviour = answer(500)
        self.assertEqual(gateway.request().status, 500)
        self.api.behaviour = answer()

    def close(self, gateway):
        """By hand: the circuit is closed from now on."""
        for state in ("open", "auto"):
            self.set(gateway, state)

    def set(self, gateway, state):
        done = gateway.admin("/v1/breakers/shop/api", "POST", body=json.dumps({"state": state}),
                             headers={"content-type": "application/json"})
        self.assertEqual(done.status, 200, done)

    def alert(self, number):
        return json.loads(self.hook.wait_for(number).body)


class Channels(AlertCase):
    def test_opening_and_recovery_arrive_on_all(self):
        slack, mail = Api(self), MailServer(self, "starttls", ("bot", "word"))
        gateway = self.gateway(
            {"webhook": f"{self.hook.url}/hook?k=KEY", "slack": f"{slack.url}/services/KEY",
             "email": "ops@example.com", "minInterval": 0},
            {"smtp": mail.options(username="bot", password="word"), "ca": str(mail.ca)},
            resetTimeoutMs=50)
        self.open(gateway)
        opened = self.alert(1)
        self.assertEqual({key: opened[key] for key in (
            "event", "tool", "endpoint", "state", "reason", "consecutiveFailures")},
            {"event": "circuit.opened", "tool": "shop", "endpoint": "api", "state": "open",
             "reason": "consecutive_failures", "consecutiveFailures": 1})
        self.assertIn("Circuit shop.api opened", opened["text"])
        wait_until(lambda: gateway.request().status == 200, "the probe")
        recovered = self.alert(2)
        self.assertEqual((recovered["event"], recovered["state"], recovered["reason"]),
                         ("circuit.recovered", "closed", "recovered"))
        self.assertGreaterEqual(recovered["downForMs"], 50)
        self.assertIn("recovered after", json.loads(slack.wait_for(2).body)["text"])
        subjects = [m["data"].split("Subject: ")[1].split("\r\n")[0]
                    for m in (mail.wait_for(1), mail.wait_for(2))]
        self.assertEqual(subjects, ["[symphony] shop.api: opened", "[symphony] shop.api: recovered"])
        for channel in ("slack", "email", "webhook"):
            wait_until(lambda: gateway.metric("symphony_alerts_total", channel=channel,
                                              result="sent") == 2, f"the count of {channel}")
        gateway.wait_for_line(r"alert\.sent|alert by webhook")
        everything = "\n".join(gateway.lines) + gateway.admin("/v1/status").body.decode() + \
            gateway.admin("/metrics").body.decode()
        self.assertNotIn("KEY", everything)

    def test_a_webhook_gets_the_headers_that_were_given(self):
        gateway = self.gateway({"webhook": {"url": f"{self.hook.url}/hook",
                                            "headers": {"authorization": "Bearer w0rd", "x-team": "a"}}})
        self.open(gateway)
        got = self.hook.wait_for(1)
        self.assertEqual((got.all("authorization"), got.get("x-team"), got.get("content-type")),
                         (["Bearer w0rd"], "a", "application/json"))
        gateway.wait_for_line(r"alert by webhook")
        self.assertNotIn("w0rd", "\n".join(gateway.lines) + gateway.admin("/v1/status").body.decode())

    def test_texts_are_the_users(self):
        gateway = self.gateway(alerting={"templates": {"opened": "{tool}: {{{reason}}} & <b>"}})
        self.open(gateway)
        self.assertEqual(self.alert(1)["text"], "shop: {consecutive_failures} & <b>")

    def test_slack_gets_its_own_marks_escaped(self):
        slack = Api(self)
        gateway = self.gateway({"slack": slack.url},
                               {"templates": {"opened": "<!channel> a & b\n"}})
        self.open(gateway)
        self.assertEqual(json.loads(slack.wait_for(1).body)["text"],
                         "&lt;!channel&gt; a &amp; b\n")


class Pacing(AlertCase):
    def test_what_is_held_back_comes_as_one_summary(self):
        gateway = self.gateway({"webhook": self.hook.url, "minInterval": "3s"})
        self.open(gateway)
        self.alert(1)
        first = time.monotonic()
        for _ in range(3):
            self.set(gateway, "auto")
            self.set(gateway, "open")
            self.set(gateway, "auto")
            self.open(gateway)
        summary = self.alert(2)
        self.assertGreaterEqual(time.monotonic() - first, 2.5)
        self.assertEqual(summary["event"], "circuit.summary")
        self.assertEqual(summary["state"], "open", "the last state")
        self.assertGreaterEqual(summary["opened"], 3)
        self.assertIn("is open", summary["text"])
        self.set(gateway, "open")
        self.set(gateway, "auto")
        self.assertEqual(self.alert(3)["state"], "closed", "the last state always arrives")
        self.assertEqual(len(self.hook.requests), 3)

    def test_a_reload_keeps_what_is_held_back_and_takes_new_addresses(self):
        elsewhere = Api(self)
        gateway = self.gateway({"webhook": self.hook.url, "minInterval": "3s"})
        self.open(gateway)
        self.alert(1)
        self.close(gateway)
        gateway.file.write_text(json.dumps(
            self.config({"webhook": elsewhere.url, "minInterval": "3s"})))
        self.assertEqual(gateway.admin("/v1/reload", "POST").status, 200)
        self.assertEqual(json.loads(elsewhere.wait_for(1).body)["state"], "closed")
        self.assertEqual(len(self.hook.requests), 1)

    def test_the_last_state_leaves_before_the_gateway_ends(self):
        gateway = self.gateway({"webhook": self.hook.url, "minInterval": "1h"})
        self.open(gateway)
        self.alert(1)
        self.close(gateway)
        gateway.terminate()
        self.assertEqual(gateway.wait_for_exit(), 0)
        self.assertEqual(self.alert(2)["state"], "closed")


class Delivery(AlertCase):
    def test_is_tried_again(self):
        self.hook.script(answer(500), reset())
        gateway = self.gateway()
        self.open(gateway)
        self.hook.wait_for(3)
        bodies = {request.body for request in self.hook.requests}
        self.assertEqual(len(bodies), 1, "the same alert")
        wait_until(lambda: gateway.metric("symphony_alerts_total", channel="webhook",
                                          result="sent") == 1, "the count")

    def test_gives_up_with_an_event(self):
        self.hook.behaviour = answer(400)
        gateway = self.gateway()
        self.open(gateway)
        gateway.wait_for_line(r"no alert by webhook: answer 400")
        self.assertEqual(len(self.hook.requests), 4, "three more tries")
        self.assertEqual(gateway.metric("symphony_alerts_total", channel="webhook",
                                        result="failed"), 1)

    def test_a_channel_that_hangs_delays_neither_calls_nor_others(self):
        slow = Api(self, silent())
        gateway = self.gateway({"slack": slow.url, "webhook": self.hook.url})
        self.open(gateway)
        began = time.monotonic()
        self.alert(1)
        self.assertEqual(gateway.request().status, 503)
        self.assertLess(time.monotonic() - began, 5)
        gateway.terminate()
        self.assertEqual(gateway.wait_for_exit(), 0)
        self.assertLess(time.monotonic() - began, 15, "the end does not wait for it long")

    def test_a_mail_server_that_does_not_let_go(self):
        mail = MailServer(self, "none", quits=False)
        gateway = self.gateway({"email": "ops@example.com", "webhook": self.hook.url,
                                "minInterval": 0}, {"smtp": mail.options()})
        self.open(gateway)
        mail.wait_for(1)
        self.close(gateway)
        self.alert(2)
        began = time.monotonic()
        gateway.terminate()
        self.assertEqual(gateway.wait_for_exit(), 0)
        self.assertLess(time.monotonic() - began, 10)
        self.assertIn("recovered", mail.wait_for(2)["data"])

    def test_a_webhook_killed_and_restarted(self):
        gateway = self.gateway({"webhook": self.hook.url, "minInterval": 0})
        self.open(gateway)
        self.alert(1)
        self.hook.behaviour = silent()
        self.close(gateway)
        self.assertEqual(self.alert(2)["event"], "circuit.recovered")
        self.hook.stop()
        back = Api(self, port=self.hook.port)
        self.open(gateway)
        wait_until(lambda: [json.loads(one.body)["event"] for one in back.requests] ==
                   ["circuit.recovered", "circuit.opened"], "what the webhook missed, in order")

    def test_a_mail_server_killed_and_restarted(self):
        mail = MailServer(self, "none")
        gateway = self.gateway({"email": "ops@example.com", "minInterval": 0},
                               {"smtp": mail.options()})
        self.open(gateway)
        mail.wait_for(1)
        mail.kill()
        self.close(gateway)
        self.open(gateway)
        mail.start()
        wait_until(lambda: "opened" in mail.messages[-1]["data"] and len(mail.messages) > 1,
                   "what could not be sent while the server was away")


if __name__ == "__main__":
    unittest.main()
