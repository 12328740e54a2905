"""Hold tenants to their plans."""
