"""Plans, limits, forecasts: what a tenant may use and how near it is."""
