"""symphony call decodes answers; the gateway passes them through."""

import gzip
import pathlib
import shutil
import subprocess
import unittest
import zlib

from support import Api, Gateway, answer, run, single, write_config

TEXT = b'{"id": 1, "name": "order"}' * 2000
CODINGS = "gzip, deflate, br, zstd"


class DecodeCase(unittest.TestCase):
    def setUp(self):
        self.api = Api(self)

    def call(self, *arguments, config=None):
        file = write_config(self, config or single(self.api.url))
        return run(["call", "-c", file, "shop.api", *arguments])

    def coded(self, coding, body):
        self.api.behaviour = answer(200, body, {"content-encoding": coding})


class Decoded(DecodeCase):
    def test_it_asks_for_codings_and_prints_what_they_hold(self):
        for coding, body in (("gzip", gzip.compress(TEXT)), ("deflate", zlib.compress(TEXT)),
                             ("deflate", zlib.compress(TEXT, wbits=-15)),
                             ("deflate, gzip", gzip.compress(zlib.compress(TEXT)))):
            with self.subTest(coding=coding):
                self.coded(coding, body)
                got = self.call("-i")
                self.assertEqual(got.code, 0, got.err)
                head, body = got.out.replace(b"\r\n", b"\n").split(b"\n\n", 1)
                self.assertEqual(body, TEXT)
                self.assertNotIn(b"content-encoding", head.lower())
                self.assertNotIn(b"content-length", head.lower())
                self.assertEqual(self.api.requests[-1].all("accept-encoding"), [CODINGS])

    def test_json_holds_the_decoded_body(self):
        self.coded("gzip", gzip.compress(b'{"a":[1]}'))
        got = self.call("--json").json
        self.assertEqual(got["body"], {"a": [1]})
        self.assertNotIn("content-encoding", got["headers"])

    @unittest.skipUnless(shutil.which("node"), "node makes the br body")
    def test_br(self):
        body = subprocess.run(
            ["node", "-e", "process.stdout.write(require('zlib').brotliCompressSync("
                           "require('fs').readFileSync(0)))"],
            input=TEXT, capture_output=True, check=True).stdout
        self.coded("br", body)
        self.assertEqual(self.call().out, TEXT)

    def test_a_bomb_is_too_large_and_a_cut_body_no_answer(self):
        self.coded("gzip", gzip.compress(b"\0" * (80 << 20)))
        for how in ((), ("--json",)):
            got = self.call(*how)
            self.assertEqual(got.code, 4, got.err)
            self.assertIn("answer", got.err)
        self.assertEqual(got.json["error"]["kind"], "response_too_large")
        self.coded("gzip", gzip.compress(TEXT)[:-10])
        self.assertEqual(self.call("--json").json["error"]["kind"], "protocol_error")


class AsItCame(DecodeCase):
    def test_a_caller_who_names_codings_gets_the_bytes(self):
        self.coded("gzip", gzip.compress(TEXT))
        got = self.call("-H", "Accept-Encoding: gzip")
        self.assertEqual(gzip.decompress(got.out), TEXT)
        self.assertEqual(self.api.requests[-1].all("accept-encoding"), ["gzip"])

    def test_parts_are_never_coded_unasked(self):
        self.call("-H", "range: bytes=0-9")
        self.assertEqual(self.api.requests[-1].all("accept-encoding"), [])

    def test_an_endpoint_may_do_without(self):
        self.coded("gzip", gzip.compress(TEXT))
        got = self.call(config=single(self.api.url, http={"decompress": False}))
        self.assertEqual(gzip.decompress(got.out), TEXT)
        self.assertEqual(self.api.requests[-1].all("accept-encoding"), [])

    def test_configured_codings_are_the_callers_business(self):
        self.coded("gzip", gzip.compress(TEXT))
        got = self.call(config=single(self.api.url, headers={"accept-encoding": "gzip"}))
        self.assertEqual(gzip.decompress(got.out), TEXT)

    def test_the_gateway_passes_bodies_through(self):
        body = gzip.compress(TEXT)
        self.coded("gzip", body)
        gateway = Gateway(self, single(self.api.url))
        got = gateway.request("/shop/api")
        self.assertEqual(got.body, body)
        self.assertEqual(got.get("content-encoding"), "gzip")
        self.assertEqual(got.get("content-length"), str(len(body)))
        self.assertEqual(self.api.requests[-1].all("accept-encoding"), ["identity"],
                         "what Python's client sends")


if __name__ == "__main__":
    unittest.main()
