"""Owns the functions under test: each main.py as functions-framework loads it, all on one store and one clock."""

import base64
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import functions_framework
import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shared import bootstrap
from shared.adapters.memory.people.identities import MemoryAccount
from shared.container import Container
from shared.domain.people.audit import Change
from shared.domain.people.keys import ALL_SCOPES, PLATFORM_SCOPES, PlatformScope, Scope
from shared.domain.people.members import Member, Role
from shared.domain.people.tenants import Tenant
from shared.stores import process_memory
from shared.usecases.people.manage_keys import KeyRequest, create_key, new_key
from shared.usecases.people.manage_tenants import known_plan
from tests.member_fixtures import add_member
from tests.plans import PLANS
from tools.dev.functions import FUNCTIONS, Function
from tools.dev.tick import PUSH_PATH

Json = dict[str, Any]

BY_NAME = {function.name: function for function in FUNCTIONS}
_SET_BY_FRAMEWORK = ("FUNCTION_TARGET", "FUNCTION_SOURCE", "FUNCTION_SIGNATURE_TYPE", "FUNCTION_TRIGGER_TYPE")


class Clock:
    """The time of every function under test; it stands still until a test moves it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, duration: timedelta) -> None:
        """Let time pass."""
        self.now += duration


class Functions:
    """The deployed functions, each with a client; they share the store that the environment names."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.containers: dict[str, Container] = {}
        self.record_usage = self._load(BY_NAME["record_usage"])

    @cached_property
    def usage_api(self) -> FlaskClient:
        """Loaded when it is asked for, as the next two: many tests do without it."""
        return self._load(BY_NAME["usage_api"])

    @cached_property
    def aggregate(self) -> FlaskClient:
        return self._load(BY_NAME["aggregate"])

    @cached_property
    def stripe_webhook(self) -> FlaskClient:
        """Loaded when it is asked for: it does not start without a secret."""
        return self._load(BY_NAME["stripe_webhook"])

    def container(self, name: str) -> Container:
        """The container of a function, which is loaded if it is not yet."""
        getattr(self, name)
        return self.containers[name]

    def another(self) -> "Functions":
        """Other instances of the same functions, on the same store."""
        return Functions(self.clock)

    def _load(self, function: Function) -> FlaskClient:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(sys, "path", list(sys.path))
            for name in _SET_BY_FRAMEWORK:
                patch.setenv(name, "")
                patch.delenv(name)
            patch.setattr(bootstrap, "start", self._start_as(function.name, bootstrap.start))
            create_app: Callable[..., Flask] = functions_framework.create_app
            app = create_app(function.name, str(function.source()), function.signature)
        return app.test_client()

    def _start_as(self, name: str, start: Any) -> Any:
        """Start as main.py does, but on the clock of the test."""

        def start_on_clock(**options: Any) -> Container:
            container: Container = start(**options)
            container.clock = self.clock
            self.containers[name] = container
            return container

        return start_on_clock

    def create_tenant(self, tenant_id: str = "acme", plan: str = "starter") -> str:
        """A tenant; returns its first key, which may do everything, other than that of a real one."""
        now, directory = self.clock.now, self.containers["record_usage"].directory
        request = KeyRequest(label="first key", scopes=ALL_SCOPES, is_live=False)
        change = Change("test", now)
        made = new_key(tenant_id, request, change)
        tenant = Tenant(id=tenant_id, name=tenant_id.title(), plan=known_plan(PLANS, plan).id, created_at=now)
        entry = change.entry(tenant_id, "tenant.created", None, tenant.plan)
        directory.create_tenant(tenant, made.key, entry)
        return made.secret

    def create_key(
        self,
        *scopes: Scope,
        tenant_id: str = "acme",
        expires_at: datetime | None = None,
    ) -> str:
        """One more key of a tenant; without scopes it has all of them."""
        directory = self.containers["record_usage"].directory
        request = KeyRequest(label="", scopes=scopes or ALL_SCOPES, expires_at=expires_at, is_live=False)
        return create_key(directory, tenant_id, request, Change("test", self.clock.now)).secret

    def create_platform_key(self, *scopes: PlatformScope) -> str:
        """A platform key; without scopes it has all of them."""
        directory = self.containers["record_usage"].directory
        request = KeyRequest(label="platform", scopes=scopes or PLATFORM_SCOPES, is_live=False)
        return create_key(directory, None, request, Change("test", self.clock.now)).secret

    def sign_in(
        self,
        email: str,
        role: Role | None = "owner",
        tenant_id: str = "acme",
        *,
        name: str | None = None,
        verified: bool = True,
    ) -> str:
        """An ID token of somebody who has `role` in a tenant from now on, if not before; on the memory store."""
        user_id = user_id_of(email)
        store = process_memory()
        store.save_account(MemoryAccount(user_id=user_id, email=email, name=name, email_verified=verified))
        if role and store.find_membership(tenant_id, user_id) is None:
            add_member(
                store,
                tenant_id,
                Member(user_id=user_id, email=email, name=None, role=role, joined_at=self.clock.now),
            )
        return store.issue_token(user_id, self.clock.now)

    def send(self, method: str, token: str | None, path: str, body: object = None) -> TestResponse:
        """Ask usage_api with any method."""
        headers = bearer(token) if token else None
        return self.usage_api.open(f"/api/v1{path}", method=method, json=body, headers=headers)

    def post_events(self, key: str, events: object, path: str = "/v1/events") -> TestResponse:
        """Send events as JSON."""
        return self.record_usage.post(path, json=events, headers=bearer(key))

    def record(self, key: str, *events: Mapping[str, object]) -> Json:
        """Send events and get the answer, which must be a success."""
        return succeeded(self.post_events(key, list(events)))

    def check(self, key: str, **asked: int | str) -> Json:
        """Ask whether usage would fit; the answer must be a success."""
        return succeeded(self.record_usage.post("/v1/check", json=asked, headers=bearer(key)))

    def get(self, key: str | None, path: str) -> TestResponse:
        """Ask usage_api."""
        return self.usage_api.get(f"/api/v1{path}", headers=bearer(key) if key else None)

    def read(self, key: str | None, path: str) -> Json:
        """Ask usage_api and get the answer, which must be a success."""
        return succeeded(self.get(key, path))

    def usage(self, key: str, tenant_id: str = "acme") -> Json:
        """The tenant's aggregate as the API tells it."""
        aggregate: Json = self.read(key, f"/tenants/{tenant_id}/usage")["aggregate"]
        return aggregate

    def events(self, key: str, tenant_id: str = "acme") -> list[Json]:
        """The tenant's events as the API lists them, newest first."""
        events: list[Json] = self.read(key, f"/tenants/{tenant_id}/events?limit=500&metadata=true")["events"]
        return events

    def tick(self, tenants: Sequence[str] | None = None) -> TestResponse:
        """Deliver a tick: it folds what is due, or all that is new of the tenants that are named."""
        return self.tell({} if tenants is None else {"tenants": list(tenants)})

    def tell(self, content: object) -> TestResponse:
        """Deliver a message with this content as a push subscription does."""
        return self.deliver(encoded(json.dumps(content)))

    def deliver(self, message: object) -> TestResponse:
        """Deliver any message of the tick's topic."""
        return self.aggregate.post(PUSH_PATH, json=pushed(message))


def user_id_of(email: str) -> str:
    """The id of the account that sign_in makes."""
    return f"uid-{email.partition('@')[0].lower()}"


def encoded(text: str) -> Json:
    """A message with this text."""
    return {"data": base64.b64encode(text.encode()).decode()}


def unfolded() -> list[str]:
    """The tenants that have usage which is not folded, due or not; on the memory store."""
    found = process_memory().due_counters(datetime.max.replace(tzinfo=UTC))
    return sorted({each.tenant_id for each in found})


def pushed(message: object) -> Json:
    """Return the request body of a push subscription."""
    known = {"messageId": "1", "publishTime": "2026-11-22T14:00:00Z"}
    content = {**known, **message} if isinstance(message, dict) else message
    return {"message": content, "subscription": "projects/demo-gwi/subscriptions/usage-tick-aggregate"}


def bearer(key: str) -> dict[str, str]:
    """The header that carries a key."""
    return {"Authorization": f"Bearer {key}"}


def succeeded(answer: TestResponse, status: int = 200) -> Json:
    """The content of an answer, which must be a success."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    content: Json = answer.get_json()
    return content


def refused(answer: TestResponse, status: int, code: str | None = None) -> Json:
    """The content of a problem document, which must have `status` and `code`."""
    assert answer.status_code == status, answer.get_data(as_text=True)
    assert answer.mimetype == "application/problem+json"
    document: Json = answer.get_json()
    assert document["status"] == status
    assert code is None or document["code"] == code
    return document


def token_sums(input_: int, output: int, total: int | None = None) -> dict[str, int]:
    """The token sums of an answer, for calls without cached and reasoning tokens."""
    none = {"cache_read": 0, "cache_write": 0, "reasoning": 0}
    return {"input": input_, "output": output, "total": input_ + output if total is None else total, **none}
