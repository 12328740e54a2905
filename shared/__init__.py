"""The one package that every function imports; it is copied beside each function's main.py."""
