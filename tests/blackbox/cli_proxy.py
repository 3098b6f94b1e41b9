"""Proxies from the configuration and the environment, through a proxy that records what it sees."""

import base64
import unittest

from support import Api, Gateway, answer, run, single, write_config


class ProxyCase(unittest.TestCase):
    def setUp(self):
        self.api = Api(self, answer(200, b"direct"))
        # A proxy of plain HTTP is a server that is asked in absolute form.
        self.proxy = Api(self, answer(200, b"proxied"))
        self.at = f"127.0.0.1:{self.proxy.port}"

    def call(self, config=None, env=None, *arguments):
        file = write_config(self, config or single(self.api.url))
        return run(["call", "-c", file, "shop.api", *arguments], env=env)

    def through(self, proxy, **more):
        return single(self.api.url, http={"proxy": proxy}, **more)


class Configured(ProxyCase):
    def test_http_goes_in_absolute_form(self):
        got = self.call(self.through(f"http://{self.at}"))
        self.assertEqual(got.out, b"proxied", got.err)
        request = self.proxy.wait_for(1)
        self.assertEqual(request.target, self.api.url + "/")
        self.assertEqual(request.get("host"), f"127.0.0.1:{self.api.port}")
        self.assertEqual(self.api.requests, [])

    def test_credentials_are_the_proxys_and_no_callers(self):
        config = self.through(f"http://ann:p%3Aw@{self.at}",
                              auth={"type": "bearer", "credentials": {"token": "t"}})
        self.call(config, None, "-H", "Proxy-Authorization: Basic bWluZQ==")
        request = self.proxy.wait_for(1)
        self.assertEqual(request.all("proxy-authorization"),
                         ["Basic " + base64.b64encode(b"ann:p:w").decode()])
        self.assertEqual(request.all("authorization"), ["Bearer t"])

    def test_callers_credentials_for_a_proxy_never_reach_the_api(self):
        self.call(None, None, "-H", "Proxy-Authorization: Basic bWluZQ==")
        self.assertEqual(self.api.wait_for(1).all("proxy-authorization"), [])
        gateway = Gateway(self, single(self.api.url))
        gateway.request(headers={"Proxy-Authorization": "Basic bWluZQ=="})
        self.assertEqual(self.api.wait_for(2).all("proxy-authorization"), [])

    def test_https_asks_for_a_tunnel_and_says_what_became_of_it(self):
        self.proxy.behaviour = answer(502, b"no")
        config = single("https://api.invalid/v2", http={"proxy": f"http://ann:hunter2@{self.at}"})
        got = self.call(config, None, "--json", "--log-level", "trace")
        self.assertEqual(got.code, 4)
        self.assertEqual(got.json["error"]["kind"], "connect_failed")
        self.assertIn(f"the proxy {self.at} did not connect to api.invalid: status 502",
                      got.json["error"]["message"])
        self.assertNotIn("hunter2", got.text + got.err)
        request = self.proxy.wait_for(1)
        self.assertEqual((request.method, request.target), ("CONNECT", "api.invalid:443"))

    def test_407_says_that_credentials_are_missing_or_wrong(self):
        self.proxy.behaviour = answer(407, b"")
        got = self.call(self.through(f"http://{self.at}"))
        self.assertEqual(got.code, 4)
        self.assertIn("wants credentials (status 407)", got.err)
        got = self.call(self.through(f"http://ann:hunter2@{self.at}"))
        self.assertIn("does not accept the credentials (status 407)", got.err)
        self.assertNotIn("hunter2", got.err)

    def test_a_wrong_one_is_a_fault_that_repeats_nothing(self):
        for wrong in ("socks5://ann:hunter2@p", "http://ann:hunter2@p/x", "", "http://"):
            with self.subTest(proxy=wrong):
                got = self.call(self.through(wrong))
                self.assertEqual(got.code, 2)
                self.assertIn("http.proxy", got.err)
                self.assertNotIn("hunter2", got.err)


class FromTheEnvironment(ProxyCase):
    def test_http_proxy_in_both_cases(self):
        for name in ("http_proxy", "HTTP_PROXY"):
            with self.subTest(name=name):
                self.assertEqual(self.call(env={name: self.at}).out, b"proxied")
        self.assertEqual(self.call(env={"https_proxy": self.at}).out, b"direct")

    def test_no_proxy_and_none(self):
        for name in ("no_proxy", "NO_PROXY"):
            for value in ("127.0.0.1", "x.test,127.0.0.0/8", f"127.0.0.1:{self.api.port}", "*"):
                with self.subTest(name=name, value=value):
                    self.assertEqual(self.call(env={"http_proxy": self.at, name: value}).out,
                                     b"direct")
        env = {"http_proxy": self.at, "no_proxy": "127.0.0.1:1"}
        self.assertEqual(self.call(env=env).out, b"proxied")
        self.assertEqual(self.call(self.through("none"), env={"http_proxy": self.at}).out,
                         b"direct")

    def test_the_configured_one_rules(self):
        env = {"http_proxy": "http://127.0.0.1:1", "no_proxy": "*"}
        self.assertEqual(self.call(self.through(self.at), env=env).out, b"proxied")

    def test_the_gateway_heeds_it(self):
        gateway = Gateway(self, single(self.api.url), env={"http_proxy": self.at})
        self.assertEqual(gateway.request().body, b"proxied")

    def test_one_that_cannot_be_used_is_named(self):
        got = self.call(env={"http_proxy": "socks5://ann:hunter2@p"})
        self.assertEqual(got.code, 2)
        self.assertIn("http_proxy", got.err)
        self.assertNotIn("hunter2", got.err)


class Check(ProxyCase):
    def check(self, config, env=None):
        return run(["check", "-c", write_config(self, config)], env=env)

    def test_it_shows_the_proxy_without_credentials(self):
        got = self.check(self.through("http://ann:hunter2@proxy.test:3128"))
        self.assertIn("through the proxy proxy.test:3128", got.text)
        self.assertNotIn("hunter2", got.text)
        self.assertNotIn("ann", got.text)
        got = self.check(single(self.api.url), {"http_proxy": "http://ann:hunter2@env.test:1"})
        self.assertIn("through the proxy env.test:1", got.text)
        self.assertNotIn("hunter2", got.text)
        self.assertNotIn("proxy", self.check(single(self.api.url)).text)


if __name__ == "__main__":
    unittest.main()
