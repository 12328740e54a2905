"""The admin tool: tenants, plans, keys, and whether counters agree with events, and billing with Stripe."""
