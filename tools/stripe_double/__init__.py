"""A local double of Stripe for development and tests; driven by the real client, it never leaves this machine.

It speaks API version 2026-10-28.endive for what GWI Usage needs: customers, products, prices, Checkout in
subscription mode, subscriptions, invoices, charges, the billing portal, events and signed webhooks.
State is in memory behind one lock. Where it is simpler than Stripe:

- A parameter that the double does not implement is refused as unknown, also when Stripe knows it; nothing is
  accepted and then ignored, except the choices that have one meaning here (`off_session`, `locale`).
- A card is an outcome of the customer (success, decline, authenticate, none). There are no payment methods, and
  a payment intent is an id without an object of its own; charges and payments of invoices exist.
- One currency per price, no taxes, coupons, discounts, tiers, meters, schedules, quotes or Connect.
  `allow_promotion_codes` is kept and shown; there are no codes to redeem.
- Every item of a subscription has the same interval. Prorations count seconds and round to whole minor units.
- A declined first payment on the Checkout page leaves an `incomplete` subscription, which the same page can still
  pay; since basil Stripe makes the subscription only after a successful payment.
- Failed renewals are retried 3, 5 and 7 days after one another, then the subscription is canceled (or `unpaid`, or
  left `past_due`: `POST /_double/dunning`). Stripe's smart retries choose their own times.
- The portal ends a subscription with `cancel_at_period_end`; the API also sets `cancel_at` alone, as Stripe may.
- The API refunds. Nobody pauses a subscription, disputes or writes off; a test puts disputes and credit notes in.
- Entering and leaving `paused` sends `customer.subscription.updated` and then `.paused` or `.resumed`.
- Event types beyond billing (payment_intent.*, payment_method.*, invoice.upcoming, …) are not sent.
- Requests are served one after another, so there is no 409 for an idempotency key in use. List order is creation.
- No other API version is spoken; how the product reads older ones is tested on recorded payloads (tests/golden).
- Time stands at the machine's clock plus what `POST /_double/clock/advance` added; without customers it can begin
  anywhere (`POST /_double/clock/start`). Due work happens then, or with the next request, each at its own instant.
  Webhooks are signed with the machine's real time, as receivers check it.
"""
