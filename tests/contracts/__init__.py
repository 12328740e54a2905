"""What each port promises, tested on every adapter that keeps it."""
