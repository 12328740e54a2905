"""Money as integer nano-USD (1e-9 USD), and its conversions from and to decimals."""

from decimal import Decimal

NANOUSD_PER_USD = 10**9


def nanousd_from_decimal(usd: Decimal) -> int:
    """Convert USD to whole nano-USD, half to even; raise ValueError for an amount that is not finite."""
    if not usd.is_finite():
        raise ValueError(f"usd is {usd}, which is not an amount of money")
    numerator, denominator = usd.as_integer_ratio()
    return divide_half_even(numerator * NANOUSD_PER_USD, denominator)


def usd_string(nanousd: int) -> str:
    """Format `nanousd` as exact USD with two to nine decimals: `1.00`, `0.000075`."""
    dollars, rest = divmod(abs(nanousd), NANOUSD_PER_USD)
    decimals = f"{rest:09d}".rstrip("0").ljust(2, "0")
    return f"{'-' if nanousd < 0 else ''}{dollars}.{decimals}"


def usd_text(nanousd: int) -> str:
    """Format `nanousd` for a sentence, exact too: `$1,234.50`."""
    dollars, _, decimals = usd_string(abs(nanousd)).partition(".")
    return f"{'-' if nanousd < 0 else ''}${int(dollars):,}.{decimals}"


def divide_half_even(numerator: int, denominator: int) -> int:
    """Divide to an integer, half to even; `denominator` is positive."""
    quotient, remainder = divmod(numerator, denominator)
    twice = 2 * remainder
    return quotient + (twice > denominator or (twice == denominator and quotient % 2 == 1))
