"""Text in fields that callers fill: printable, and not blank."""

from pydantic import Field

PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f]+$"
"""Text without control characters."""
NOT_BLANK = Field(
    json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f][^\x00-\x1f\x7f-\x9f]*$"}
)
"""Says in the schema that text is validated after its spaces at both ends are cut."""
