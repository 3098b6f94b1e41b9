"""A certificate made for one test."""

import pathlib
import ssl
import subprocess
import tempfile


def make_certificate(case, name="127.0.0.1"):
    """Returns the server's context and the PEM file that trusts it."""
    directory = tempfile.TemporaryDirectory(prefix="symphony-test-")
    case.addCleanup(directory.cleanup)
    cert, key = (pathlib.Path(directory.name, x) for x in ("cert.pem", "key.pem"))
    kind = "IP" if name[0].isdigit() else "DNS"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={kind}:{name}",
         "-keyout", key, "-out", cert], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert
