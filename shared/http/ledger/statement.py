"""The route of a month's statement, as JSON or CSV."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

from flask import Response

from shared.domain.errors import FieldProblem, InvalidInput
from shared.domain.ledger.periods import month_of
from shared.http.bodies import read_query
from shared.http.csv_files import csv_response, file_text, text_cell
from shared.http.inputs import StatementQuery
from shared.http.ledger.statement_responses import StatementResponse
from shared.http.negotiation import tagged_response
from shared.http.routes import Call, Container, Route
from shared.usecases.billing.read_statement import StatementReader

_NUMBERS: Final = ("calls", "errors", "unpriced_calls", "incomplete_calls", "cost_usd")
_TOKENS: Final = ("input", "output", "total")
_COLUMNS: Final = (
    *("section", "provider", "name"),
    *_NUMBERS,
    "cost_status",
    *(f"{name}_tokens" for name in _TOKENS),
    *("invoice", "invoice_status", "currency", "amount_in_minor_units"),
)
_NO_USAGE: Final = [""] * (len(_NUMBERS) + 1 + len(_TOKENS))
_NO_INVOICE: Final = [""] * 4


def _statement(call: Call, container: Container) -> Response:
    query = read_query(call.request, StatementQuery)
    reader = StatementReader(container.ledger, container.billing.store)
    statement = reader.read(call.caller.tenant, _month(query, call), call.now)
    with_links = "billing:write" in call.caller.permissions
    response = StatementResponse.of(statement, call.now, with_links=with_links)
    if query.format == "csv":
        name = f"statement-{response.tenant_id}-{response.month}.csv"
        return csv_response(file_text(_lines(response)), name, has_bom=query.bom)
    return tagged_response(call.request, response)


def _month(query: StatementQuery, call: Call) -> date:
    current = month_of(call.now.date())
    if query.month is None:
        return current
    month = date.fromisoformat(f"{query.month}-01")
    if month > current:
        message = f"month: {query.month} has not begun"
        problem = FieldProblem(field="month", code="in_the_future", message=message)
        raise InvalidInput(message, (problem,))
    return month


def _lines(statement: StatementResponse) -> Iterator[str]:
    shown = statement.model_dump(mode="json")
    yield ",".join(map(text_cell, _COLUMNS))
    yield _usage_line("total", None, None, shown["usage"])
    for row in shown["by_model"]:
        yield _usage_line("model", row["provider"], row["model"], row)
    for section in ("user", "workflow"):
        for row in shown[f"by_{section}"]:
            yield _usage_line(section, None, row["name"], row)
    for invoice in shown["invoices"]:
        yield _invoice_line("invoice", invoice, None, invoice["net_total"])
        for line in invoice["lines"]:
            yield _invoice_line("invoice line", invoice, line["description"], line["amount"])


def _usage_line(section: str, provider: str | None, name: str | None, row: Mapping[str, Any]) -> str:
    return ",".join(
        [
            *map(text_cell, (section, provider, name)),
            *(str(row[number]) for number in _NUMBERS),
            text_cell(row["cost_status"]),
            *(str(row["tokens"][token]) for token in _TOKENS),
            *_NO_INVOICE,
        ]
    )


def _invoice_line(section: str, invoice: Mapping[str, Any], name: str | None, amount: int) -> str:
    facts = (invoice["number"] or invoice["id"], invoice["status"], invoice["currency"])
    cells = [*map(text_cell, (section, None, name)), *_NO_USAGE, *map(text_cell, facts), str(amount)]
    return ",".join(cells)


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/statement",
        summary="The statement of a month: usage by model, user and workflow, and the plan's invoices",
        handle=_statement,
        needs="usage:read",
        response=StatementResponse,
        query=StatementQuery,
        is_also_csv=True,
    ),
)
