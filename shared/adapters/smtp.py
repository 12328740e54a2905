"""MailSender by SMTP, encrypted unless the server is on this machine."""

import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from shared.adapters.deadline import ended_after
from shared.config import SmtpServer
from shared.domain.notices.mails import RenderedMail
from shared.ports import DeliveryFailed

CONVERSATION_SECONDS = 30.0
_ANSWER_SECONDS = 10.0
_UNFOLDED = SMTP.clone(max_line_length=900)
"""Some mail programs do not read a List-Unsubscribe that is folded."""


class SmtpMailSender:
    """Sends each mail in a conversation of its own."""

    def __init__(self, server: SmtpServer, sender: str, context: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._sender = sender
        self._context = context or ssl.create_default_context()

    def send(self, mail: RenderedMail) -> str:
        try:
            message = self._message(mail)
            with self._connect() as client, ended_after(CONVERSATION_SECONDS, lambda: client.sock):
                self._prepare(client)
                client.send_message(message, to_addrs=[mail.to])
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise _refused(code, text) from error
        except smtplib.SMTPDataError as error:
            raise _refused(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPResponseException as error:
            # The server refuses us, whatever the mail: a person has to change the configuration.
            answer = _refused(error.smtp_code, error.smtp_error).answer
            raise DeliveryFailed(answer) from error
        except (smtplib.SMTPException, OSError) as error:
            raise DeliveryFailed(f"{type(error).__name__}: {error}") from error
        except ValueError as error:  # a header that cannot be written
            raise DeliveryFailed(f"the mail cannot be written: {error}", is_final=True) from error
        return f"accepted by {self._server.host}"

    def _connect(self) -> smtplib.SMTP:
        host, port = self._server.host, self._server.port
        if self._server.scheme == "smtps":
            return smtplib.SMTP_SSL(host, port, timeout=_ANSWER_SECONDS, context=self._context)
        return smtplib.SMTP(host, port, timeout=_ANSWER_SECONDS)

    def _prepare(self, client: smtplib.SMTP) -> None:
        """Encrypt and sign in. A server elsewhere that cannot encrypt gets no mail."""
        if self._server.scheme == "smtp" and not self._server.is_local:
            client.starttls(context=self._context)
        if self._server.user:
            client.login(self._server.user, self._server.password or "")

    def _message(self, mail: RenderedMail) -> EmailMessage:
        message = EmailMessage(_UNFOLDED)
        message["From"] = self._sender
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = f"<{mail.id}@{parseaddr(self._sender)[1].rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        if mail.stop_url:
            message["List-Unsubscribe"] = f"<{mail.stop_url}>"
            message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message


def _refused(code: int, text: bytes | str) -> DeliveryFailed:
    """Return the failure for a server's answer: 5xx is final."""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return DeliveryFailed(f"{code} {words}", is_final=500 <= code < 600)
