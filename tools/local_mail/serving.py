"""Serving SMTP and the pages from threads of this process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from werkzeug.serving import make_server

from tools.dev.loopback import HOST
from tools.local_mail.mails import Mailbox, read_mail
from tools.local_mail.pages import create_app

# How long stopping may take: the server looks this often whether it shall.
_POLL_SECONDS = 0.02


class _Receiver:
    """Puts into a mailbox what aiosmtpd hands over."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail; aiosmtpd answers 500 when it cannot be read."""
        self._mailbox.add(read_mail(envelope.original_content or b"", envelope.rcpt_tos))
        return "250 OK"


@contextmanager
def serving(*, port: int, smtp_port: int, auth_port: int | None = None) -> Iterator[None]:
    """Serve until the block ends; without the port of an Auth emulator there are no links of one."""
    mailbox = Mailbox()
    smtp = Controller(_Receiver(mailbox), hostname=HOST, port=smtp_port)
    smtp.start()
    try:
        server = make_server(HOST, port, create_app(mailbox, auth_port), threaded=True)
        thread = threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), name="local-mail")
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
    finally:
        smtp.stop()
