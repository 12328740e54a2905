"""The routes of billing, and Stripe's webhook."""
