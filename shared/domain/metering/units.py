"""The units that a call may use besides tokens, as a caller states them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

MAX_UNITS: Final = 10**9


def decimal_schema(maximum: int, decimals: int) -> dict[str, object]:
    """Return the JSON schema of a decimal number, or its text, up to `maximum`, a power of ten.

    Pydantic's own schema allows empty text, and text has no maximum there.
    """
    digits = len(str(maximum)) - 1
    text = f"^({maximum}(\\.0{{1,{decimals}}})?|[0-9]{{1,{digits}}}(\\.[0-9]{{1,{decimals}}})?)$"
    number = {"type": "number", "minimum": 0, "maximum": maximum}
    return {"anyOf": [number, {"type": "string", "pattern": text}]}


UnitCount = Annotated[int, Field(strict=True, ge=0, le=MAX_UNITS)]
Seconds = Annotated[
    Decimal,
    Field(ge=0, le=MAX_UNITS, allow_inf_nan=False, decimal_places=6),
    WithJsonSchema(decimal_schema(MAX_UNITS, 6)),
]

_CATALOG_UNITS: Final[Mapping[str, str]] = {
    "web_searches": "web_searches",
    "file_searches": "storage_searches",
    "images": "images",
    "pages": "input_document_pages",
    "seconds": "audio_seconds",
    "characters": "input_characters",
    "sessions": "code_executions",
}
"""Each field's unit in the price catalog."""


class Units(BaseModel):
    """The units of a call that are not tokens; null means absent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    web_searches: UnitCount | None = None
    file_searches: UnitCount | None = None
    images: UnitCount | None = None
    pages: UnitCount | None = None
    seconds: Seconds | None = Field(None, description="Of audio or video, with up to six decimals.")
    characters: UnitCount | None = None
    sessions: UnitCount | None = Field(None, description="Of a code interpreter or a container.")

    @property
    def counts(self) -> dict[str, int | Decimal]:
        """The counts that are not zero, by the catalog's units."""
        stated = ((unit, getattr(self, field)) for field, unit in _CATALOG_UNITS.items())
        return {unit: count for unit, count in stated if count}

    @property
    def places(self) -> dict[str, str]:
        """The field of each unit that is stated, by the catalog's units."""
        return {
            unit: f"units.{field}"
            for field, unit in _CATALOG_UNITS.items()
            if getattr(self, field) is not None
        }
