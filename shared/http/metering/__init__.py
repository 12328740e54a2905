"""The routes of recording."""
