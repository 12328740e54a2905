"""Runs schemathesis over the OpenAPI document of a function in this process, with all of its checks."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from flask.testing import FlaskClient
from schemathesis import Case, HookContext, SerializationContext
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema
from werkzeug.test import Client, TestResponse

from shared.domain.metering.sealed_requests import KEY_HEADER
from shared.domain.tenant_ids import is_tenant_id
from shared.http.metering.cloudevents import BATCH, STRUCTURED
from shared.http.metering.event_bodies import NDJSON
from shared.http.routes import TENANT_HEADER

Config = dict[str, Any]
SENDS_ALL = "FUZZ_EXAMPLES" in os.environ
"""`make fuzz` sends everything, other requests each time; `make test` the same sample each time."""
RULES_BEYOND_SCHEMAS = {
    *("cloudevent_attribute", "cloudevent_data", "malformed_json", "decimal_max_places"),
    *("contradictory_tokens", "empty_tokens", "id_conflict", "tenant_mismatch", "ts_too_old", "ts_in_future"),
    "in_the_future",
    *("response_missing", "response_and_stream", "tokens_and_response", "contradictory_service_tier"),
    *("malformed_stream", "no_usage_in_response"),
    *("ambiguous_response", "parent_without_run", "own_parent"),
    *(
        "cost_out_of_range",
        "contradictory",
        "empty_range",
        "range_too_long",
        "not_by_name",
        "unknown_time_zone",
    ),
    *("tenant_required", "unknown_tenant", "idempotency_key_reused"),
    *("mixed_ids", "mixed_batches", "mixed_tenants", "out_of_order", "batch_too_wide", "invalid_sealed_id"),
    *("nothing_to_change", "not_one_grant", "search_sorts_by_name", "invalid_plan", "invalid_until"),
    *("one_free_plan", "duplicate_plan", "unknown_plan", "alias_circle", "alias_is_plan", "invalid_alias"),
    *("price_for_nobody", "price_without_amount", "two_prices", "invalid_percent"),
    *("invalid_amount", "invalid_price", "reason_required", "contradictory_status"),
    *("own_exceeds_hold", "estimate_and_hold", "hold_too_large", "below_drawn"),
    *("unknown_parent", "parent_cycle", "tree_too_deep"),
    *("invalid_name", "invalid_label", "invalid_email", "invalid_url", "not_for_sale", "timezone_aware"),
}
"""Codes of problems that a request which fits its schema can have."""
TENANT, RUN = "acme", "run-1"
_BINARY_CLOUD_EVENT = {"ce-specversion", "ce-id", "ce-source", "ce-type"}
_OPTIONS_OF_NETWORKS = ("max_redirects", "verify", "cert", "proxies", "timeout")


@dataclass
class Findings:
    """What a run has sent and found."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


class _LocalClient(Client):
    """Ignores what schemathesis 4.32 also passes to WSGI applications when it probes without a key."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        known = {name: value for name, value in kwargs.items() if name not in _OPTIONS_OF_NETWORKS}
        return super().open(*args, **known)


@schemathesis.serializer(NDJSON)
def _lines(_context: SerializationContext, value: Any) -> bytes:
    return "\n".join(map(json.dumps, value if isinstance(value, list) else [value])).encode()


def fuzz(client: FlaskClient, document_path: str, config: Config) -> Findings:
    """Send the cases of one run; `config` is the configuration of schemathesis."""
    found = Findings()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("schemathesis.python.wsgi.get_client", _LocalClient)
        schema = schemathesis.openapi.from_wsgi(
            document_path, client.application, config=SchemathesisConfig.from_dict(config)
        )
        schema.hook(map_case)
        if not SENDS_ALL:
            schema.hook(filter_case)
        schema.hook(filter_failure)
        for event in from_schema(schema).execute():
            _note(event, found)
    return found


def filter_case(_context: HookContext, case: Case[Any]) -> bool:
    """Leave out events in an envelope: the schema of an event is covered without one."""
    return case.media_type not in (NDJSON, STRUCTURED, BATCH)


def map_case(_context: HookContext, case: Case[Any]) -> Case[Any]:
    """Keep what a schema cannot express out of requests that should be accepted."""
    if is_tenant_id(str(case.headers.get(TENANT_HEADER, ""))):  # any other is the same refusal each time
        case.headers[TENANT_HEADER] = TENANT
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return case
    if "tenant" in case.path_parameters:
        case.path_parameters["tenant"] = TENANT
    if case.path.startswith("/v1/runs/"):
        case.path_parameters["run"] = RUN
    is_event = isinstance(case.body, dict) and "category" in case.body
    if not is_event or not case.headers.keys() >= _BINARY_CLOUD_EVENT:
        for name in [name for name in case.headers if name.startswith("ce-")]:
            del case.headers[name]
    if case.path == "/v1/events" and '"id"' in json.dumps(case.body, default=str):
        case.headers.pop(KEY_HEADER, None)  # it is for events without ids
    case.body = _with_plain_integers(case.body)
    return case


def _with_plain_integers(value: Any) -> Any:
    """Write 5.0 as 5: JSON Schema calls both integers."""
    if isinstance(value, dict):
        return {name: _with_plain_integers(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_plain_integers(each) for each in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


@schemathesis.check
def refused_by_a_rule(_ctx: Any, response: Any, case: Case[Any]) -> None:
    """A request that fits its schema is refused only by a rule that no schema expresses."""
    if response.status_code not in (400, 422) or case.meta is None or _is_for_platform_keys(case):
        return
    if case.meta.generation.mode.is_positive:
        problem = response.json()
        codes = {each["code"] for each in problem.get("errors", ()) if not _is_half_a_range(each)}
        assert problem.get("errors") or problem["code"] == "invalid_cursor", problem["code"]
        assert codes <= RULES_BEYOND_SCHEMAS, f"the schema does not tell of {codes - RULES_BEYOND_SCHEMAS}"


def _is_for_platform_keys(case: Case[Any]) -> bool:
    """Return whether a person sends what only a platform key may say of a tenant, in one schema of two."""
    return case.path == "/api/v1/tenants" and isinstance(case.body, dict) and "id" in case.body


def _is_half_a_range(problem: Config) -> bool:
    return problem["code"] == "missing" and problem["field"] in ("from", "to")


@schemathesis.check
def rejected_events_are_named(_ctx: Any, response: Any, case: Case[Any]) -> None:
    """A bad event never loses a good one, so a bad batch may be answered 200: then it names the bad ones."""
    is_negative = case.meta is not None and case.meta.is_negative_at(ParameterLocation.BODY)
    if is_negative and case.path == "/v1/events" and response.status_code == 200:
        assert response.json()["rejected"], f"a bad event was accepted: {case.body!r}"


def filter_failure(_context: HookContext, failure: Failure, case: Case[Any], _response: Any) -> bool:
    """Drop what is no failure of the service."""
    # The id of an event may end in `/void`: GET is allowed on that path, and reads the event.
    reads_an_id = failure.title.startswith("Allow header") and "/events/{event}/" in case.path
    # A failure of schemathesis 4.32 itself: it calls a body that may be missing negative where it is.
    return not reads_an_id and "Invalid component: positive test case" not in failure.message


def _note(event: events.EngineEvent, found: Findings) -> None:
    if isinstance(event, events.FatalError):
        raise event.exception
    if isinstance(event, events.NonFatalError):
        found.problems.append(f"{event.label}: {event.value!r}")
    if isinstance(event, events.ScenarioFinished):
        for interaction in event.recorder.interactions.values():
            if interaction.response is not None:
                found.cases += 1
                found.statuses[interaction.response.status_code] += 1
        for case_id, checks in event.recorder.checks.items():
            found.problems += [
                _described(event, case_id, check) for check in checks if check.failure_info is not None
            ]


def _described(event: events.ScenarioFinished, case_id: str, check: Any) -> str:
    case = event.recorder.cases[case_id].value
    answer = event.recorder.interactions[case_id].response
    failure = check.failure_info.failure
    text = answer.content[:400] if answer else None
    sent = f"{case.method} {case.formatted_path} query={case.query} headers={case.headers} body={case.body!r}"
    return f"{event.recorder.label}: {check.name}: {failure.title}: {failure.message}\n{sent[:600]}\n{text!r}"
