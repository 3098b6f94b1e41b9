"""`symphony alert test`: every channel at once, each with what came of it."""

import unittest

from support import Api, MailServer, answer, run, single, tools, endpoint, write_config


class AlertTest(unittest.TestCase):
    def config(self, alerts, **alerting):
        content = single("http://127.0.0.1:1",
                         circuitBreaker={"monitoring": {"alerts": alerts}})
        return write_config(self, {**content, "alerting": alerting} if alerting else content)

    def send(self, config, *arguments):
        return run(["alert", "test", "-c", config, *arguments])

    def test_sends_one_through_every_channel(self):
        hooks, mail = Api(self), MailServer(self, "starttls", ("bot", "pass word"))
        config = self.config(
            {"slack": f"{hooks.url}/services/T0/secret", "webhook": f"{hooks.url}/hook?key=secret",
             "email": "ops@example.com"},
            smtp=mail.options(username="bot", password="pass word"), ca=str(mail.ca))
        done = self.send(config)
        self.assertEqual(done.code, 0, done)
        self.assertEqual(done.text.splitlines(), ["shop.api  email    sent", "shop.api  slack    sent",
                                                  "shop.api  webhook  sent"])
        self.assertEqual({(r.method, r.target) for r in hooks.requests},
                         {("POST", "/services/T0/secret"), ("POST", "/hook?key=secret")})
        [message] = mail.messages
        self.assertEqual((message["from"], message["to"], message["tls"], message["user"]),
                         ("symphony@example.com", ["ops@example.com"], True, "bot"))
        head, body = message["data"].split("\r\n\r\n", 1)
        self.assertIn("\r\nSubject: [symphony] shop.api: test\r\n", head)
        self.assertIn("This is a test", body)

    def test_tls_from_the_first_byte(self):
        mail = MailServer(self, "tls")
        config = self.config({"email": "ops@example.com"}, smtp=mail.options(), ca=str(mail.ca))
        self.assertEqual(self.send(config).code, 0)
        self.assertEqual(len(mail.messages), 1)

    def test_without_tls_where_that_is_asked_for(self):
        mail = MailServer(self, "none")
        config = self.config({"email": "ops@example.com"}, smtp=mail.options())
        self.assertEqual(self.send(config).code, 0)
        self.assertFalse(mail.messages[0]["tls"])

    def test_says_which_channel_failed_and_why(self):
        hooks, mail = Api(self, answer(403)), MailServer(self, "starttls", ("bot", "right"))
        config = self.config(
            {"webhook": f"{hooks.url}/hook?key=SECRET", "email": "ops@example.com"},
            smtp=mail.options(username="bot", password="WRONG"), ca=str(mail.ca))
        done = self.send(config)
        self.assertEqual(done.code, 4, done)
        self.assertRegex(done.text, r"shop\.api  email    failed: .*535")
        self.assertIn("shop.api  webhook  failed: answer 403", done.text)
        self.assertEqual(len(hooks.requests), 1, "a test is tried once")
        for hidden in ("SECRET", "WRONG"):
            self.assertNotIn(hidden, done.text + done.err)

    def test_an_unknown_certificate_gets_no_credentials(self):
        mail = MailServer(self, "starttls", ("bot", "word"))
        config = self.config({"email": "ops@example.com"},
                             smtp=mail.options(username="bot", password="word"))
        done = self.send(config)
        self.assertEqual(done.code, 4, done)
        self.assertIn("certificate", done.text.lower())
        self.assertEqual(mail.messages, [])

    def test_a_server_without_starttls_gets_nothing(self):
        mail = MailServer(self, "none")
        config = self.config({"email": "ops@example.com"},
                             smtp={**mail.options(), "tls": "starttls"})
        self.assertEqual(self.send(config).code, 4)
        self.assertEqual(mail.messages, [])

    def test_follows_no_redirect(self):
        elsewhere = Api(self)
        hooks = Api(self, answer(302, headers={"location": f"{elsewhere.url}/"}))
        done = self.send(self.config({"webhook": f"{hooks.url}/hook"}))
        self.assertEqual((done.code, "answer 302" in done.text), (4, True), done)
        self.assertEqual(elsewhere.requests, [])

    def test_one_of_several(self):
        hooks = Api(self)
        alerts = {"monitoring": {"alerts": {"webhook": f"{hooks.url}/hook"}}}
        config = write_config(self, tools(shop={
            "one": endpoint("http://127.0.0.1:1", circuitBreaker=alerts),
            "two": endpoint("http://127.0.0.1:1", circuitBreaker=alerts),
            "none": endpoint("http://127.0.0.1:1")}))
        self.assertEqual(self.send(config, "shop.two").text, "shop.two  webhook  sent\n")
        self.assertEqual(self.send(config).text,
                         "shop.one  webhook  sent\nshop.two  webhook  sent\n")
        for target in ("shop.none", "shop", "shop.two/path"):
            self.assertEqual(self.send(config, target).code, 2, target)

    def test_without_any_alerts(self):
        done = self.send(write_config(self, single("http://127.0.0.1:1")))
        self.assertEqual(done.code, 2)
        self.assertIn("circuitBreaker.monitoring.alerts", done.err)


class Faults(unittest.TestCase):
    def assert_fault(self, alerts, text, **alerting):
        content = single("http://127.0.0.1:1",
                         circuitBreaker={"monitoring": {"alerts": alerts}})
        if alerting:
            content["alerting"] = alerting
        done = run(["check", "-c", write_config(self, content)])
        self.assertEqual(done.code, 2, done)
        self.assertIn(text, done.err)
        return done

    def test_each_names_place_and_remedy(self):
        at = "tools[0].externalAPIs.api.circuitBreaker.monitoring.alerts"
        smtp = {"host": "mail.example.com", "from": "a@example.com"}
        self.assert_fault({"email": "ops@example.com"},
                          f"{at}.email: needs 'alerting.smtp'")
        self.assert_fault({"email": "ops@example.com\r\nBcc: x@y.z"}, "one address", smtp=smtp)
        self.assert_fault({"webhok": "http://a/"}, "'webhook'")
        self.assert_fault({}, "names no channel")
        done = self.assert_fault({"slack": "ftp://KEY@a/"}, f"{at}.slack: must be an http")
        self.assertNotIn("KEY", done.err)
        hook = {"webhook": "http://127.0.0.1/"}
        self.assert_fault(hook, "no placeholder 'tol'", templates={"opened": "{tol} fell"})
        self.assert_fault(hook, "a brace stands alone", templates={"summary": "a } b"})
        self.assert_fault(hook, "alerting.smtp: 'from' is missing", smtp={"host": "mail.example.com"})
        self.assert_fault(hook, "goes with 'username'", smtp={**smtp, "password": "x"})
        self.assert_fault(hook, "without TLS",
                          smtp={**smtp, "username": "a", "password": "x", "tls": "none"})

    def test_check_shows_channels_but_no_secret(self):
        content = single("http://127.0.0.1:1", circuitBreaker={"monitoring": {"alerts": {
            "slack": "https://hooks.example.com/KEY", "email": "ops@example.com",
            "webhook": "https://example.com/?KEY", "minInterval": "5m"}}})
        content["alerting"] = {"smtp": {"host": "mail.example.com", "from": "a@example.com"}}
        done = run(["check", "-c", write_config(self, content)])
        self.assertEqual(done.code, 0, done)
        self.assertIn("by Slack, e-mail to ops@example.com, a webhook; one in 5m", done.text)
        self.assertNotIn("KEY", done.text)


if __name__ == "__main__":
    unittest.main()
