"""The routes that show usage, and the tick."""
