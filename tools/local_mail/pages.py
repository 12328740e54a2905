"""The pages under /_mail: the list, one mail, and all mails as JSON."""

from flask import Flask, Response, abort, jsonify, render_template
from flask.typing import ResponseReturnValue

from tools.local_mail.auth_links import collect_links
from tools.local_mail.mails import Mail, Mailbox

# A mail is shown in a frame, which inherits the policy: it runs nothing, loads nothing and leads nowhere by itself.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create_app(mailbox: Mailbox, auth_port: int | None) -> Flask:
    """Return the pages of a mailbox, which takes in the links of the Auth emulator before it is read."""
    app = Flask(__name__)

    def mails() -> dict[int, Mail]:
        if auth_port:
            collect_links(auth_port, mailbox)
        return mailbox.newest_first()

    @app.get("/_mail")
    def all_mail() -> str:
        return render_template("list.html", mails=mails(), title="Mail")

    @app.get("/_mail/<int:number>")
    def one_mail(number: int) -> str:
        mail = mails().get(number) or abort(404)
        return render_template("mail.html", mail=mail, title=mail.subject or "(no subject)")

    @app.get("/_mail/messages.json")
    def messages() -> Response:
        return jsonify([{"number": number, **_fields(mail)} for number, mail in mails().items()])

    @app.errorhandler(404)
    def missing(_error: Exception) -> ResponseReturnValue:
        return render_template("missing.html", title="There is no such mail"), 404

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.update(_HEADERS)
        return response

    return app


def _fields(mail: Mail) -> dict[str, object]:
    fields = {name: value for name, value in vars(mail).items() if name != "sender"}
    return fields | {"from": mail.sender, "received_at": mail.received_at.isoformat(), "links": mail.links}
