"""The plans that the tests look at: the smallest environment, and one with everything."""

from pathlib import Path

import pytest

from tools.deploy.environment import plan_environment
from tools.deploy.plan import ROOT, Plan
from tools.deploy.settings import Settings, read_settings

PROJECT, REGION = "demo-x", "europe-west1"
EVERYTHING = """
firestore_location = "eur3"
point_in_time_recovery = true
domain = "usage.example.com"
auth_domain = "usage.example.com"
stripe = "live"
plans = "shared/plans.toml"
prices = "README.md"

[mail]
from = "GWI Usage <usage@example.com>"

[alerts]
receivers = ["a@example.com", "b@example.com"]

[budget]
billing_account = "000000-000000-000000"
amount = "200USD"

[max_instances]
aggregate = 3

[variables]
GWI_TRIAL_DAYS = "14"
GWI_WAREHOUSE_TOPIC = "usage-events"
GWI_FORENSICS_ENABLED = "1"
"""


def smallest() -> Settings:
    return read_settings(PROJECT, REGION, None)


def everything(folder: Path) -> Settings:
    file = folder / "demo-x.toml"
    file.write_text(EVERYTHING)
    return read_settings(PROJECT, REGION, file)


@pytest.fixture(scope="session")
def plans(tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Plan]:
    """The smallest environment, and one with everything; the files that their commands read are there."""
    settings = (smallest(), everything(tmp_path_factory.mktemp("environment")))
    plans = tuple(map(plan_environment, settings))
    for name, text in plans[1].files.items():
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(text)
    return plans[0], plans[1]
