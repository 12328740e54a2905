"""Golden behaviours of recording, over HTTP: M13 to M18 and M41."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.http.serving import Functions, refused

CASES = json.loads(Path(__file__).with_name("cases").joinpath("recording.json").read_text("utf-8"))
FLAGS = json.loads(Path(__file__).with_name("cases").joinpath("flag.json").read_text("utf-8"))
CALL = {"category": "llm", "provider": "openai", "model": "gpt-4.1-mini"}


def cases(group: list[Any]) -> list[Any]:
    return [pytest.param(case, id=f"{case['behaviour']}-{case['name']}") for case in group]


@pytest.mark.parametrize("case", cases(CASES["stored"]))
def test_every_kind_of_event_is_stored_under_its_tenant(
    case: dict[str, Any], functions: Functions, key: str
) -> None:
    other = functions.create_tenant("globex")
    functions.record(key, case["event"])
    assert [event["id"] for event in functions.events(key)] == [case["event"]["id"]]
    usage = functions.usage(key)
    assert {name: usage[name] for name in case["counted"]} == case["counted"]
    assert functions.events(other, "globex") == []
    assert functions.usage(other, "globex")["series"] == []


@pytest.mark.parametrize("is_folded", [False, True], ids=["live", "folded"])
@pytest.mark.parametrize("case", cases(CASES["repeated"]))
def test_the_same_id_counts_once(
    case: dict[str, Any], is_folded: bool, functions: Functions, key: str
) -> None:
    answers = []
    for ids in case["requests"]:
        instance = functions.another() if case.get("instances") else functions
        answers.append(instance.record(key, *({**CALL, "id": each} for each in ids)))
        if is_folded:
            functions.tick(["acme"])
    assert [answer["accepted"] for answer in answers] == case["accepted"]
    assert [answer["duplicates"] for answer in answers] == case["duplicates"]
    assert functions.usage(key)["total_llm_calls"] == len({each for ids in case["requests"] for each in ids})


@pytest.mark.parametrize("case", cases(CASES["conflicting"]))
def test_another_payload_with_the_same_id_is_a_conflict_and_the_first_is_kept(
    case: dict[str, Any], functions: Functions, key: str
) -> None:
    functions.record(key, {**CALL, **case["first"], "id": "a"})
    before = (functions.events(key), functions.usage(key), functions.read(key, "/tenants/acme/runs"))
    document = refused(functions.post_events(key, {**CALL, **case["second"], "id": "a"}), 422)
    assert [problem["code"] for problem in document["errors"]] == ["id_conflict"]
    assert (functions.events(key), functions.usage(key), functions.read(key, "/tenants/acme/runs")) == before


@pytest.mark.parametrize("case", cases(CASES["partly_bad"]))
def test_invalid_items_are_reported_by_index_and_the_valid_ones_recorded(
    case: dict[str, Any], functions: Functions, key: str
) -> None:
    good = {
        index: {**CALL, "id": f"good-{index}"} for index in range(case["of"]) if index not in case["bad_at"]
    }
    answer = functions.record(
        key, *(good.get(index, {**CALL, "latency_ms": -1}) for index in range(case["of"]))
    )
    assert answer["accepted"] == case["of"] - len(case["bad_at"])
    assert answer["ids"] == [event["id"] for event in good.values()]
    assert [problem["index"] for problem in answer["rejected"]] == case["bad_at"]
    assert {problem["field"] for problem in answer["rejected"]} == {"latency_ms"}


@pytest.mark.parametrize("case", cases(CASES["priced"]))
def test_the_cost_of_an_event_and_its_source(case: dict[str, Any], functions: Functions, key: str) -> None:
    functions.record(key, {"category": "llm", **case["event"]})
    (stored,) = functions.events(key)
    assert (stored["cost_usd"], stored["price_source"]) == (case["cost_usd"], case["price_source"])
    usage = functions.usage(key)
    assert (usage["unpriced_calls"], usage["total_cost_usd"]) == (
        case["unpriced_calls"],
        case["total_cost_usd"],
    )


@pytest.mark.parametrize("case", cases(FLAGS))
def test_the_flag_switches_metering(
    case: dict[str, Any], set_up: Callable[[], Functions], monkeypatch: pytest.MonkeyPatch
) -> None:
    if case["flag"] is None:
        monkeypatch.delenv("GWI_METERING_ENABLED")
    else:
        monkeypatch.setenv("GWI_METERING_ENABLED", case["flag"])
    functions = set_up()
    key = functions.create_tenant(plan="free")
    answer = functions.record(key, {**CALL, "tokens": {"total_tokens": 60_000}})
    assert (answer["metering_enabled"], answer["accepted"]) == (case["is_on"], int(case["is_on"]))
    assert len(functions.events(key)) == int(case["is_on"])
    check = functions.check(key, tokens=1)
    assert check["allowed"] is not case["is_on"]
    assert check["code"] == ("token_limit_reached" if case["is_on"] else "metering_disabled")
