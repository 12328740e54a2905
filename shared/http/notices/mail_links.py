"""Routes behind the links of mails. The token of the link stands for a sign-in."""

from typing import Annotated, Literal

from flask import Response
from pydantic import BaseModel, ConfigDict, Field

from shared.http.bodies import read_body, read_query
from shared.http.responses import ResponseModel
from shared.http.routes import Call, Container, Example, Route, empty_response, json_response
from shared.usecases.notices.mail_links import MailLink, confirm_recipient, set_mail_stopped

Token = Annotated[str, Field(min_length=1, max_length=100)]


class ConfirmBody(BaseModel):
    """The token of the link."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: Token


class StopBody(ConfirmBody):
    """The token of the link, and whether to stop such mails or to start them again."""

    stopped: bool


class UnsubscribeQuery(BaseModel):
    """The token of the link, in the address that the mail program posts to."""

    model_config = ConfigDict(extra="forbid")

    token: Token


class ConfirmedResponse(ResponseModel):
    """The address that gets the alerts of the tenant now."""

    email: str
    tenant_name: str | None


class StoppedResponse(ResponseModel):
    """The mails that the address does not get any more, or gets again."""

    email: str
    stopped: bool
    scope: Literal["tenant", "invitations"]
    tenant_name: str | None = Field(description="Null for invitations, which are stopped from every tenant.")


def _confirm(call: Call, container: Container) -> Response:
    link = MailLink(call.path["entry"], read_body(call.request, ConfirmBody).token)
    confirmed = confirm_recipient(container.outbox, container.directory, link, call.now)
    return json_response(ConfirmedResponse(email=confirmed.email, tenant_name=confirmed.tenant_name))


def _stop(call: Call, container: Container) -> Response:
    body = read_body(call.request, StopBody)
    link = MailLink(call.path["entry"], body.token)
    mails = set_mail_stopped(container.outbox, container.directory, link, stopped=body.stopped)
    return json_response(
        StoppedResponse(
            email=mails.email,
            stopped=body.stopped,
            scope="tenant" if mails.tenant_name is not None else "invitations",
            tenant_name=mails.tenant_name,
        )
    )


def _unsubscribe(call: Call, container: Container) -> Response:
    link = MailLink(call.path["entry"], read_query(call.request, UnsubscribeQuery).token)
    set_mail_stopped(container.outbox, container.directory, link, stopped=True)
    return empty_response()


_MAIL = "/api/v1/mail/<entry>"
ROUTES = (
    Route(
        method="POST",
        path=f"{_MAIL}/confirm",
        summary="Confirm an address for alerts",
        handle=_confirm,
        needs=None,
        response=ConfirmedResponse,
        body=ConfirmBody,
        examples={"a token": Example({"token": "k3vJx"})},
    ),
    Route(
        method="POST",
        path=f"{_MAIL}/stop",
        summary="Stop a kind of mail, or start it again",
        handle=_stop,
        needs=None,
        response=StoppedResponse,
        body=StopBody,
        examples={"stop": Example({"token": "k3vJx", "stopped": True})},
    ),
    Route(
        method="POST",
        path=f"{_MAIL}/unsubscribe",
        summary="Stop a kind of mail from a mail program (RFC 8058)",
        handle=_unsubscribe,
        needs=None,
        query=UnsubscribeQuery,
        status=204,
    ),
)
