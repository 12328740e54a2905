"""Turn Stripe's events into billing state, sell plans, reconcile."""
