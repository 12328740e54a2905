"""The platform's prices in memory."""
