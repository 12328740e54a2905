"""Cloud Run function: folds counters into rollups on each tick from Pub/Sub."""

import functions_framework
from cloudevents.http import CloudEvent

from shared.bootstrap import start
from shared.http.ledger.tick import handle_tick
from shared.http.liveness import answer_while_alive

container = start(required_when_deployed=["GWI_WEB_ORIGIN", "GWI_TICK_AUDIENCE", "GWI_TICK_SERVICE_ACCOUNT"])
answer_while_alive()


@functions_framework.cloud_event
def aggregate(event: CloudEvent) -> None:
    handle_tick(event, container)
