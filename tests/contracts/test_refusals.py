"""Admissions: what was refused on a day, by limit, with the counts of all instances."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.limits.refused_runs import RefusedRuns
from shared.domain.limits.runs import Refusal
from shared.ports import Admissions
from tests.contracts.conftest import Stores
from tests.sample_events import NOON

MINUTE = timedelta(minutes=1)
REFUSED = RefusedRuns(
    count=2,
    last=Refusal(
        code="budget_exceeded",
        reason="Budget users for 'ann' allows $5.00 a day, and $4.90 is used.",
        scope="budget:users",
        value="ann",
        metric="cost",
        limit=5_000_000_000,
        used=4_900_000_000,
        held=0,
        asked=250_000_000,
        resets_at=NOON + timedelta(hours=12),
    ),
    last_at=NOON,
)
OF_A_RUN = RefusedRuns(
    count=1,
    last=Refusal(code="price_unknown", reason="Calls have no price.", scope="run:`a`.b"),
    last_at=NOON + MINUTE,
)


@pytest.fixture
def admissions(stores: Stores) -> Admissions:
    return stores.admissions


def test_nothing_is_refused_at_first(admissions: Admissions) -> None:
    assert admissions.read_refusals("acme", NOON.date()) == []


def test_refusals_are_read_as_they_were_saved_the_newest_first(admissions: Admissions) -> None:
    admissions.save_refusals("acme", [REFUSED, OF_A_RUN], 3)
    assert admissions.read_refusals("acme", NOON.date()) == [OF_A_RUN, REFUSED]


def test_the_counts_of_instances_add_up_and_a_repetition_counts_once(admissions: Admissions) -> None:
    bobs = replace(REFUSED, count=5, last=replace(REFUSED.last, value="bob"), last_at=NOON + MINUTE)
    for each, place in ((REFUSED, 3), (REFUSED, 3), (bobs, 4), (REFUSED, 3)):
        admissions.save_refusals("acme", [each], place)
    (read,) = admissions.read_refusals("acme", NOON.date())
    assert read == replace(REFUSED, count=2 + 5)
    admissions.save_refusals("acme", [replace(REFUSED, count=1)], 3)
    (read,) = admissions.read_refusals("acme", NOON.date())
    assert read.count == 2 + 5, "a count never falls"


def test_another_day_and_another_tenant_have_their_own(admissions: Admissions) -> None:
    admissions.save_refusals("acme", [REFUSED], 3)
    assert admissions.read_refusals("acme", (NOON + timedelta(days=1)).date()) == []
    assert admissions.read_refusals("bolt", NOON.date()) == []


def test_an_erased_user_is_named_by_no_refusal(stores: Stores) -> None:
    bobs = replace(
        REFUSED, last=replace(REFUSED.last, code="price_unknown", value="bob"), last_at=NOON - MINUTE
    )
    stores.admissions.save_refusals("acme", [REFUSED, bobs], 3)
    assert stores.tenant_data.erase_name("acme", "ann") == 1
    assert stores.admissions.read_refusals("acme", NOON.date()) == [bobs]
    assert stores.tenant_data.erase_name("acme", "ann") == 0
