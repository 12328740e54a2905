"""A project that answers as a plan expects once each step has been done; it knows nothing else of Google Cloud."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tools.deploy.plan import Call, Command, Json, Plan, Step, filled, filled_call
from tools.deploy.shell import Result

NOT_THERE = Result(ok=False, text="ERROR: NOT_FOUND: it does not exist")
KEY = "sk_test_" + 24 * "a"
VALUES = {
    "STRIPE_API_KEY": KEY,
    "STRIPE_WEBHOOK_SECRET": "whsec_" + 24 * "a",
    "SMTP_URL": "smtps://mail.example.com",
    "GWI_SEALING_KEYS": "2026:" + 32 * "a",
}


@dataclass
class FakeProject:
    """A Shell; `on_change` hears of each change before and after its effect, and may interrupt it."""

    plan: Plan
    on_change: Callable[[int, str], None] = lambda _number, _when: None
    descriptions: dict[str, Json] = field(default_factory=dict)
    """What each step's part looks like, by the step's name; a step that is not in it is not there."""
    changes: list[Call] = field(default_factory=list)
    answers: dict[str, Result] = field(default_factory=dict)
    """Answers to the descriptions of steps, in place of the usual ones."""
    failing: str = ""
    """A word of the commands that fail."""
    runs: int = 0

    def __post_init__(self) -> None:
        self.known = {name: f"{name.lower()}-1" for step in self.plan.steps for name, _ in step.yields}
        self.described: dict[str, list[Step]] = {}
        self.settling: dict[str, list[Step]] = {}
        self.deleting: dict[str, list[Step]] = {}
        for step in self.plan.steps:
            if step.describe is not None:
                self._index(self.described, step.describe, step)
                for calls in filter(None, (step.create, step.update)):
                    self._index(self.settling, calls[-1], step)
            for call in step.delete:
                self._index(self.deleting, call, step)
            if step.describe is not None and not step.create:
                self.descriptions[step.name] = self.settled(step)

    def settled(self, step: Step) -> Json:
        if step.secret:
            return VALUES[step.secret]
        description: Json = json.loads(json.dumps(filled(step.settled, self.known)))
        for variable, path in step.yields:
            if path == "name":
                description["name"] = f"projects/x/things/{self.known[variable]}"
            elif path not in {"projectNumber", "status.latestReadyRevisionName"}:
                first, _, _ = path.partition(".")
                items = description if first == "0" else description[first]
                items[0]["name"] = f"projects/x/things/{self.known[variable]}"
            elif path == "projectNumber":
                description["projectNumber"] = self.known[variable]
            else:
                description["status"] = {"latestReadyRevisionName": self.known[variable]}
        return description

    def _index(self, steps: dict[str, list[Step]], call: Call, step: Step) -> None:
        # A call may come before the variables in it are known.
        for key in {repr(call), repr(filled_call(call, self.known))}:
            steps.setdefault(key, []).append(step)

    def run(self, call: Call, environment: Mapping[str, str]) -> Result:
        """Describe or change; a change counts once its last call has run."""
        self.runs += 1
        if steps := self.described.get(repr(call)):
            return self._describe(steps)
        if self.failing and self.failing in arguments_of(call):
            return Result(ok=False, text="ERROR: it failed")
        self.on_change(len(self.changes), "before")
        self.changes.append(call)
        for step in self.settling.get(repr(call), ()):
            given = environment.get(step.secret) if step.secret else None
            self.descriptions[step.name] = given or self.settled(step)
        for step in self.deleting.get(repr(call), ()):
            self.descriptions.pop(step.name, None)
        self.on_change(len(self.changes), "after")
        return Result(ok=True, text="")

    def _describe(self, steps: list[Step]) -> Result:
        reported = [self.answers[step.name] for step in steps if step.name in self.answers]
        there = [self.descriptions[step.name] for step in steps if step.name in self.descriptions]
        if reported or not there:
            return reported[0] if reported else NOT_THERE
        if isinstance(there[0], str):
            return Result(ok=True, text=there[0])
        merged: Json = there[0]
        for each in there[1:]:
            merged = merge(merged, each)
        return Result(ok=True, text=json.dumps(merged))


def merge(first: Json, second: Json) -> Json:
    if isinstance(first, dict) and isinstance(second, dict):
        return {
            **first,
            **second,
            **{key: merge(first[key], second[key]) for key in first.keys() & second.keys()},
        }
    return first + second if isinstance(first, list) and isinstance(second, list) else second


def arguments_of(call: Call) -> str:
    return " ".join(call.arguments) if isinstance(call, Command) else f"{call.method} {call.url}"
