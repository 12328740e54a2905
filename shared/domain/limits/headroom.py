"""The distance of usage from its limits, which decides when to fold next and when a cached read is too old."""

from collections.abc import Iterator
from typing import Final

from shared.domain.ledger.counter_settings import LONGEST_FOLD_MINUTES
from shared.domain.limits.limits import Consumption, LimitPolicy

_PACES: Final = (LONGEST_FOLD_MINUTES, 8, 4, 2)
"""Few values, because each change is a write to the tenant."""
_SHORTEST_FOLD_MINUTES: Final = 1


def is_near_cap(policy: LimitPolicy, used: Consumption) -> bool:
    """Return whether usage is within 10 % of a cap or beyond it."""
    return any(10 * amount >= 9 * cap for cap, amount in _caps(policy, used))


def minutes_until_fold(policy: LimitPolicy, used: Consumption, new: Consumption, minutes: int) -> int:
    """Return the minutes until the next fold has to check the limits; `new` is the usage of the last `minutes`.

    Within 20 % of a warning or of the limit, that is one minute. Further away, it is half the time until the next
    alert at the last rate, because rates vary, and at most 15 minutes.
    """
    if any(amount < cap and 5 * amount >= 4 * cap for cap, amount in _caps(policy, used)):
        return _SHORTEST_FOLD_MINUTES
    result = LONGEST_FOLD_MINUTES
    for (cap, amount), (_, growth) in zip(_alert_caps(policy, used), _alert_caps(policy, new), strict=True):
        if amount >= cap:
            continue
        room = (cap - amount) * minutes
        result = min(
            result, next((each for each in _PACES if 2 * each * growth <= room), _SHORTEST_FOLD_MINUTES)
        )
    return result


def _alert_caps(policy: LimitPolicy, used: Consumption) -> Iterator[tuple[int, int]]:
    """Yield each cap, and the usage of each alert, with the usage that counts towards it."""
    yield from _caps(policy, used)
    yield from ((cap, used.tokens) for cap in policy.alert_caps(policy.token_limit).values())
    yield from ((cap, used.runs) for cap in policy.alert_caps(policy.run_limit).values())


def _caps(policy: LimitPolicy, used: Consumption) -> Iterator[tuple[int, int]]:
    """Yield each cap with the usage that counts towards it."""
    yield policy.soft_token_cap, used.tokens
    yield policy.hard_token_cap, used.tokens
    yield policy.soft_run_cap, used.runs
    yield policy.hard_run_cap, used.runs
