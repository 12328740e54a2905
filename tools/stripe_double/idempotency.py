"""Owns idempotency keys: the same request again gets the same answer, another one with its key is refused."""

from dataclasses import dataclass
from typing import Any

from tools.stripe_double.refusals import Refusal

_REMEMBERED_SECONDS = 86_400


@dataclass(frozen=True, kw_only=True)
class Kept:
    """The first request with an idempotency key, and its response."""

    request: tuple[str, str, str]
    status: int
    body: dict[str, Any]
    kept_at: int


class KeptAnswers:
    """Answers by idempotency key, for a day of the double's clock."""

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}

    def find(self, key: str, request: tuple[str, str, str], now: int) -> Kept | None:
        """Return the previous answer to (method, path, parameters); 400 if the key was used for something else."""
        kept = self._kept.get(key)
        if kept is None or now - kept.kept_at > _REMEMBERED_SECONDS:
            return None
        if kept.request == request:
            return kept
        if kept.request[:2] == request[:2]:
            difference = "with the same parameters they were first used with"
        else:
            difference = "with the same endpoint they were first used with"
        message = (
            f"Keys for idempotent requests can only be used {difference}. Try using a key other than"
            f" '{key}' if you meant to execute a different request."
        )
        raise Refusal(400, "idempotency_error", message)

    def keep(self, key: str, kept: Kept) -> None:
        """Remember an answer that came from carrying the request out."""
        self._kept[key] = kept
