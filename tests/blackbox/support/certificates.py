"""A certificate made for one test."""

import pathlib
import ssl
import subprocess
import tempfile


def make_certificate(case, name="127.0.0.1"):
    """Returns the server's context and the PEM file that trusts it."""
    cert, key = make_pair(case, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert


def make_pair(case, name="127.0.0.1", passphrase=None):
    """Returns the PEM files of a certificate that vouches for itself and of its key."""
    directory = tempfile.TemporaryDirectory(prefix="symphony-test-")
    case.addCleanup(directory.cleanup)
    cert, key = (pathlib.Path(directory.name, x) for x in ("cert.pem", "key.pem"))
    kind = "IP" if name[0].isdigit() else "DNS"
    secrecy = ["-passout", f"pass:{passphrase}"] if passphrase else ["-nodes"]
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         *secrecy, "-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName={kind}:{name}",
         "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def trusting(cert, *shown):
    """A client's context that trusts `cert`; `shown`: its own certificate and key."""
    context = ssl.create_default_context(cafile=str(cert))
    if shown:
        context.load_cert_chain(*shown)
    return context
