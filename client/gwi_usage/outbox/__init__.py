"""Events that wait until the service has them: in a SQLite file, or in memory."""
