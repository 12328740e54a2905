"""The route that shows a run with the runs that it started."""

from collections.abc import Mapping
from datetime import datetime

from flask import Response
from pydantic import Field

from shared.domain.ledger.holds import Amounts as HeldAmounts
from shared.http.ledger.amounts import Amounts, amounts
from shared.http.ledger.usage_responses import RunResponse
from shared.http.responses import ResponseModel
from shared.http.routes import Call, Container, Route, json_response
from shared.usecases.limits.taken_holds import taken_by_children
from shared.usecases.metering.read_run_tree import MAX_DEPTH, MAX_RUNS, RunInTree, read_run_tree


class RunInTreeResponse(ResponseModel):
    """A run of a tree."""

    run: RunResponse
    depth: int = Field(description="Its level below the first run, which is 0.")
    sum: Amounts = Field(description="The run and all runs below it together.")

    @classmethod
    def of(cls, place: RunInTree, now: datetime, taken: Mapping[str, HeldAmounts]) -> "RunInTreeResponse":
        run = RunResponse.of(place.run, now, taken.get(place.run.id))
        return cls(run=run, depth=place.depth, sum=Amounts(**amounts(place.sum)))


class RunTreeResponse(ResponseModel):
    """A run and those that it started, each followed by its own, the oldest first."""

    runs: list[RunInTreeResponse]
    is_cut: bool = Field(
        description=f"There are more than {MAX_RUNS} runs or {MAX_DEPTH} levels below the first; sums leave them out."
    )


def _tree(call: Call, container: Container) -> Response:
    tree = read_run_tree(container.usage, call.path["tenant"], call.path["run"])
    taken = taken_by_children(container.usage, call.path["tenant"], [place.run for place in tree.runs])
    runs = [RunInTreeResponse.of(place, call.now, taken) for place in tree.runs]
    return json_response(RunTreeResponse(runs=runs, is_cut=tree.is_cut))


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/tenants/<tenant>/runs/<path:run>/tree",
        summary="A run with the runs that it started, and what they used together",
        handle=_tree,
        needs="usage:read",
        response=RunTreeResponse,
    ),
)
