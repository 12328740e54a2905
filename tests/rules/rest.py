"""Firestore over plain REST, as anybody on the internet reaches it: with a token or without one."""

import base64
import json
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener

BYPASSING_RULES = "owner"
"""The emulator's own token, for which no rule is asked."""

LONGEST_PAGE = 500
"""The most documents that one list may hold."""

_EXPIRES = 4_102_444_800  # 2100-01-01
_DIRECT = build_opener(ProxyHandler({}))


class Answer(NamedTuple):
    """The emulator's answer: the HTTP status and the decoded JSON."""

    status: int
    body: Any


def id_token(project_id: str, uid: str | None, *, email_verified: object = True) -> str:
    """An unsigned ID token as Firebase Auth's emulator issues it; uid None: it names nobody.

    `email_verified` None: it says nothing about an address.
    """
    claims: dict[str, object] = {
        "iss": f"https://securetoken.google.com/{project_id}",
        "aud": project_id,
        "iat": 0,
        "exp": _EXPIRES,
    }
    if uid is not None:
        claims |= {"sub": uid, "user_id": uid}
    if email_verified is not None:
        claims["email_verified"] = email_verified
    return f"{_encoded({'alg': 'none', 'typ': 'JWT'})}.{_encoded(claims)}."


def _encoded(part: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


class Database:
    """One project's database in the emulator; `documents` is the resource name of its root."""

    def __init__(self, host: str, project_id: str) -> None:
        self._host = host
        self.project_id = project_id
        self.documents = f"projects/{project_id}/databases/(default)/documents"

    def load_rules(self, source: str) -> Answer:
        """Put `source` in force. 400: it does not parse; `issues` in a 200: it parses, and names what is not."""
        files = [{"name": "firestore.rules", "content": source}]
        return self._send(
            "PUT", f"emulator/v1/projects/{self.project_id}:securityRules", {"rules": {"files": files}}
        )

    def call(self, method: str, path: str, body: object = None, *, token: str | None) -> Answer:
        """Send one request for `path` below the root (`tenants/acme`, `tenants/acme:runQuery`, `:commit`)."""
        separator = "" if path.startswith(":") else "/"
        return self._send(method, f"v1/{self.documents}{separator}{path}", body, token)

    def seed(self, path: str, **fields: str | None) -> None:
        """Write a document past the rules."""
        answer = self.call("PATCH", path, document(**fields), token=BYPASSING_RULES)
        assert answer.status == 200, answer.body

    def remove(self, path: str) -> None:
        """Delete a document past the rules."""
        answer = self.call("DELETE", path, token=BYPASSING_RULES)
        assert answer.status == 200, answer.body

    def _send(self, method: str, path: str, body: object = None, token: str | None = None) -> Answer:
        request = Request(f"http://{self._host}/{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with _DIRECT.open(request) as response:
                return Answer(response.status, json.load(response))
        except HTTPError as refused:
            with refused:
                return Answer(refused.code, json.load(refused))


def document(**fields: str | None) -> dict[str, object]:
    """A document of text fields and null fields, as REST writes it."""
    return {
        "fields": {
            name: {"nullValue": None} if value is None else {"stringValue": value}
            for name, value in fields.items()
        }
    }


def query(
    collection: str, *, all_descendants: bool = False, limit: int | None = LONGEST_PAGE
) -> dict[str, object]:
    """A query for documents of a collection, or of all collections of that name below the parent."""
    asked: dict[str, object] = {"from": [{"collectionId": collection, "allDescendants": all_descendants}]}
    return {"structuredQuery": asked if limit is None else {**asked, "limit": limit}}
