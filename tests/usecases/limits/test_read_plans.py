"""The plans that an instance remembers."""

from datetime import timedelta

import pytest

from shared.adapters.memory import MemoryStore
from shared.domain.errors import Unavailable
from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.people.audit import Change
from shared.usecases.limits.read_plans import ASK_AGAIN_AFTER, REMEMBERED_FOR, PlanReader
from tests.plans import FREE, PLANS
from tests.sample_events import NOON

NEXT = PLANS.replaced_by(PlanCatalog(plans=(FREE,)))
SOON = timedelta(seconds=1)


class CountingCatalogs(MemoryStore):
    """Plans whose readings are counted, and which can be away."""

    readings = 0
    is_away = False

    def read_plans(self, known: PlanCatalog) -> PlanCatalog:
        """Count the reading."""
        self.readings += 1
        if self.is_away:
            raise Unavailable("away")
        return super().read_plans(known)


@pytest.fixture
def catalogs() -> CountingCatalogs:
    return CountingCatalogs()


@pytest.fixture
def reader(catalogs: CountingCatalogs) -> PlanReader:
    return PlanReader(catalogs, PLANS)


def save_next(catalogs: CountingCatalogs) -> None:
    catalogs.save_plans(NEXT, Change("ada", NOON).entry(None, "plans.version_1", None, None))


def test_the_default_plans_count_until_others_are_saved(
    reader: PlanReader, catalogs: CountingCatalogs
) -> None:
    assert reader.current(NOON) is PLANS
    save_next(catalogs)
    assert reader.current(NOON + REMEMBERED_FOR) is NEXT


def test_a_minute_of_requests_reads_the_plans_once(reader: PlanReader, catalogs: CountingCatalogs) -> None:
    for second in range(60):
        reader.current(NOON + timedelta(seconds=second))
    assert catalogs.readings == 1


def test_while_the_store_is_away_the_last_plans_count_and_few_requests_ask(
    reader: PlanReader, catalogs: CountingCatalogs
) -> None:
    save_next(catalogs)
    assert reader.current(NOON) is NEXT
    catalogs.is_away = True
    later = NOON + REMEMBERED_FOR
    assert [reader.current(later + each * SOON) for each in range(10)] == [NEXT] * 10
    assert catalogs.readings == 2
    catalogs.is_away = False
    assert reader.current(later + ASK_AGAIN_AFTER) is NEXT
    assert catalogs.readings == 3


def test_an_instance_that_never_read_the_plans_does_not_take_the_default_ones(
    reader: PlanReader, catalogs: CountingCatalogs
) -> None:
    catalogs.is_away = True
    with pytest.raises(Unavailable):
        reader.current(NOON)


def test_a_clock_that_goes_back_reads_again(reader: PlanReader, catalogs: CountingCatalogs) -> None:
    reader.current(NOON)
    reader.current(NOON - SOON)
    assert catalogs.readings == 2
