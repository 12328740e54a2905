"""Looks at a project, and changes what is not as the plan says; a run that was interrupted is simply run again."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from tools.deploy.plan import Call, Command, Json, Plan, Step, differences, filled, filled_call, value_at
from tools.deploy.shell import Result, Shell

Kind = Literal["present", "absent", "different", "always", "stopped"]
_ATTEMPTS: Final = 3
_PAUSE_SECONDS: Final = 10.0


class StoppedError(Exception):
    """A step cannot be done; everything before it is done."""


@dataclass(frozen=True, slots=True)
class State:
    """The finding about a step; `lines` are the differences."""

    kind: Kind
    lines: tuple[str, ...] = ()


@dataclass
class Runner:
    """Runs a plan on a shell, and says what it does."""

    plan: Plan
    shell: Shell
    secrets: dict[str, str]
    """The values at hand; those that the project has already are added."""
    say: Callable[[str], None] = print
    pause: Callable[[float], None] = time.sleep
    replaces_secrets: bool = False
    variables: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    """The variables as they were before anything was changed: a rollback goes back to them."""

    def survey(self) -> Iterator[tuple[Step, State]]:
        """Yield the state of each step, and change nothing."""
        for step in self.plan.steps:
            try:
                yield step, self._look(step)
            except StoppedError as error:
                yield step, State("stopped", (str(error),))

    def apply(self) -> int:
        """Do what is to do, in order; return how many steps changed something. Raise StoppedError if one cannot."""
        count = 0
        for number, step in enumerate(self.plan.steps, start=1):
            try:
                count += self._do(step, f"[{number}/{len(self.plan.steps)}] {step.name}")
            except StoppedError as error:
                raise StoppedError(
                    f"step {number} of {len(self.plan.steps)}, {step.name}: {error}"
                ) from error
        return count

    def destroy(self) -> int:
        """Delete what the plan created, the last first; return how many steps deleted something."""
        count = 0
        for step in self.plan.steps:
            self._look(step, is_checked=False)
        for step in reversed(self.plan.steps):
            for call in step.delete:
                result = self._run(call)
                if not result.ok and not result.is_missing:
                    raise StoppedError(f"{step.name} cannot be deleted: {result.reason}")
                self.say(f"{'deleted' if result.ok else 'was not there'}: {step.name}")
                count += result.ok
        return count

    def _do(self, step: Step, title: str) -> int:
        state = self._look(step)
        if state.kind == "present":
            self.say(f"{title}: as it should be")
            return 0
        calls = step.create if state.kind != "different" or step.update is None else step.update
        if step.refusal:
            raise StoppedError(f"{step.refusal}{''.join(f'; {line}' for line in state.lines[:1])}")
        self.say(f"{title}: {'; '.join(state.lines) or step.why}")
        for call in calls:
            self._until_done(call)
        if step.describe is not None:
            self._wait_until_settled(step)
        return 0 if state.kind == "always" else 1

    def _until_done(self, call: Call) -> None:
        # An account that was created a moment ago is not known everywhere yet.
        for attempt in range(1, _ATTEMPTS + 1):
            result = self._run(call)
            if result.ok:
                return
            if result.problem or attempt == _ATTEMPTS:
                raise StoppedError(result.reason)
            self.pause(_PAUSE_SECONDS)

    def _wait_until_settled(self, step: Step) -> None:
        waited = 0.0
        while (state := self._look(step)).kind != "present":
            if waited >= step.patience:
                why = "; ".join(state.lines) or "it is still not there"
                raise StoppedError(f"after {step.patience} s: {why}")
            self.pause(_PAUSE_SECONDS)
            waited += _PAUSE_SECONDS

    def _look(self, step: Step, *, is_checked: bool = True) -> State:
        if step.describe is None:
            return State("always")
        result = self._run(step.describe)
        if result.is_missing:
            if step.secret:
                self._require_value(step)
            return State("absent")
        if not result.ok:
            if not is_checked:
                return State("absent")
            raise StoppedError(result.problem or step.refusal or result.reason)
        return self._secret_state(step, result.text) if step.secret else self._state(step, result.text)

    def _state(self, step: Step, text: str) -> State:
        description: Json = json.loads(text) if text.strip() else None
        for variable, path in step.yields:
            if (value := value_at(description, path)) is not None:
                self.variables[variable] = value
                self.before.setdefault(variable, value)
        if description in (None, {}, []) and step.settled != []:
            return State("absent")
        lines = tuple(differences(description, filled(step.settled, self.variables)))
        return State("different", lines) if lines else State("present")

    def _secret_state(self, step: Step, stored: str) -> State:
        given = self.secrets.get(step.secret)
        if given is None or given == stored:
            self._require_form(step, stored)
            self.secrets[step.secret] = stored
            return State("present")
        if not self.replaces_secrets:
            raise StoppedError(
                f"{step.secret} has another value in the project than in your environment; "
                "unset it to keep the one, or add REPLACE_SECRETS=1 to store the other"
            )
        self._require_form(step, given)
        return State("different", (f"{step.secret} gets another value",))

    def _require_value(self, step: Step) -> None:
        if _is_given(step):
            if not self.secrets.get(step.secret):
                raise StoppedError(f"{step.secret} is neither in the project nor in your environment")
            self._require_form(step, self.secrets[step.secret])

    def _require_form(self, step: Step, value: str) -> None:
        pattern, what = step.form
        if pattern and not re.fullmatch(pattern, value):
            raise StoppedError(f"{step.secret} is not {what}")

    def _run(self, call: Call) -> Result:
        return self.shell.run(filled_call(call, self.variables), {**self.plan.environment, **self.secrets})


def _is_given(step: Step) -> bool:
    """Return True if the secret's value comes from the environment, not from a command."""
    return not any(isinstance(call, Command) and isinstance(call.stdin, Command) for call in step.create)


def rollback_commands(runner: Runner) -> list[Command]:
    """Return the commands that give the traffic back to the revisions that this deploy has replaced."""
    old = {name: text for name, text in runner.before.items() if runner.variables[name] != text}
    commands = [filled_call(command, old) for command in runner.plan.rollback]
    return [each for each in commands if isinstance(each, Command) and each not in runner.plan.rollback]
