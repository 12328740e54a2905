"""The local development stack: emulators, functions, tick and demo tenant."""
