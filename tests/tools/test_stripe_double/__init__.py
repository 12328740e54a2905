"""The local Stripe double, driven by the real stripe-python."""
