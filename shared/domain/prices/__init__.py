"""The price catalog, and the exact arithmetic of prices."""
