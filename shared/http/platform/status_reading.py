"""Read the state of the service, in the words of the API; the admin tool reads it here too."""

from datetime import datetime
from typing import Final, Protocol

from shared.config import Config
from shared.http.platform.configuration import shown_settings
from shared.http.platform.status_responses import (
    OverviewResponse,
    StripeFailureResponse,
    SystemResponse,
    TickResponse,
    dead_letters_of,
    notices_of,
    settings_of,
)
from shared.ports import Outbox, ServiceStatus
from shared.usecases.ledger.fold_lag import FoldLag

MOST_LISTED: Final = 50


class StatusContainer(Protocol):
    """The stores that the state of the service is read from."""

    @property
    def config(self) -> Config: ...
    @property
    def service(self) -> ServiceStatus: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def fold_lag(self) -> FoldLag: ...


def read_overview(container: StatusContainer, now: datetime) -> OverviewResponse:
    """Return the overview, in two round trips."""
    return OverviewResponse.of(container.service.read_status(), container.fold_lag.read(now))


def read_system(container: StatusContainer) -> SystemResponse:
    """Return the last ticks, what has failed, and the settings."""
    service = container.service
    entries = container.outbox.list_for_operator(MOST_LISTED)
    return SystemResponse(
        ticks=[TickResponse.model_validate(each) for each in service.read_status().ticks],
        stripe_failures=[
            StripeFailureResponse.model_validate(each) for each in service.list_stripe_failures(MOST_LISTED)
        ],
        dead_letters=dead_letters_of(service.list_dead_letters(MOST_LISTED), entries),
        notices=notices_of(entries),
        configuration=settings_of(shown_settings(container.config)),
    )
