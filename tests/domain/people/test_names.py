"""Names of tenants and labels of keys: visible text in one line, without links."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import InvalidInput
from shared.domain.people.names import name_to_show, valid_label, valid_name

HIDING = [
    *("a\x00b", "a\x1b[31mb", "a\x9b31mb"),
    *("Acme \u202egpj.exe", "Acme\u2066", "\u200facme", "\u061cacme"),
    *("Ac\u200bme", "\u200d", "Ac\u2060me", "\ufeffAcme", "Ac\u00adme"),
    *("\u3164", "\u2800 \u2800", "Ac\u034fme", "\udc80"),
]
LINKING = [
    "see https://evil.example",
    "evil://x",
    "WWW.evil.example",
    "ｗｗｗ．evil.example",
    "http：／／evil",
]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Acme", "Acme"),
        ("  Acme \n Inc.\t", "Acme Inc."),
        ("Acme\u2028Inc.", "Acme Inc."),
        ("<b>Acme</b> & Söhne", "<b>Acme</b> & Söhne"),
        ("Booking.com", "Booking.com"),
        ("株式会社 \U0001f600", "株式会社 \U0001f600"),
        ("شركة", "شركة"),
        ("x" * 200, "x" * 200),
    ],
)
def test_a_name_is_any_visible_text_in_one_line(text: str, name: str) -> None:
    assert valid_name(text) == name_to_show(text) == name


@pytest.mark.parametrize("text", ["", " \n\t", "x" * 201, *HIDING, *LINKING])
def test_a_name_that_is_blank_long_hiding_or_a_link_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^name: ") as refusal:
        valid_name(text)
    assert [(each.field, each.code) for each in refusal.value.problems] == [("name", "invalid_name")]
    assert refusal.value.message.isprintable()
    assert name_to_show(text) is None


@pytest.mark.parametrize("text", ["x" * 101, *HIDING[:-2], *LINKING])
def test_a_label_is_held_to_the_same_rule(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^label: ") as refusal:
        valid_label(text)
    assert [(each.field, each.code) for each in refusal.value.problems] == [("label", "invalid_label")]


def test_a_label_may_be_empty() -> None:
    assert (valid_label(" "), valid_label(" ci ")) == ("", "ci")


def test_an_account_without_a_name_shows_none() -> None:
    assert name_to_show(None) is None


@given(st.text())
def test_what_is_a_name_has_no_hidden_characters_and_stays_the_same(text: str) -> None:
    name = name_to_show(text)
    if name is not None:
        assert not any(unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for each in name)
        assert valid_name(name) == name
