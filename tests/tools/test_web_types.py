"""The web app's types are the API's: the same fields, and null in the same places."""

import re
from typing import Any

import pytest

from shared.http import alerts, api_keys, audit, billing, members, openapi, series, usage_api
from tools.dev.settings import ROOT

TYPES = ROOT / "web/src/lib/api/types.ts"
ROUTES = tuple(
    route
    for table in (usage_api, series, billing, members, api_keys, alerts, audit)
    for route in table.ROUTES
)
MODELS = {
    "Me": "MeAnswer",
    "Person": "UserAnswer",
    "TenantSeen": "TenantAnswer",
    "Membership": "SeatAnswer",
    "Invitation": "InvitationAnswer",
    "Plan": "PlanAnswer",
    "TokenSums": "TokenSums",
    "SeriesRow": "SeriesRow",
    "DayRow": "DayRow",
    "BreakdownRow": "Breakdown",
    "Aggregate": "Aggregate",
    "LimitStatus": "LimitStatus",
    "Limits": "LimitsAnswer",
    "MetricForecast": "MetricForecastAnswer",
    "Forecast": "ForecastAnswer",
    "LiveSources": "LiveAnswer",
    "BillingState": "Billing",
    "Usage": "UsageAnswer",
    "SeriesPoint": "SeriesPoint",
    "Series": "SeriesAnswer",
    "Run": "RunAnswer",
    "UsageEvent": "EventAnswer",
    "Invoice": "InvoiceAnswer",
    "ApiKey": "KeyAnswer",
    "NewApiKey": "NewKeyAnswer",
    "Member": "MemberAnswer",
    "Invite": "InviteAnswer",
    "Members": "MembersAnswer",
    "Alert": "AlertAnswer",
}

Fields = dict[str, bool]
"""Name to whether it may be null."""

_TYPE = re.compile(r"^export type (\w+) = (?:(\w+) & )?\{ ?(.*?)\}$", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"(\w+): ([^;\n]+)")


def fields_in_typescript() -> dict[str, Fields]:
    """The object types of the file, those they extend included."""
    found: dict[str, Fields] = {}
    for name, base, body in _TYPE.findall(TYPES.read_text()):
        own = {field: "null" in kind for field, kind in _FIELD.findall(body)}
        found[name] = found.get(base, {}) | own
    return found


def fields_in_openapi(schema: dict[str, Any]) -> Fields:
    """The fields of a model, as answers have them."""
    return {name: {"type": "null"} in field.get("anyOf", ()) for name, field in schema["properties"].items()}


@pytest.mark.parametrize(("name", "model"), MODELS.items())
def test_a_type_of_the_web_app_is_the_model_of_the_answer(name: str, model: str) -> None:
    schemas = openapi.document(ROUTES)["components"]["schemas"]
    assert fields_in_typescript()[name] == fields_in_openapi(schemas[model])
