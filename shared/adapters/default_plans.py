"""Reads the default plans, which are packaged with the code."""

from functools import lru_cache
from pathlib import Path

from shared.domain.limits.plan_catalog import PlanCatalog
from shared.domain.limits.plan_file import parse_plans

PATH = Path(__file__).parents[1] / "plans.toml"


@lru_cache(maxsize=1)
def default_plans() -> PlanCatalog:
    """Return the plans of a deployment that has stored none: version 0, each plan in its first version."""
    return parse_plans(PATH.read_text("utf-8"))
