"""Requests that functions-framework or Flask refuse before the app sees them are problem documents too."""

import pytest

from tests.http.serving import Functions, refused


@pytest.mark.parametrize("function", ["record_usage", "usage_api"])
@pytest.mark.parametrize(
    "path", ["/v1/%0A", "/api/v1/plans%0A", "/%0A", "/v1/events/%00", "/%FF", "/v1//events"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD", "TRACE", "PROPFIND"])
def test_any_path_and_method_is_answered_as_a_problem(
    method: str, path: str, function: str, functions: Functions
) -> None:
    answer = getattr(functions, function).open(path, method=method)
    assert 400 <= answer.status_code < 500
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if method != "HEAD":
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["status"] == answer.status_code


def test_head_is_answered_like_get_without_a_body(functions: Functions) -> None:
    answer = functions.usage_api.head("/api/v1/plans")
    assert (answer.status_code, answer.data) == (200, b"")


def test_options_says_which_methods_there_are(functions: Functions) -> None:
    answer = functions.usage_api.options("/api/v1/plans")
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"
