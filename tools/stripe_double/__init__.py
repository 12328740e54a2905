"""A local double of Stripe for development and tests; driven by the real client, it never leaves this machine.

It speaks API version 2026-10-28.endive for what GWI Usage needs: customers, products, prices, Checkout in
subscription mode, subscriptions and their schedules, invoices, charges, refunds, credit notes, disputes, the billing
portal with its configurations, events, webhook endpoints and signed webhooks.
State is in memory behind one lock. Where it is simpler than Stripe:

- It has the routes that the product and its tests call. A parameter that the double does not implement is refused
  as unknown, also when Stripe knows it. Fields that nothing here reads are left out of objects.
- A card is an outcome of the customer (success, decline, authenticate, debit, none). A payment method is only the
  id that a page leaves on its subscription, and a payment intent is an id too; charges and payments of invoices
  exist. A bank debit (`debit`) is under way until `POST /_double/invoices/{id}/settle`.
- One currency per price, no taxes, tiers, meters, quotes or Connect.
- There are two promotion codes, FREE100 and HALF50, on the Checkout page only. They have no objects of their own.
- Every item of a subscription has the same interval. Prorations count seconds and round to whole minor units.
- A declined first payment on the Checkout page leaves an `incomplete` subscription. The same page can still pay it,
  and so can its invoice, which then completes the session; since basil Stripe makes the subscription only after a
  successful payment. The payer's address may be left empty, which Stripe's page refuses.
- Failed renewals are retried 3, 5 and 7 days after one another, then the subscription is canceled. It never becomes
  `unpaid` or `paused`. Stripe's smart retries choose their own times. A trial without a card becomes `past_due`.
- The portal ends a subscription with `cancel_at_period_end`; the API also sets `cancel_at` alone, as Stripe may.
  With a date within the period, that period is not shortened or credited.
- Schedules are made from a subscription, and change the items of coming phases only. One that the portal made lets
  go when its last phase begins. With a coming phase, the portal refuses flows; Stripe's words for it are unknown.
- The portal confirms a change or a cancellation that its session names. Its home page switches no plans.
- Disputes are about the whole charge (`POST /_double/charges/{id}/dispute`, `POST /_double/disputes/{id}/close`).
- Credit notes are for paid invoices and become credit of the customer. An invoice's PDF is its page.
- Event types beyond billing (payment_intent.*, payment_method.*, invoice.upcoming, …) are not sent.
- A webhook is tried again after 0.2 s, then after twice as long each time up to 30 s; Stripe takes hours and gives up
  after three days. Endpoints made by the API are kept; events go to the configured one alone.
- Requests are served one after another, so there is no 409 for an idempotency key in use. List order is creation.
- No other API version is spoken; how the product reads older ones is tested on recorded payloads (tests/golden).
- Time stands at the machine's clock plus what `POST /_double/clock/advance` added; without customers it can begin
  anywhere (`POST /_double/clock/start`). Due work happens then, or with the next request, each at its own instant.
  Webhooks are signed with the machine's real time, as receivers check it.
"""
