"""Any request that the OpenAPI documents describe, or forbid, is answered as they promise."""

from collections.abc import Callable, Iterator

import pytest

from tests.http.fuzzing import Config, fuzz
from tests.http.serving import Functions, bearer
from tests.http.stripe_shop import Shop, open_shop


@pytest.fixture
def shop(set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    with open_shop(set_up, monkeypatch) as shop:
        yield shop


REFUSED = ["400", "401", "403", "404", "405", "408", "409", "413", "415", "422", "429"]


def config(secret: str) -> Config:
    return {
        "headers": bearer(secret),
        "generation": {"max-examples": 20},
        "checks": {
            "positive_data_acceptance": {
                "expected-statuses": ["2xx", "400", "401", "403", "404", "409", "422"]
            },
            "negative_data_rejection": {"expected-statuses": REFUSED},
        },
        "operations": [
            {
                "include-path": "/v1/events",
                "checks": {"negative_data_rejection": {"expected-statuses": [*REFUSED, "200"]}},
            }
        ],
        "continue-on-failure": True,
    }


def test_record_usage(shop: Shop) -> None:
    found = fuzz(shop.functions.record_usage, "/v1/openapi.json", config(shop.key))
    assert not found.problems, "\n\n".join(found.problems)


def test_usage_api(shop: Shop) -> None:
    owner = shop.functions.sign_in("ada@example.com")
    found = fuzz(shop.functions.usage_api, "/api/v1/openapi.json", config(owner))
    assert not found.problems, "\n\n".join(found.problems)
