"""The promises of each port, tested on every adapter."""
