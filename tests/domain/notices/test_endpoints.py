"""Webhook endpoints: the addresses they may have, and the life of their health."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import InvalidInput
from shared.domain.notices.endpoints import (
    DISABLED_AFTER,
    MAX_URL_CHARS,
    SECRET_OVERLAP,
    Endpoint,
    is_public,
    new_secret,
    valid_url,
)
from tests.sample_events import NOON

ENDPOINT = Endpoint(
    id="ep_1",
    tenant_id="acme",
    url="https://hooks.example.com",
    format="json",
    secret=new_secret(),
    created_at=NOON,
    created_by="test",
)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com",
        "https://hooks.example.com:8443/a?b=c",
        "https://93.184.215.14/x",
        "https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]/x",
        "https://xn--bcher-kva.example/x",
    ],
)
def test_a_public_https_address_is_accepted(url: str) -> None:
    assert valid_url(url, allow_local=False) == url
    assert valid_url(url, allow_local=True) == url


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://hooks.example.com", "must begin with https://"),
        ("ftp://hooks.example.com", "must begin with https://"),
        ("hooks.example.com", "names no host"),
        ("https://", "names no host"),
        ("https:///x", "names no host"),
        ("https://user:pass@hooks.example.com", "user name or password"),
        ("https://user@hooks.example.com", "user name or password"),
        ("https://localhost/x", "not a public host"),
        ("https://metadata/x", "not a public host"),
        ("https://metadata.google.internal/x", "not a public host"),
        ("https://printer.local", "not a public host"),
        ("https://127.0.0.1", "not a public address"),
        ("https://127.1", "not a public address"),
        ("https://0x7f.1", "not a public address"),
        ("https://2130706433", "not a public address"),
        ("https://10.1.2.3", "not a public address"),
        ("https://169.254.169.254", "not a public address"),
        ("https://[::1]", "not a public address"),
        ("https://[fe80::1%25eth0]", "not a public address"),
        ("https://[::ffff:169.254.169.254]", "not a public address"),
        ("https://[64:ff9b::a9fe:a9fe]", "not a public address"),
        ("https://hooks.example.com:99999", "not a valid address"),
        ("https://hooks.exämple.com", "ASCII"),
        ("https://hooks.example.com/a b", "ASCII"),
        ("https://hooks.example.com/\r\nHost: x", "ASCII"),
        ("https://hooks.example.com/" + "x" * MAX_URL_CHARS, "ASCII"),
    ],
)
def test_any_other_address_is_refused_with_the_reason(url: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        valid_url(url, allow_local=False)
    assert reason in refusal.value.message
    assert [problem.field for problem in refusal.value.problems] == ["url"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/x", "https://localhost:1/x", "http://[::1]/x"])
def test_a_local_stack_takes_this_machine_and_nothing_else_inside(url: str) -> None:
    assert valid_url(url, allow_local=True) == url
    for inside in ("http://10.0.0.1", "https://169.254.169.254", "http://hooks.example.com"):
        with pytest.raises(InvalidInput):
            valid_url(inside, allow_local=True)


@given(st.ip_addresses(v=4))
def test_an_address_is_as_public_within_ipv6_as_by_itself(address: object) -> None:
    octets = [int(part) for part in str(address).split(".")]
    low = f"{octets[0]:02x}{octets[1]:02x}:{octets[2]:02x}{octets[3]:02x}"
    public = is_public(str(address))
    assert is_public(f"::ffff:{address}") == public
    assert is_public(f"64:ff9b::{low}") == public
    assert is_public(f"2002:{low}::1") == public


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "100.64.0.1", "192.0.2.1", "224.0.0.1", "255.255.255.255", "fc00::1", "ff02::1", "::"],
)
def test_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


def test_an_endpoint_is_disabled_after_three_days_without_a_success() -> None:
    failing = ENDPOINT.after_failure(NOON)
    assert (failing.status, failing.failing_since) == ("failing", NOON)
    later = failing.after_failure(NOON + DISABLED_AFTER - timedelta(seconds=1))
    assert (later.status, later.failing_since) == ("failing", NOON)
    assert failing.after_success() == ENDPOINT
    disabled = later.after_failure(NOON + DISABLED_AFTER)
    assert (disabled.status, disabled.disabled_at) == ("disabled", NOON + DISABLED_AFTER)
    assert disabled.enabled() == ENDPOINT


def test_the_previous_secret_signs_until_its_overlap_ends() -> None:
    rotated = ENDPOINT.rotated(NOON)
    end = NOON + SECRET_OVERLAP
    assert rotated.secret != ENDPOINT.secret
    assert rotated.secrets_at(end - timedelta(seconds=1)) == (rotated.secret, ENDPOINT.secret)
    assert rotated.secrets_at(end) == (rotated.secret,)
    assert ENDPOINT.secrets_at(NOON) == (ENDPOINT.secret,)
