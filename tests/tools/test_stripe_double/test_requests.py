"""Keys, versions, parameters, idempotency, failures and errors: how the double treats any request."""

import re
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import stripe

from tests.tools.test_stripe_double.shop import DAY, Shop


def test_refuses_a_request_without_a_key(shop: Shop) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{shop.url}/v1/customers")
    refused.value.close()
    assert refused.value.code == 401


def test_refuses_a_live_key_and_hides_it(shop: Shop) -> None:
    client = stripe.StripeClient("sk_live_abcdefghij1234", base_addresses={"api": shop.url})
    with pytest.raises(stripe.AuthenticationError, match=r"sk_live_\*+1234"):
        client.v1.customers.list()


def test_an_unknown_id_is_a_missing_resource(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such customer: 'cus_nobody'") as refused:
        shop.stripe.v1.customers.retrieve("cus_nobody")
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (
        404,
        "resource_missing",
        "id",
    )


def test_an_unknown_id_in_a_parameter_names_the_parameter(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.subscribe(items=[{"price": shop.starter}, {"price": "price_nothing"}])
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (
        400,
        "resource_missing",
        "items[1][price]",
    )


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"nickname": "x"}, "nickname"),
        ({"address": {"planet": "Mars"}}, "address"),
    ],
)
def test_refuses_an_unknown_parameter(shop: Shop, params: dict[str, object], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Received unknown parameter") as refused:
        shop.stripe.v1.customers.create(params)  # type: ignore[arg-type]
    assert (refused.value.code, refused.value.param) == ("parameter_unknown", param)


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"items": [{"price": "price_1"}]}, "parameter_missing", "customer"),
        (
            {"customer": "cus_1", "items": [{"quantity": "many"}]},
            "parameter_invalid_integer",
            "items[0][quantity]",
        ),
        ({"customer": "", "items": [{"price": "price_1"}]}, "parameter_invalid_empty", "customer"),
        ({"customer": "cus_1", "items": "price_1"}, None, "items"),
        (
            {"customer": "cus_1", "items": [{"price": "price_1"}], "payment_behavior": "hope"},
            None,
            "payment_behavior",
        ),
        (
            {"customer": "cus_1", "items": [{"price": "price_1"}], "metadata": {"k" * 41: "v"}},
            None,
            f"metadata[{'k' * 41}]",
        ),
    ],
)
def test_refuses_a_parameter_of_the_wrong_form(
    shop: Shop, params: dict[str, object], code: str | None, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.stripe.v1.subscriptions.create(params)  # type: ignore[arg-type]
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, param)


_BAD_ADDRESSES = [
    ("usage.example.com/done", "Invalid URL: An explicit scheme (such as https) must be provided."),
    ("/done", "Invalid URL: An explicit scheme (such as https) must be provided."),
    ("localhost:3000/done", "Invalid URL: An explicit scheme (such as https) must be provided."),
    ("javascript:alert(1)", "Invalid URL: An explicit scheme (such as https) must be provided."),
    ("ftp://usage.example.com/done", "Not a valid URL"),
    ("https:///done", "Not a valid URL"),
    ("https://usage.example.com:port/", "Not a valid URL"),
    ("https://usage.example.com/a b", "Not a valid URL"),
    (f"https://usage.example.com/{'a' * 2_048}", "Not a valid URL"),
]


@pytest.mark.parametrize("name", ["success_url", "cancel_url"])
@pytest.mark.parametrize(("address", "message"), _BAD_ADDRESSES)
def test_a_page_leads_to_a_web_address(shop: Shop, name: str, address: str, message: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=re.escape(message)) as refused:
        shop.checkout(**{name: address})
    assert (refused.value.code, refused.value.param) == ("url_invalid", name)


def test_the_portal_leads_back_to_a_web_address(shop: Shop) -> None:
    made = shop.subscribe()
    sessions, params = shop.stripe.v1.billing_portal.sessions, {"customer": str(made.customer)}
    home: Any = {**params, "configuration": shop.portal_configuration(), "return_url": "/billing"}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sessions.create(home)
    assert (refused.value.code, refused.value.param) == ("url_invalid", "return_url")
    flow: Any = {"type": "subscription_cancel", "subscription_cancel": {"subscription": made.id}}
    flow["after_completion"] = {"type": "redirect", "redirect": {"return_url": "billing"}}
    with pytest.raises(stripe.InvalidRequestError) as refused:
        sessions.create(home | {"return_url": "https://a.example", "flow_data": flow})
    assert refused.value.param == "flow_data[after_completion][redirect][return_url]"


def test_the_answer_names_the_request_and_the_version(shop: Shop) -> None:
    answer = shop.stripe.v1.customers.list().last_response
    assert answer is not None
    assert str(answer.request_id).startswith("req_")
    assert answer.headers["stripe-version"] == "2026-10-28.endive"


def test_refuses_a_version_that_it_cannot_render(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="Invalid Stripe API version: 2019-01-01"):
        shop.stripe.v1.customers.list({}, {"stripe_version": "2019-01-01"})


def test_an_unknown_address_is_refused_in_stripes_form(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match=r"Unrecognized request URL \(GET: /v1/quotes\)"):
        shop.stripe.v1.quotes.list()


def test_the_same_key_gives_the_same_answer(shop: Shop) -> None:
    first = shop.stripe.v1.customers.create({"name": "Acme"}, {"idempotency_key": "tenant-acme"})
    again = shop.stripe.v1.customers.create({"name": "Acme"}, {"idempotency_key": "tenant-acme"})
    assert again.id == first.id
    assert len(shop.stripe.v1.customers.list().data) == 1


def test_twenty_requests_at_once_with_one_key_make_one_customer(shop: Shop) -> None:
    def create(_number: int) -> str:
        return shop.stripe.v1.customers.create({"name": "Acme"}, {"idempotency_key": "tenant-acme"}).id

    with ThreadPoolExecutor(20) as pool:
        made = set(pool.map(create, range(20)))
    assert [one.id for one in shop.stripe.v1.customers.list().data] == list(made)


def test_the_same_key_with_other_parameters_is_refused(shop: Shop) -> None:
    shop.stripe.v1.customers.create({"name": "Acme"}, {"idempotency_key": "tenant-acme"})
    with pytest.raises(stripe.IdempotencyError, match="tenant-acme"):
        shop.stripe.v1.customers.create({"name": "Other"}, {"idempotency_key": "tenant-acme"})
    with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
        shop.stripe.v1.products.create({"name": "Acme"}, {"idempotency_key": "tenant-acme"})


def test_a_refused_form_does_not_use_a_key_up(shop: Shop) -> None:
    unknown: Any = {"nick": "x"}
    with pytest.raises(stripe.InvalidRequestError):
        shop.stripe.v1.customers.create(unknown, {"idempotency_key": "k"})
    assert shop.stripe.v1.customers.create({"name": "Acme"}, {"idempotency_key": "k"}).name == "Acme"


def test_a_key_is_forgotten_after_a_day(shop: Shop) -> None:
    first = shop.stripe.v1.customers.create({"name": "Acme"}, {"idempotency_key": "k"})
    shop.control("clock/advance", seconds=DAY + 60)
    assert shop.stripe.v1.customers.create({"name": "Acme"}, {"idempotency_key": "k"}).id != first.id


def test_the_client_survives_two_failures(shop: Shop) -> None:
    shop.control("fail", path_prefix="/v1/customers", status=503, times=2)
    made = shop.stripe.v1.customers.create({"name": "Acme"})
    assert [one.id for one in shop.stripe.v1.customers.list().data] == [made.id]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, stripe.AuthenticationError),
        (402, stripe.CardError),
        (403, stripe.PermissionError),
        (429, stripe.RateLimitError),
        (500, stripe.APIError),
    ],
)
def test_a_planned_failure_raises_its_class(shop: Shop, status: int, error: type[Exception]) -> None:
    shop.control("fail", path_prefix="/v1/customers", status=status, times=3)
    with pytest.raises(error, match=r"Too many|asked the double to fail"):
        shop.stripe.v1.customers.list()


def test_pages_through_a_list(shop: Shop) -> None:
    made = [shop.stripe.v1.customers.create({"name": str(number)}).id for number in range(5)]
    newest_first = made[::-1]
    first = shop.stripe.v1.customers.list({"limit": 2})
    assert ([one.id for one in first.data], first.has_more) == (newest_first[:2], True)
    everything = shop.stripe.v1.customers.list({"limit": 2}).auto_paging_iter()
    assert [one.id for one in everything] == newest_first


def test_a_cursor_that_does_not_exist_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        shop.stripe.v1.customers.list({"starting_after": "cus_nobody"})
    assert refused.value.param == "starting_after"


def test_refuses_to_expand_what_cannot_be_expanded(shop: Shop) -> None:
    customer = shop.customer()
    with pytest.raises(stripe.InvalidRequestError, match=r"cannot be expanded \(email\)"):
        shop.stripe.v1.customers.retrieve(customer, {"expand": ["email"]})
