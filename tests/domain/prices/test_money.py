"""Tests of money."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.prices.money import NANOUSD_PER_USD, divide_half_even, nanousd_from_decimal, usd_string


@pytest.mark.parametrize(
    ("usd", "nanousd"),
    [
        ("0.10", 100_000_000),
        ("1", 10**9),
        ("-2.5", -25 * 10**8),
        ("0.000000001", 1),
        ("1E-9", 1),
        ("1E+3", 1000 * 10**9),
        ("0.0000000005", 0),
        ("0.0000000015", 2),
        ("0.0000000025", 2),
        ("-0.0000000015", -2),
        ("0.00000000050000000000000000000000000000000001", 1),
        ("9007199254740993.123456789", 9007199254740993 * 10**9 + 123456789),
    ],
)
def test_a_decimal_becomes_whole_nano_usd_half_to_even(usd: str, nanousd: int) -> None:
    assert nanousd_from_decimal(Decimal(usd)) == nanousd


@pytest.mark.parametrize("usd", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_an_infinite_amount_or_nan_is_refused(usd: str) -> None:
    with pytest.raises(ValueError, match="not an amount of money"):
        nanousd_from_decimal(Decimal(usd))


@pytest.mark.parametrize(
    ("nanousd", "usd"),
    [
        (0, "0.00"),
        (10**9, "1.00"),
        (75_000, "0.000075"),
        (100_000_000, "0.10"),
        (123_000_000, "0.123"),
        (1, "0.000000001"),
        (-1, "-0.000000001"),
        (-1_500_000_000, "-1.50"),
        (10**30 + 5, "1" + "0" * 21 + ".000000005"),
    ],
)
def test_an_amount_shows_two_to_nine_decimals(nanousd: int, usd: str) -> None:
    assert usd_string(nanousd) == usd


@given(st.integers())
def test_a_formatted_amount_parses_back_to_itself(nanousd: int) -> None:
    assert nanousd_from_decimal(Decimal(usd_string(nanousd))) == nanousd


@given(st.integers(), st.integers(1, 10**30))
def test_division_rounds_to_the_nearest_and_a_tie_to_even(numerator: int, denominator: int) -> None:
    quotient = divide_half_even(numerator, denominator)
    twice_off = 2 * abs(numerator - quotient * denominator)
    assert twice_off < denominator or (twice_off == denominator and quotient % 2 == 0)


def test_a_dollar_has_a_thousand_million_nano_dollars() -> None:
    assert NANOUSD_PER_USD == 1000 * 1000 * 1000
