"""WebhookSender by HTTPS to public addresses only. The address that is checked is the one that is connected to."""

import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from urllib.parse import SplitResult, urlsplit

from standardwebhooks import Webhook

from shared.adapters.deadline import ended_after
from shared.domain.errors import InvalidInput
from shared.domain.notices.endpoints import is_public, valid_url
from shared.ports import DeliveryFailed, SignedWebhook

REQUEST_SECONDS = 5.0
MAX_ANSWER_BYTES = 1024
_PORTS = {"https": 443, "http": 80}
Resolve = Callable[[str, int], list[str]]


def resolve(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host. Raise OSError if it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@cache
def _trust() -> ssl.SSLContext:
    """Return the certificates that this machine trusts. A process reads them once, because that takes 20 ms."""
    return ssl.create_default_context()


class WebhookPosts:
    """Posts signed webhooks. With `allow_local`, also to this machine, and there without TLS too."""

    def __init__(
        self,
        *,
        allow_local: bool = False,
        context: ssl.SSLContext | None = None,
        resolve: Resolve = resolve,
    ) -> None:
        self._allow_local = allow_local
        self._context = context or _trust()
        self._resolve = resolve

    def send(self, webhook: SignedWebhook) -> str:
        try:
            parts = urlsplit(valid_url(webhook.url, allow_local=self._allow_local))
            port = parts.port or _PORTS[parts.scheme]
            address = self._public_address(parts.hostname or "", port)
            answer = self._post(webhook, parts, (address, port))
        except InvalidInput as error:
            raise DeliveryFailed(error.message, is_final=True) from error
        except (OSError, HTTPException, ValueError) as error:
            raise DeliveryFailed(f"{type(error).__name__}: {error}") from error
        if not 200 <= answer.status < 300:
            raise DeliveryFailed(answer.text)
        return answer.text

    def _public_address(self, host: str, port: int) -> str:
        """Return the address to connect to. Raise DeliveryFailed if any address of the host is not public."""
        addresses = self._resolve(host, port)
        for address in addresses:
            if not is_public(address) and not (self._allow_local and _is_loopback(address)):
                raise DeliveryFailed(f"{host} resolves to {address}, which is not a public address")
        return addresses[0]

    def _post(self, webhook: SignedWebhook, parts: SplitResult, place: tuple[str, int]) -> "_Answer":
        connection = HTTPConnection(parts.hostname or "", place[1], timeout=REQUEST_SECONDS)
        with closing(connection), ended_after(REQUEST_SECONDS, lambda: connection.sock):
            connection.sock = socket.create_connection(place, timeout=REQUEST_SECONDS)
            if parts.scheme == "https":
                self._encrypt(connection, parts.hostname or "")
            target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
            headers = {**_signature_headers(webhook), "Host": parts.netloc}
            connection.request("POST", target, body=webhook.body.encode(), headers=headers)
            return _Answer.of(connection.getresponse())

    def _encrypt(self, connection: HTTPConnection, host: str) -> None:
        encrypted = self._context.wrap_socket(
            connection.sock, server_hostname=host, do_handshake_on_connect=False
        )
        connection.sock = encrypted
        encrypted.do_handshake()


class _Answer:
    """The status of a response, and its first words."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text

    @classmethod
    def of(cls, response: HTTPResponse) -> "_Answer":
        body = response.read(MAX_ANSWER_BYTES).decode("utf-8", "replace")
        visible = "".join(each if each.isprintable() else " " for each in body).strip()
        line = f"{response.status} {response.reason}".strip()
        if 300 <= response.status < 400:
            return cls(response.status, f"{line}: redirects are not followed")
        return cls(response.status, f"{line}: {visible}" if visible else line)


def _signature_headers(webhook: SignedWebhook) -> dict[str, str]:
    """Return the headers of Standard Webhooks; after a rotation there is a signature by each secret."""
    signatures = [
        Webhook(secret).sign(webhook.message_id, webhook.sent_at, webhook.body) for secret in webhook.secrets
    ]
    return {
        "Content-Type": "application/json",
        "User-Agent": "GWI-Usage-Webhooks",
        "webhook-id": webhook.message_id,
        "webhook-timestamp": str(int(webhook.sent_at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _is_loopback(address: str) -> bool:
    return address == "::1" or address.startswith("127.")
