"""The routes of the interface, by the function that serves them. One document describes them all."""

from shared.http import alerts, api_keys, audit, billing, members, record_usage, series, usage_api
from shared.http.app import Route

_READING = (usage_api, series, billing, members, api_keys, alerts, audit)

RECORD_USAGE: tuple[Route, ...] = record_usage.ROUTES
USAGE_API: tuple[Route, ...] = tuple(route for table in _READING for route in table.ROUTES)
DOCUMENTED = (*RECORD_USAGE, *USAGE_API)
