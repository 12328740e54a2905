"""Owns a stand-in for Google behind an HTTPS proxy: what Firebase Auth is asked in production, on loopback."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.x509.oid import NameOID

HOSTS = tuple(f"{name}.googleapis.com" for name in ("www", "oauth2", "identitytoolkit", "iamcredentials"))
KEY_ID = "key-1"


class GoogleDouble:
    """Google as one project sees it: a key that signs ID tokens, and accounts."""

    def __init__(self, folder: Path) -> None:
        self.signing_key = generate_private_key(65537, 2048)
        self.accounts: dict[str, dict[str, object]] = {}
        self.is_away = False
        certificate = _certificate(self.signing_key, HOSTS)
        self.certificates = {KEY_ID: certificate.public_bytes(serialization.Encoding.PEM).decode()}
        self.authority = _written(folder / "hosts.pem", certificate, self.signing_key)
        self.credentials = folder / "account.json"
        self.credentials.write_text(json.dumps(_service_account(self.signing_key)))

    def sign(self, claims: dict[str, Any], key: RSAPrivateKey | None = None) -> str:
        """An ID token, by default as Google signs it."""
        return jwt.encode(claims, key or self.signing_key, algorithm="RS256", headers={"kid": KEY_ID})

    def answer(self, host: str, path: str, body: dict[str, Any]) -> object:
        """Return the answer of one of the hosts."""
        match host:
            case "www.googleapis.com":
                return self.certificates
            case "oauth2.googleapis.com":
                return {"access_token": "of-the-double", "expires_in": 3600, "token_type": "Bearer"}
            case "iamcredentials.googleapis.com":  # credentials ask it where they may be used
                return {"locations": [], "encodedLocations": "0x0"}
            case _ if path.endswith("accounts:lookup"):
                found = [self.accounts[each] for each in body["localId"] if each in self.accounts]
                return {"users": found}
        raise LookupError(f"{host}{path} is not doubled")


@contextmanager
def google_double(folder: Path) -> Iterator[tuple[GoogleDouble, str]]:
    """A double, and the URL of the proxy that leads to it."""
    double = GoogleDouble(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(double.authority)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(double, context))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield double, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(double: GoogleDouble, context: ssl.SSLContext) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """A proxy whose every way leads into this process."""

        def do_CONNECT(self) -> None:
            if double.is_away:
                self.send_error(502)
                return
            host = self.path.partition(":")[0]
            self.send_response(200)
            self.end_headers()
            self.connection = context.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
            self._answer_one(host)

        def _answer_one(self, host: str) -> None:
            _method, path, _version = self.rfile.readline().decode().split(" ")
            length = 0
            while line := self.rfile.readline().strip():
                name, _, value = line.decode().partition(":")
                length = int(value) if name.lower() == "content-length" else length
            sent = self.rfile.read(length)
            body = json.loads(sent) if sent.startswith(b"{") else {}
            content = json.dumps(double.answer(host, path, body)).encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
            self.wfile.write(f"{head}Connection: close\r\n\r\n".encode() + content)
            self.wfile.flush()
            self.connection.close()

        def log_message(self, *_: object) -> None:
            """Say nothing: a test tells what went wrong."""

    return Handler


def _certificate(key: RSAPrivateKey, hosts: tuple[str, ...]) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "double")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _pem(key: RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _written(file: Path, certificate: x509.Certificate, key: RSAPrivateKey) -> Path:
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + _pem(key))
    return file


def _service_account(key: RSAPrivateKey) -> dict[str, str]:
    return {
        "type": "service_account",
        "project_id": "demo-gwi",
        "private_key_id": "1",
        "private_key": _pem(key).decode(),
        "client_email": "usage-api@demo-gwi.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
