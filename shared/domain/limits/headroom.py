"""The distance of usage from its limits, which decides when to fold next and when a cached read is too old."""

from typing import Final

from shared.domain.ledger.counter_settings import LONGEST_FOLD_MINUTES
from shared.domain.limits.limits import LimitPolicy
from shared.domain.limits.metrics import Consumption

_PACES: Final = (LONGEST_FOLD_MINUTES, 8, 4, 2)
"""Few values, because each change is a write to the tenant."""
_SHORTEST_FOLD_MINUTES: Final = 1


def is_near_cap(policy: LimitPolicy, used: Consumption) -> bool:
    """Return whether usage is within 10 % of a cap or beyond it."""
    return any(
        10 * used.used(metric) >= 9 * cap
        for metric, caps in policy.caps.items()
        for cap in (caps.soft, caps.hard)
    )


def minutes_until_fold(policy: LimitPolicy, used: Consumption, new: Consumption, minutes: int) -> int:
    """Return the minutes until the next fold has to check the limits; `new` is the usage of the last `minutes`.

    Within 20 % of a warning or of the limit, that is one minute. Further away, it is half the time until the next
    alert at the last rate, because rates vary, and at most 15 minutes.
    """
    result = LONGEST_FOLD_MINUTES
    for metric, caps in policy.caps.items():
        amount, growth = used.used(metric), new.used(metric)
        if any(amount < cap and 5 * amount >= 4 * cap for cap in (caps.soft, caps.hard)):
            return _SHORTEST_FOLD_MINUTES
        for cap in (caps.soft, caps.hard, *caps.alerts.values()):
            room = (cap - amount) * minutes
            if room > 0:
                paces = (each for each in _PACES if 2 * each * growth <= room)
                result = min(result, next(paces, _SHORTEST_FOLD_MINUTES))
    return result
