"""Function to compare with: does nothing, so that what remains is the framework's own cost."""

import functions_framework
from flask import Request


@functions_framework.http
def hello(_request: Request) -> str:
    """Entry point."""
    return "hello"
