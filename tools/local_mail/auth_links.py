"""The links that the Firebase Auth emulator makes instead of sending mail, as mails."""

from tools.dev.auth_emulator import action_links
from tools.local_mail.mails import Mail, Mailbox

_SUBJECTS = {"VERIFY_EMAIL": "Confirm your address", "PASSWORD_RESET": "Reset your password"}
_ADVICE = {"PASSWORD_RESET": "\n\nAdd the new password to the end of the address: &newPassword=…"}


def collect_links(auth_port: int, mailbox: Mailbox) -> None:
    """Add the links that are new; the emulator does not say when it made them, so their time is now."""
    for link in action_links(auth_port):
        kind = link["requestType"]
        mail = Mail(
            to=(link["email"],),
            sender="Firebase Auth emulator",
            subject=_SUBJECTS.get(kind, kind),
            text=link["oobLink"] + _ADVICE.get(kind, ""),
        )
        mailbox.add(mail, link["oobCode"])
