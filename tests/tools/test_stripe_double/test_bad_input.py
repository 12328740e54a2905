"""Whatever is sent to the double, it answers in Stripe's form and never breaks."""

from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from tools.stripe_double.api import ROUTES
from tools.stripe_double.serving import create_double

_HEADERS = {"Authorization": "Bearer sk_test_x"}
_NAMES = sorted({name for route in ROUTES for name in route.schema.readers})
_STEPS = st.sampled_from([*_NAMES, "0", "1", "", "x", "price", "quantity", "enabled", "type", "interval"])
_KEYS = st.lists(_STEPS, min_size=1, max_size=4).map(
    lambda steps: steps[0] + "".join(f"[{one}]" for one in steps[1:])
)
_VALUES = st.sampled_from(["", "0", "-1", "true", "now", "²", "9" * 400, "usd", "month", "cus_1"]) | st.text(
    max_size=20
)
_ROUTES = st.sampled_from(ROUTES)


@pytest.fixture(scope="module")
def browser() -> FlaskClient:
    return create_double(base_url="http://127.0.0.1:1").app.test_client()


@given(route=_ROUTES, form=st.dictionaries(_KEYS, _VALUES, max_size=6))
def test_any_form_is_answered_or_refused(browser: FlaskClient, route: Any, form: dict[str, str]) -> None:
    path = route.path.replace("<", "").replace(">", "")
    sent: dict[str, Any] = {"query_string": form} if route.method != "POST" else {"data": urlencode(form)}
    answer = browser.open(path, method=route.method, headers=_HEADERS, **sent)
    assert answer.status_code in (200, 400, 402, 404)
    assert ("error" in answer.get_json()) == (answer.status_code != 200)


@given(body=st.binary(max_size=200))
def test_any_body_is_answered_or_refused(browser: FlaskClient, body: bytes) -> None:
    answer = browser.post("/v1/customers", data=body, headers=_HEADERS)
    assert answer.status_code in (200, 400)


_CONTROLS = (
    "clock/advance",
    "clock/start",
    "charges/ch_1/dispute",
    "customers/cus_1/card",
    "disputes/du_1/close",
    "fail",
    "delivery",
)
_JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=9), st.lists, max_leaves=4)
_FIELDS = (
    "seconds",
    "to",
    "outcome",
    "path_prefix",
    "status",
    "times",
    "x",
    "shuffle",
)


@given(path=st.sampled_from(_CONTROLS), body=st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=3))
def test_any_use_of_a_switch_is_answered_or_refused(path: str, body: dict[str, Any]) -> None:
    browser = create_double(base_url="http://127.0.0.1:1").app.test_client()
    assert browser.post(f"/_double/{path}", json=body).status_code in (200, 400, 404)


@pytest.mark.parametrize("body", [b"[]", b"{", b"null", b"\xff"])
def test_a_switch_takes_a_json_object_only(browser: FlaskClient, body: bytes) -> None:
    assert browser.post("/_double/delivery", data=body).status_code == 400


def test_megabytes_are_refused(browser: FlaskClient) -> None:
    answer = browser.post("/v1/customers", data=b"a" * (2 << 20), headers=_HEADERS)
    assert answer.status_code == 413
    assert answer.get_json()["error"]["type"] == "invalid_request_error"
