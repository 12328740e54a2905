"""Any request that the OpenAPI documents describe, or forbid, is answered as they promise."""

import os
import sys
from collections.abc import Callable, Iterator

import pytest

from shared.domain.limits.limits import LimitOverrides
from shared.domain.limits.plans import MAX_LIMIT
from shared.domain.people.audit import Change
from shared.http.metering.otlp import OTLP_ROUTE
from shared.http.routes import TENANT_HEADER
from shared.stores import process_memory
from shared.usecases.people.operators import add_operator
from tests.http.fuzzing import RUN, SENDS_ALL, TENANT, Config, Findings, fuzz
from tests.http.serving import Functions, bearer, succeeded
from tests.http.stripe_shop import Shop, open_shop


@pytest.fixture
def shop(set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A platform that sells plans, whose tenant may send as many requests as it likes."""
    with open_shop(set_up, monkeypatch) as shop:
        container = shop.functions.containers["record_usage"]
        entry = Change("test", container.clock()).entry("acme", "limits.changed", None, "unlimited")
        container.directory.set_limits("acme", LimitOverrides(requests_per_minute=MAX_LIMIT), entry)
        yield shop


EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "1"))
"""Examples of each operation and kind of data, more of the few of record_usage. `make fuzz` has more."""
SEED = {} if SENDS_ALL else {"seed": 15}
REFUSED = ["400", "401", "403", "404", "405", "408", "409", "413", "415", "422", "429"]


def config(secret: str, examples: int) -> Config:
    return {
        **SEED,
        # schemathesis does not unpack what an application answers.
        "headers": {**bearer(secret), "Accept-Encoding": "identity"},
        "generation": {"max-examples": examples},
        "checks": {
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "400", "401", "402", "403", "404", "409", "422"]
            },
            "negative_data_rejection": {"expected-statuses": REFUSED},
        },
        "operations": [
            {
                "include-path": path,
                "checks": {"negative_data_rejection": {"expected-statuses": [*REFUSED, "200"]}},
            }
            # A bad event loses no good one. Of spans, what is not metered is not looked at either.
            for path in ("/v1/events", OTLP_ROUTE.path)
        ],
        "continue-on-failure": True,
    }


@pytest.mark.timeout(3600)
def test_record_usage(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    hold = {"run_id": RUN, "budget_usd": "0.01", "hold_tokens": 1_000}
    succeeded(shop.functions.record_usage.post("/v1/runs", json=hold, headers=bearer(shop.key)), 201)
    found = fuzz(shop.functions.record_usage, "/v1/openapi.json", config(shop.key, 8 * EXAMPLES))
    report(found, capsys)


@pytest.mark.timeout(3600)
def test_record_usage_with_a_platform_key(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    key = shop.functions.create_platform_key()
    settings = config(key, 4 * EXAMPLES)
    settings["headers"][TENANT_HEADER] = TENANT
    # What covers each constraint of the schema once is the same with any key: `make fuzz` alone sends it again.
    settings["phases"] = {"coverage": {"enabled": SENDS_ALL}}
    report(fuzz(shop.functions.record_usage, "/v1/openapi.json", settings), capsys)


@pytest.mark.timeout(3600)
def test_usage_api(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    owner = shop.functions.sign_in("ada@example.com")
    # Who owns acme and is an operator may call every route.
    store = process_memory()
    add_operator(store, store, "ada@example.com", Change("test", shop.functions.clock.now))
    found = fuzz(shop.functions.usage_api, "/api/v1/openapi.json", config(owner, EXAMPLES))
    report(found, capsys)


def report(found: Findings, capsys: pytest.CaptureFixture[str]) -> None:
    """Say how many cases were answered with which status, and fail with what is wrong."""
    with capsys.disabled():
        sys.stdout.write(f"\n{found.cases} cases: {dict(sorted(found.statuses.items()))}\n")
    assert found.cases
    assert 500 not in found.statuses
    assert not found.problems, "\n\n".join(found.problems)
