"""Write and read the documents of the outbox and of webhook endpoints."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from dataclasses import fields as fields_of
from datetime import timedelta
from typing import Any, Final

from shared.adapters.firestore.encoding import get_fields, read_as
from shared.adapters.firestore.people.tenants import create_write, set_write
from shared.domain.notices.endpoints import Endpoint
from shared.domain.notices.entries import Outgoing, QuotaUse
from shared.domain.notices.mails import Button, Mail, OperatorNotice
from shared.domain.notices.outbox import Content, OutboxEntry
from shared.domain.notices.webhooks import Notice, WebhookMessage

_CONTENT_TYPES: Final[Mapping[str, type[Notice | WebhookMessage | OperatorNotice]]] = {
    "notice": Notice,
    "webhook": WebhookMessage,
    "operator": OperatorNotice,
}
_QUOTA_KEPT_FOR = timedelta(days=2)
_ENDPOINT_FIELDS = tuple(field.name for field in fields_of(Endpoint) if field.name not in ("id", "tenant_id"))


def outgoing_writes(documents: str, outgoing: Outgoing) -> Iterator[Any]:
    """Yield the writes of new entries and of their quotas, which fail if one exists or has changed."""
    for entry in outgoing.entries:
        yield create_write(entry_name(documents, entry.id), entry_fields(entry))
    for use in outgoing.quotas:
        yield _quota_write(documents, use)


def entry_name(documents: str, entry_id: str) -> str:
    return f"{documents}/outbox/{entry_id}"


def quota_name(documents: str, use_id: str) -> str:
    return f"{documents}/mail_quotas/{use_id}"


def entry_fields(entry: OutboxEntry) -> dict[str, object]:
    """Return the fields of an entry's document; `endpoint_id` is for the list of an endpoint's deliveries."""
    content = entry.content
    return {
        "kind": entry.kind,
        "tenant_id": entry.tenant_id,
        "endpoint_id": content.endpoint_id if isinstance(content, WebhookMessage) else None,
        "content": asdict(content),
        "created_at": entry.created_at,
        **result_fields(entry),
        "token": entry.token,
        "expire_at": entry.expires_at,
    }


def result_fields(entry: OutboxEntry) -> dict[str, object]:
    """Return the fields that an attempt changes."""
    return {
        "state": entry.state,
        "attempts": entry.attempts,
        "next_attempt_at": entry.next_attempt_at,
        "last_answer": entry.last_answer,
    }


def read_entry(document: Any) -> OutboxEntry:
    """Return the entry that entry_fields wrote."""
    fields = get_fields(document.fields)
    return OutboxEntry(
        id=document.name.rpartition("/")[2],
        tenant_id=fields["tenant_id"],
        content=_read_content(fields["kind"], fields["content"]),
        created_at=fields["created_at"],
        state=fields["state"],
        attempts=fields["attempts"],
        next_attempt_at=fields["next_attempt_at"],
        last_answer=fields["last_answer"],
        token=fields["token"],
        version=document.update_time,
    )


def _read_content(kind: str, fields: dict[str, Any]) -> Content:
    if kind != "mail":
        return read_as(_CONTENT_TYPES[kind], fields)
    button = fields.pop("button")
    paragraphs = tuple(fields.pop("paragraphs"))
    return read_as(Mail, fields, paragraphs=paragraphs, button=read_as(Button, button) if button else None)


def _quota_write(documents: str, use: QuotaUse) -> Any:
    fields = {"used": use.used + 1, "expire_at": use.quota.starts_at + _QUOTA_KEPT_FOR}
    name = quota_name(documents, use.quota.id)
    if use.version is None:
        return create_write(name, fields)
    write = set_write(name, fields)
    write.current_document.update_time.CopyFrom(use.version)
    return write


def endpoint_fields(endpoint: Endpoint) -> dict[str, object]:
    return {name: getattr(endpoint, name) for name in _ENDPOINT_FIELDS}


def read_endpoint(document: Any) -> Endpoint:
    parts = document.name.split("/")
    return read_as(Endpoint, get_fields(document.fields), id=parts[-1], tenant_id=parts[-3])
