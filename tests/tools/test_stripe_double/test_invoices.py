"""Invoices after they were made: their page, and lists."""

import stripe

from tests.tools.test_stripe_double.shop import STARTER_CENTS, Shop, browse


def _failed_renewal(shop: Shop) -> tuple[stripe.Subscription, stripe.Invoice]:
    made = shop.subscribe()
    shop.control(f"customers/{made.customer}/card", outcome="decline")
    shop.control(f"subscriptions/{made.id}/renew")
    return made, shop.invoices_of(made.id)[0]


def test_the_hosted_page_declines_and_takes_money(shop: Shop) -> None:
    made, invoice = _failed_renewal(shop)
    url = str(invoice.hosted_invoice_url)
    page = browse(url)
    assert (page.status, f"{STARTER_CENTS // 100}.00 USD" in page.html) == (200, True)
    declined = browse(url, action="decline")
    assert (declined.status, 'role="alert"' in declined.html) == (402, True)
    assert browse(url, action="pay").status == 200
    assert shop.now_of(made.id).status == "active"


def test_lists_by_customer_subscription_and_status(shop: Shop) -> None:
    made, invoice = _failed_renewal(shop)
    shop.subscribe()
    listed = shop.stripe.v1.invoices.list
    assert len(listed({"customer": str(made.customer)}).data) == 1 + 1
    assert [one.id for one in listed({"subscription": made.id, "status": "open"}).data] == [invoice.id]
