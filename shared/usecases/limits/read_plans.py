"""Reads the platform's plans and remembers them. Nothing runs in the background."""

import logging
from datetime import datetime, timedelta

from shared.domain.errors import Unavailable
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.ports import PlanCatalogs

REMEMBERED_FOR = timedelta(seconds=60)
"""A change of plans reaches every instance within this time."""
ASK_AGAIN_AFTER = timedelta(seconds=10)
"""While the store is away, a request in ten seconds waits for it."""
LOGGER = logging.getLogger("gwi_usage")


class PlanReader:
    """The newest plans, at most a minute old; those of `default` where none were saved."""

    def __init__(self, catalogs: PlanCatalogs, default: PlanCatalog) -> None:
        self._catalogs = catalogs
        self._default = default
        self._read: tuple[datetime, datetime, PlanCatalog] | None = None

    def current(self, now: datetime) -> PlanCatalog:
        """Return the plans, from memory or from the store.

        While the store does not answer, the plans that were read last count. Raise Unavailable if none were: the
        default plans may promise something else.
        """
        known = self._read
        if known is not None and known[0] <= now < known[1]:
            return known[2]
        try:
            catalog = self._catalogs.read_plans(known[2] if known else self._default)
        except Unavailable as error:
            if known is None:
                raise
            LOGGER.warning("the plans of version %d stay in use: %s", known[2].version, error)
            self._read = (now, now + ASK_AGAIN_AFTER, known[2])
            return known[2]
        self._read = (now, now + REMEMBERED_FOR, catalog)
        return catalog
