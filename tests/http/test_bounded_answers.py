"""Bounds of what one request costs: problems are listed up to a number, and texts are cut."""

import pytest

from shared.domain.errors import MAX_PROBLEMS
from shared.domain.metering.events import MAX_FIELDS, MAX_PROBLEMS_PER_EVENT
from tests.http.serving import Functions, Json, bearer, refused, succeeded

CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}
LARGEST_ANSWER_BYTES = 64 * 1024


def wide(fields: int) -> Json:
    return CALL | {f"u{number}": 1 for number in range(fields)}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(wide(300_000), id="one event of 300,000 unknown fields"),
        pytest.param([wide(600)] * 500, id="500 events of 600 unknown fields"),
        pytest.param(
            [wide(MAX_FIELDS - 3)] * 500, id="500 events of as many unknown fields as are looked at"
        ),
        pytest.param(CALL | {"tokens": wide(200_000)}, id="unknown tokens"),
        pytest.param(CALL | {"units": wide(200_000)}, id="unknown units"),
        pytest.param(CALL | {"x" * 3_000_000: 1}, id="a field with a long name"),
        pytest.param(CALL | {"tokens": "x" * 3_000_000}, id="a long value"),
        pytest.param([{"x" * 100_000: "y"}] * 30, id="long names in many events"),
        pytest.param(CALL | {"tokens": {"input_tokens": [[["x" * 1000] * 1000] * 3]}}, id="a deep value"),
        pytest.param(
            {"events": [], **{f"u{n}": "x" for n in range(200_000)}}, id="a batch with other fields"
        ),
        pytest.param([0] * 500, id="500 numbers"),
    ],
)
def test_an_answer_is_small_whatever_is_wrong(body: object, functions: Functions, key: str) -> None:
    answer = functions.record_usage.post("/v1/events", json=body, headers=bearer(key))
    assert answer.status_code == 422
    assert len(answer.data) < LARGEST_ANSWER_BYTES
    errors = answer.get_json()["errors"]
    assert 1 <= len(errors) <= MAX_PROBLEMS


def test_ten_problems_of_an_event_are_listed_and_the_good_events_recorded(
    functions: Functions, key: str
) -> None:
    batch = [wide(50), CALL | {"id": "good"}, wide(MAX_PROBLEMS_PER_EVENT)]
    content = succeeded(functions.post_events(key, batch))
    assert content["ids"] == ["good"]
    assert content["truncated"] is True
    assert [problem["index"] for problem in content["rejected"]] == [0] * 10 + [2] * 10


def test_all_problems_are_listed_if_they_are_few(functions: Functions, key: str) -> None:
    content = succeeded(functions.post_events(key, [CALL, wide(MAX_PROBLEMS_PER_EVENT)]))
    assert (len(content["rejected"]), content["truncated"]) == (MAX_PROBLEMS_PER_EVENT, False)
    document = refused(functions.post_events(key, [wide(2)]), 422)
    assert "truncated" not in document


def test_the_first_hundred_of_many_problems_are_listed_and_every_good_event_is_recorded(
    functions: Functions, key: str
) -> None:
    batch = [CALL if number % 2 else {"category": "llm"} for number in range(500)]
    content = succeeded(functions.post_events(key, batch))
    assert len(content["ids"]) == 250
    assert (len(content["rejected"]), content["truncated"]) == (MAX_PROBLEMS, True)
    assert [problem["index"] for problem in content["rejected"]] == [
        index for index in range(0, MAX_PROBLEMS, 2) for _ in range(2)
    ]


def test_an_event_with_too_many_fields_is_reported_as_one_problem(functions: Functions, key: str) -> None:
    (problem,) = refused(functions.post_events(key, wide(MAX_FIELDS)), 422)["errors"]
    assert (problem["field"], problem["code"]) == ("event", "too_many_fields")


def test_refusals_of_valid_events_count_too(functions: Functions, key: str) -> None:
    batch = [CALL | {"tenant_id": "other"}] * 150 + [CALL]
    content = succeeded(functions.post_events(key, batch))
    assert (len(content["ids"]), len(content["rejected"]), content["truncated"]) == (1, MAX_PROBLEMS, True)


def test_other_bodies_are_bounded_too(functions: Functions, key: str) -> None:
    body = {f"u{number}": 1 for number in range(4_000)}
    answer = functions.record_usage.post("/v1/check", json=body, headers=bearer(key))
    assert len(answer.data) < LARGEST_ANSWER_BYTES
    document = refused(answer, 422)
    assert (len(document["errors"]), document["truncated"]) == (MAX_PROBLEMS, True)


def test_a_path_is_cut_in_the_message(functions: Functions, key: str) -> None:
    answer = functions.usage_api.get("/api/v1/tenants/" + "x" * 100_000, headers=bearer(key))
    assert answer.status_code in (403, 404)
    assert len(answer.data) < 1024


def test_a_query_of_many_parameters_is_refused(functions: Functions, key: str) -> None:
    query = "&".join(f"u{number}=1" for number in range(20_000))
    answer = functions.usage_api.get(f"/api/v1/tenants/acme/usage?{query}", headers=bearer(key))
    refused(answer, 413, "too_large")
