"""Token counts as a caller sends them, checked and normalised."""

from functools import cached_property
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.domain.prices.token_pools import MAX_TOKENS, TokenPools

CONTRADICTORY_TOKENS = "contradictory_tokens"
EMPTY_TOKENS = "empty_tokens"

Count = Annotated[int, Field(ge=0, le=MAX_TOKENS)]


class TokenCounts(BaseModel):
    """Token counts as a caller sends them; null means absent, 0 is a value.

    `prompt_tokens` and `completion_tokens` are aliases of `input_tokens` and `output_tokens`.
    Validation fails with code `contradictory_tokens` or `empty_tokens`, located at the object itself.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    input_tokens: Count | None = None
    prompt_tokens: Count | None = None
    output_tokens: Count | None = None
    completion_tokens: Count | None = None
    total_tokens: Count | None = None
    cache_read_tokens: Count | None = None
    cache_write_tokens: Count | None = None
    cache_write_5m_tokens: Count | None = None
    cache_write_1h_tokens: Count | None = None
    reasoning_tokens: Count | None = None

    @model_validator(mode="after")
    def _counts_agree(self) -> Self:
        # Stored directly, because the lock of cached_property costs more than the whole normalisation.
        self.__dict__["pools"] = normalise(self)
        return self

    @cached_property
    def pools(self) -> TokenPools:
        """The normalised pools, computed during validation."""
        return normalise(self)


def normalise(counts: TokenCounts) -> TokenPools:
    """Normalise `counts`; raise PydanticCustomError, a ValueError that names both fields, if they disagree."""
    input_, output, total = _sides(counts)
    cache_read = counts.cache_read_tokens or 0
    cache_write, cache_write_1h = _cache_writes(counts)
    reasoning = counts.reasoning_tokens or 0
    if cache_read + cache_write > input_:
        raise _cached_beyond_input(counts, cache_read, cache_write, input_)
    if reasoning > output:
        raise _contradiction("reasoning_tokens", reasoning, f"{_output_name(counts)} is {output}")
    return TokenPools(input_, output, total, cache_read, cache_write, cache_write_1h, reasoning)


def _sides(counts: TokenCounts) -> tuple[int, int, int]:
    input_ = _agreed("input_tokens", counts.input_tokens, "prompt_tokens", counts.prompt_tokens)
    output = _agreed("output_tokens", counts.output_tokens, "completion_tokens", counts.completion_tokens)
    total = counts.total_tokens
    if total is not None:
        return _sides_of_total(counts, input_, output, total)
    if input_ is None and output is None:
        raise _empty()
    input_, output = input_ or 0, output or 0
    return input_, output, input_ + output


def _agreed(name: str, value: int | None, synonym: str, other: int | None) -> int | None:
    if value is None:
        return other
    if other is not None and other != value:
        raise _contradiction(name, value, f"{synonym} is {other}")
    return value


def _sides_of_total(
    counts: TokenCounts, input_: int | None, output: int | None, total: int
) -> tuple[int, int, int]:
    if input_ is None and output is None:
        return 0, 0, total
    if input_ is None:
        input_ = total - (output or 0)
    elif output is None:
        output = total - input_
    output = output or 0
    if input_ < 0 or output < 0 or input_ + output != total:
        raise _unequal_total(counts, total)
    return input_, output, total


def _cache_writes(counts: TokenCounts) -> tuple[int, int]:
    whole, short, long = counts.cache_write_tokens, counts.cache_write_5m_tokens, counts.cache_write_1h_tokens
    if whole is None:
        long = long or 0
        return (short or 0) + long, long
    if long is None:
        long = whole - short if short is not None else 0
    if short is None:
        short = whole - long
    if short < 0 or long < 0 or short + long != whole:
        raise _unequal_cache_writes(counts, whole)
    return whole, long


def _unequal_total(counts: TokenCounts, total: int) -> PydanticCustomError:
    input_ = counts.input_tokens if counts.input_tokens is not None else counts.prompt_tokens
    output = counts.output_tokens if counts.output_tokens is not None else counts.completion_tokens
    if input_ is None:
        return _contradiction("total_tokens", total, f"{_output_name(counts)} is {output}")
    if output is None:
        return _contradiction("total_tokens", total, f"{_input_name(counts)} is {input_}")
    sides = f"{_input_name(counts)} {input_} + {_output_name(counts)} {output} = {input_ + output}"
    return _contradiction("total_tokens", total, sides)


def _unequal_cache_writes(counts: TokenCounts, whole: int) -> PydanticCustomError:
    short, long = counts.cache_write_5m_tokens, counts.cache_write_1h_tokens
    if short is None:
        return _contradiction("cache_write_tokens", whole, f"cache_write_1h_tokens is {long}")
    if long is None:
        return _contradiction("cache_write_tokens", whole, f"cache_write_5m_tokens is {short}")
    parts = f"cache_write_5m_tokens {short} + cache_write_1h_tokens {long} = {short + long}"
    return _contradiction("cache_write_tokens", whole, parts)


def _cached_beyond_input(counts: TokenCounts, read: int, write: int, input_: int) -> PydanticCustomError:
    cached = f"cache_read_tokens {read} + cache_write_tokens {write} = {read + write}"
    return _contradiction(_input_name(counts), input_, f"{cached}, and input includes cached tokens")


def _contradiction(field: str, value: int, other: str) -> PydanticCustomError:
    return PydanticCustomError(CONTRADICTORY_TOKENS, f"{field} is {value} but {other}", {"field": field})


def _empty() -> PydanticCustomError:
    wanted = "input_tokens, prompt_tokens, output_tokens, completion_tokens or total_tokens"
    return PydanticCustomError(EMPTY_TOKENS, f"tokens needs at least one of {wanted}", {"field": "tokens"})


def _input_name(counts: TokenCounts) -> str:
    is_synonym = counts.input_tokens is None and counts.prompt_tokens is not None
    return "prompt_tokens" if is_synonym else "input_tokens"


def _output_name(counts: TokenCounts) -> str:
    is_synonym = counts.output_tokens is None and counts.completion_tokens is not None
    return "completion_tokens" if is_synonym else "output_tokens"
