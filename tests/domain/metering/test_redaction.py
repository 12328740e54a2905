"""Redaction finds secrets at any depth, changes nothing else, and takes linear time."""

import json
import string
from time import thread_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.metering.metadata import MAX_METADATA_BYTES, stored_metadata
from shared.domain.metering.redaction import (
    REDACTED,
    is_secret_name,
    may_contain_secrets,
    redact,
    redact_text,
)

_WORD = string.ascii_letters + string.digits


def _random(least: int, most: int, letters: str = _WORD) -> st.SearchStrategy[str]:
    return st.text(letters, min_size=least, max_size=most)


SECRETS = st.one_of(
    st.builds("".join, st.tuples(st.sampled_from(["sk-", "sk-ant-api03-", "sk-proj-"]), _random(24, 60))),
    st.builds(
        "".join, st.tuples(st.sampled_from(["ghp_", "gho_", "github_pat_", "hf_", "gsk_"]), _random(30, 60))
    ),
    st.builds("".join, st.tuples(st.sampled_from(["sk_live_", "rk_test_", "whsec_"]), _random(24, 40))),
    st.builds(
        "".join, st.tuples(st.sampled_from(["gwi_live_", "gwi_test_"]), _random(40, 40, "0123456789abcdef"))
    ),
    st.builds("AIza{}".format, _random(35, 35)),
    st.builds("AKIA{}".format, _random(16, 16, string.ascii_uppercase + string.digits)),
    st.builds("xoxb-{}-{}".format, _random(10, 12, string.digits), _random(20, 24)),
    st.builds("eyJ{}.eyJ{}.{}".format, _random(10, 40), _random(10, 40), _random(10, 40)),
    st.builds("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----".format, _random(40, 80)),
)
PLAIN = st.text(st.sampled_from(" \n\"'\\,;:.<>{}[]()=é日\x01"), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
METADATA = st.dictionaries(st.text(), VALUES, max_size=5)
SECRET_NAMES = st.builds(
    lambda before, words, case: case(before + words),
    st.sampled_from(["", "x-", "db_", "my.", "openai "]),
    st.sampled_from(
        ["password", "secret", "api_key", "api-key", "apikey", "authorization", "token", "client secret"]
    ),
    st.sampled_from([str.lower, str.upper, str.title]),
)


@given(SECRETS, PLAIN, PLAIN, METADATA)
def test_a_secret_is_found_wherever_it_stands(
    secret: str, before: str, after: str, metadata: dict[str, Any]
) -> None:
    text = before + secret + after
    sent = {"other": metadata, "list": [{"deep": [text]}], text: 1}
    json_text, _, redactions = stored_metadata(sent)
    assert json_text is not None
    assert secret not in json_text
    assert json.dumps(secret)[1:-1] not in json_text
    assert redactions >= 2


@given(SECRET_NAMES, VALUES, METADATA)
def test_a_secrets_name_hides_its_value_at_any_depth(
    name: str, value: object, metadata: dict[str, Any]
) -> None:
    json_text, _, redactions = stored_metadata({"other": [metadata, {"deep": {name: value}}]})
    hidden = None if value is None else REDACTED
    assert list(json.loads(json_text or "")["other"][1]["deep"].values()) == [hidden]
    assert redactions >= (hidden is not None)


@given(SECRET_NAMES, st.text(_WORD, min_size=1))
def test_a_value_in_a_list_of_headers_is_known_by_the_name_beside_it(name: str, value: str) -> None:
    assert redact({"headers": [{"name": name, "value": value}]}) == (
        {"headers": [{"name": name, "value": REDACTED}]},
        1,
    )


@given(METADATA)
def test_what_holds_no_secret_stays_as_it_is(metadata: dict[str, Any]) -> None:
    redacted, count = redact(metadata)
    assert count or redacted == metadata
    assert count == 0 or may_contain_secrets(json.dumps(metadata, ensure_ascii=False))


@given(
    st.lists(
        SECRETS | PLAIN | st.sampled_from(["password=", "Bearer ", "://user:", "@", "basic "]), max_size=8
    )
)
def test_redacting_again_finds_nothing(parts: list[str]) -> None:
    once, _ = redact({"text": " ".join(parts), "token": "x"})
    assert redact(once) == (once, 0)


def test_two_names_that_are_secrets_stay_two_entries() -> None:
    first, second = "ghp_" + "a" * 36, "ghp_" + "b" * 36
    assert redact({first: 1, second: 2}) == ({"[redacted]": 1, "[redacted] 2": 2}, 2)


def test_a_secret_is_redacted_before_the_metadata_is_cut() -> None:
    secret = "ghp_" + "a" * 36
    text = "x" * (MAX_METADATA_BYTES - len('{"a":""}') - 20) + " " + secret
    json_text, is_cut, redactions = stored_metadata({"a": text})
    assert "ghp_" not in (json_text or "ghp_")
    assert (is_cut, redactions) == (False, 1), "what is left fits"


def test_a_text_alone_is_redacted_too() -> None:
    assert redact_text("wrong key: Bearer 0123456789abcdef") == "wrong key: Bearer [redacted]"
    assert redact_text("535 authentication failed") == "535 authentication failed"


@pytest.mark.parametrize("name", ["", "tokens", "output_tokens", "per_token", "secretary", "x" * 10**6])
def test_other_names_hide_nothing(name: str) -> None:
    assert not is_secret_name(name)


HOSTILE = [
    "bearer ",
    "eyJ",
    "-----BEGIN A-----",
    "-----BEGIN ",
    "://a:",
    "://",
    "password=",
    "api_key ",
    "sk-",
    "_",
]
HOSTILE += [
    "basic aaaaaaaa",
    "eyJaaaaaaaaa.",
    "AKIA",
    "hooks.slack.com/",
    "password='",
    "bearer a.",
    "a_token",
]


@pytest.mark.parametrize("part", HOSTILE)
@pytest.mark.parametrize("place", ["value", "name"])
def test_no_text_takes_longer_than_linear_time(part: str, place: str) -> None:
    def seconds(size: int) -> float:
        text = "password " + part * (size // len(part))
        started = thread_time()
        redact({"a": text} if place == "value" else {text: 1})
        return thread_time() - started

    short = min(seconds(5_000) for _ in range(3))
    assert min(seconds(50_000) for _ in range(2)) < 40 * short + 0.05, "quadratic would be 100 times"
