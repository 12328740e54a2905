"""Cross-origin requests: pages of configured origins may read with a key that can do nothing else."""

from collections.abc import Collection, Iterable
from typing import Final

from flask import Request, Response

from shared.domain.errors import Forbidden
from shared.domain.people.members import Permission
from shared.http.routes import Route, empty_response

READING: Final[frozenset[Permission]] = frozenset({"usage:read", "limits:read"})
_EXPOSED: Final = "ETag, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset"
_ALLOWED_HEADERS: Final = "Authorization, Content-Type, If-None-Match"
_REMEMBERED_SECONDS: Final = 600


class CrossOrigins:
    """The origins, besides the dashboard's, whose pages may call the API."""

    def __init__(self, origins: Collection[str]) -> None:
        self._origins = frozenset(origins)

    def preflight(self, request: Request, routes: Iterable[Route]) -> Response | None:
        """Return the answer to a preflight request for one of `routes`; None for any other request."""
        if not self._names_origin(request) or "Access-Control-Request-Method" not in request.headers:
            return None
        methods = sorted({route.method for route in routes if route.needs in READING})
        if not methods:
            return None
        response = empty_response()
        response.headers["Access-Control-Allow-Methods"] = ", ".join(methods)
        response.headers["Access-Control-Allow-Headers"] = _ALLOWED_HEADERS
        response.headers["Access-Control-Max-Age"] = str(_REMEMBERED_SECONDS)
        return response

    def require_reading(self, request: Request, permissions: Collection[Permission]) -> None:
        """Raise Forbidden for a key that may change anything: whoever opens the page can take it."""
        if self._names_origin(request) and not READING.issuperset(permissions):
            message = f"a key in a web page must be limited to {' and '.join(sorted(READING))}"
            raise Forbidden(message, code="key_not_for_browsers")

    def expose(self, request: Request, response: Response) -> None:
        """Let the page of a configured origin read the response."""
        if self._origins:
            response.vary.add("Origin")
        if self._names_origin(request):
            response.headers["Access-Control-Allow-Origin"] = request.headers["Origin"]
            response.headers["Access-Control-Expose-Headers"] = _EXPOSED

    def _names_origin(self, request: Request) -> bool:
        return request.headers.get("Origin") in self._origins
