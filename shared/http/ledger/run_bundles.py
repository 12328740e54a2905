"""The route that hands out a run with all of its events, sealed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

from flask import Response
from pydantic import Field

from shared.domain.errors import NotFound
from shared.domain.metering.run_bundles import RunFacts, facts_of, kind_of
from shared.domain.metering.seals import ALGORITHM
from shared.http.ledger.amounts import Amounts, amounts
from shared.http.ledger.usage_responses import RunResponse
from shared.http.responses import ErrorResponse, EventResponse, ResponseModel
from shared.http.routes import PRIVATE, Call, Container, Route
from shared.usecases.metering.read_bundle import RunEvents, read_run_events

FORMAT: Final = "gwi.run-bundle"
VERSION: Final = 1


class BundledEvent(EventResponse):
    """An event of the run, with the kind that it names or amounts to."""

    kind: str


class ProviderSum(Amounts):
    """The sums of one provider's calls in the bundle."""

    provider: str


class DecisionsResponse(ResponseModel):
    """How often policies and people decided about a step of the run."""

    policy_checks: int
    approvals: int
    denials: int


class SealResponse(ResponseModel):
    """The keyed signature of everything else, in exactly these bytes."""

    algorithm: str = Field(description=f"`{ALGORITHM}`")
    key_id: str
    value: str


class BundleContent(ResponseModel):
    """A run with its events in the order of time, before it is sealed."""

    format: Literal["gwi.run-bundle"] = FORMAT
    version: Literal[1] = VERSION
    tenant_id: str
    made_at: datetime
    run: RunResponse
    error: ErrorResponse | None = Field(
        description="The error with which the run failed, or the last one in it."
    )
    kinds: Mapping[str, int] = Field(description="How many events have each kind.")
    providers: list[ProviderSum]
    decisions: DecisionsResponse
    redactions: int
    is_cut: bool = Field(
        description="The run has more events than a bundle holds: it has the first and the last ones, whose sums "
        "`providers`, `kinds` and `decisions` are. `run` has the totals of all."
    )
    events: list[BundledEvent]

    @classmethod
    def of(cls, tenant_id: str, read: RunEvents, now: datetime) -> "BundleContent":
        facts: RunFacts = facts_of(read.events)
        return cls(
            tenant_id=tenant_id,
            made_at=now,
            run=RunResponse.of(read.run, now),
            error=ErrorResponse.model_validate(facts.error) if facts.error else None,
            kinds=facts.kinds,
            providers=[
                ProviderSum(provider=name, **amounts(totals)) for name, totals in facts.providers.items()
            ],
            decisions=DecisionsResponse.model_validate(facts.decisions),
            redactions=facts.redactions,
            is_cut=read.is_cut,
            events=[BundledEvent.model_validate(each._replace(kind=kind_of(each))) for each in read.events],
        )


class BundleResponse(BundleContent):
    """A sealed run: `python -m tools.admin verify-bundle FILE` shows whether a byte of it has changed."""

    checksum: str = Field(description="`sha256:` and the hash of the content, for whoever has no key.")
    seal: SealResponse


def _bundle(call: Call, container: Container) -> Response:
    keys = container.config.sealing_keys
    if keys is None:
        raise NotFound("bundles of runs are off on this platform", code="forensics_disabled")
    tenant_id, run_id = call.caller.tenant_id, call.path["run"]
    read = read_run_events(container.usage, call.caller.tenant, run_id)
    content = BundleContent.of(tenant_id, read, call.now).model_dump(mode="json", by_alias=True)
    headers = {"Cache-Control": PRIVATE, "Content-Disposition": 'attachment; filename="run-bundle.json"'}
    return Response(keys.seal(content), 200, headers, mimetype="application/json")


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/runs/<path:run>/bundle",
        summary="A run with all of its events, sealed",
        handle=_bundle,
        needs="usage:read",
        response=BundleResponse,
    ),
)
