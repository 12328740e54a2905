"""The choice between a change and a preview of it."""

from pydantic import BaseModel, ConfigDict, Field


class DryRunQuery(BaseModel):
    """The choice between a change and a preview of it."""

    model_config = ConfigDict(extra="forbid")

    dry_run: bool = Field(default=False, description="Only say what would change.")
