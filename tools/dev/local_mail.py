"""The stack's mail server: where it listens, and the settings that send the functions' mail to it."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.dev.loopback import HOST, free_port
from tools.dev.processes import ChildProcess, Command, Server
from tools.dev.settings import MAIL_FROM, ROOT, USUAL_MAIL_PORT, USUAL_SMTP_PORT


@dataclass(frozen=True)
class LocalMail:
    """The ports of a mail server. Functions need to know them when they start, so they are chosen first."""

    port: int
    smtp_port: int

    @property
    def url(self) -> str:
        """The address that serves the page."""
        return f"http://{HOST}:{self.port}"

    @property
    def smtp_url(self) -> str:
        """The address that takes mail."""
        return f"smtp://{HOST}:{self.smtp_port}"

    def settings(self) -> dict[str, str]:
        """Return the environment for the functions; it wins over a real server that the developer has set."""
        return {"SMTP_URL": self.smtp_url, "GWI_MAIL_FROM": MAIL_FROM}

    def parts(self) -> dict[str, str]:
        """Return the entries of the stack file."""
        return {"mail": f"{self.url}/_mail", "smtp": self.smtp_url}


def plan_mail() -> LocalMail:
    """Choose the ports."""
    return LocalMail(free_port(USUAL_MAIL_PORT), free_port(USUAL_SMTP_PORT))


def start_mail(mail: LocalMail, auth_port: int | None, logs: Path) -> Server:
    """Start the server in a process of its own; it is not ready yet."""
    arguments = [sys.executable, "-m", "tools.local_mail", "--port", str(mail.port)]
    arguments += ["--smtp-port", str(mail.smtp_port)]
    arguments += ["--auth-port", str(auth_port)] if auth_port else []
    process = ChildProcess("mail", Command(arguments, os.environ, folder=ROOT), log=logs / "mail.log")
    return Server(process, mail.port)
