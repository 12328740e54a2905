"""The routes by which the platform keeps what belongs to all its tenants."""
