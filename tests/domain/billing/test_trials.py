"""One trial per person: which addresses are one person."""

import pytest

from shared.domain.billing.trials import person_of

ANN = person_of("ann@example.com")


@pytest.mark.parametrize(
    "same",
    [
        *("Ann@Example.com", " ann@example.com ", "ann+2@example.com", "ANN+a+b@example.com"),
        *("\uff41nn@example.com", "ann＋2@example.com"),
    ],
)
def test_an_address_written_otherwise_is_the_same_person(same: str) -> None:
    assert person_of(same) == ANN


@pytest.mark.parametrize(
    "other", ["bob@example.com", "ann@example.org", "an.n@example.com", "+ann@example.com"]
)
def test_another_address_is_another_person(other: str) -> None:
    assert person_of(other) != ANN


def test_the_address_cannot_be_read_from_the_id() -> None:
    assert len(ANN) == 64
    assert "ann" not in ANN
