"""The gate: its checks pass on the product, and each fails where its behaviour is broken."""
