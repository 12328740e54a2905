"""The routes of the API, by the function that serves them, each with the OpenAPI document of its routes."""

from shared.http import openapi
from shared.http.billing import billing, reconciliation
from shared.http.ledger import (
    attribution,
    comparison,
    corrections,
    events,
    explain,
    exports,
    refusals,
    run_bundles,
    run_trees,
    runs,
    series,
    statement,
    usage_api,
)
from shared.http.liveness import ALIVE
from shared.http.metering import record_usage
from shared.http.notices import alerts, endpoints, mail_links
from shared.http.people import api_keys, audit, budgets, members, new_tenants, tenant_settings, tenants
from shared.http.platform import margins, status
from shared.http.platform import plans as platform_plans
from shared.http.platform import prices as platform_prices
from shared.http.routes import Route

_READING = (
    usage_api,
    runs,
    events,
    corrections,
    explain,
    exports,
    run_bundles,
    run_trees,
    series,
    refusals,
    attribution,
    statement,
    comparison,
    billing,
    reconciliation,
    new_tenants,
    tenants,
    members,
    tenant_settings,
    budgets,
    api_keys,
    alerts,
    endpoints,
    mail_links,
    audit,
    platform_plans,
    platform_prices,
    margins,
    status,
)

_USAGE_API = (ALIVE, *(route for table in _READING for route in table.ROUTES))

RECORD_USAGE: tuple[Route, ...] = record_usage.ROUTES
USAGE_API: tuple[Route, ...] = (*_USAGE_API, openapi.route(_USAGE_API, "/api/v1/openapi.json"))
