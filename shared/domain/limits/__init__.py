"""Plans, limits and forecasts."""
