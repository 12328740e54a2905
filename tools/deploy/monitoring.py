"""Log metrics, alerts, a dashboard and a budget, each from a JSON file: they show failures to an operator.

The folder `monitoring/` holds the JSON of Google's APIs, which leave out zeros and empty values in their responses:
the files do the same.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from tools.deploy.plan import Command, Request, Step
from tools.deploy.settings import Settings

FOLDER: Final = Path(__file__).parent / "monitoring"
_MONITORING: Final = "https://monitoring.googleapis.com"
_LOGGING: Final = "https://logging.googleapis.com/v2"
_DASHBOARD: Final = "gwi-usage"
_THRESHOLDS: Final = (0.5, 0.9, 1.0)


def content(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def monitoring_steps(settings: Settings) -> Iterator[Step]:
    """Yield the log metrics, the people to notify, the alerts, and the dashboard."""
    project = f"projects/{settings.project}"
    for metric in content("log_metrics"):
        yield _log_metric(project, metric)
    channels = [_channel(project, number, each) for number, each in enumerate(settings.receivers, start=1)]
    yield from channels
    names = [f"{project}/notificationChannels/@{step.yields[0][0]}@" for step in channels]
    for policy in content("alert_policies"):
        yield _alert_policy(project, policy | ({"notificationChannels": names} if names else {}))
    yield _dashboard(project)
    if settings.billing_account:
        yield _budget(settings)


def _log_metric(project: str, metric: dict[str, Any]) -> Step:
    url = f"{_LOGGING}/{project}/metrics/{metric['name']}"
    change = Request(method="PUT", url=url, body=metric)
    return Step(
        name=f"log metric {metric['name']}",
        why=metric["description"],
        describe=Request(method="GET", url=url),
        settled=metric,
        create=(change,),
        delete=(Request(method="DELETE", url=url),),
    )


def _channel(project: str, number: int, address: str) -> Step:
    body = {"type": "email", "displayName": f"GWI Usage: {address}", "labels": {"email_address": address}}
    variable = f"CHANNEL_{number}"
    url = f"{_MONITORING}/v3/{project}/notificationChannels"
    return Step(
        name=f"alerts to {address}",
        why="an alert that nobody gets helps nobody",
        describe=Request(method="GET", url=f"{url}?{_named(body['displayName'])}"),
        settled={"notificationChannels": [body]},
        create=(Request(method="POST", url=url, body=body),),
        update=(Request(method="PATCH", url=f"{url}/@{variable}@", body=body),),
        delete=(Request(method="DELETE", url=f"{url}/@{variable}@?force=true"),),
        yields=((variable, "notificationChannels.0.name"),),
    )


def _alert_policy(project: str, policy: dict[str, Any]) -> Step:
    name = policy["displayName"]
    variable = "POLICY_" + re.sub(r"\W+", "_", name.partition(": ")[2]).upper()
    url = f"{_MONITORING}/v3/{project}/alertPolicies"
    return Step(
        name=f"alert {name.partition(': ')[2]}",
        why=policy["documentation"]["content"].partition(" What to do")[0],
        describe=Request(method="GET", url=f"{url}?{_named(name)}"),
        settled={"alertPolicies": [policy]},
        create=(Request(method="POST", url=url, body=policy),),
        update=(Request(method="PATCH", url=f"{url}/@{variable}@", body=policy),),
        delete=(Request(method="DELETE", url=f"{url}/@{variable}@"),),
        yields=((variable, "alertPolicies.0.name"),),
    )


def _named(display_name: object) -> str:
    return "filter=" + quote(f'display_name="{display_name}"')


def _dashboard(project: str) -> Step:
    url, body = f"{_MONITORING}/v1/{project}/dashboards", content("dashboard")
    return Step(
        name="dashboard",
        why="one look says what fails and since when",
        describe=Request(method="GET", url=f"{url}/{_DASHBOARD}"),
        settled=body,
        create=(Request(method="POST", url=url, body=body | {"name": f"{project}/dashboards/{_DASHBOARD}"}),),
        update=(Request(method="PATCH", url=f"{url}/{_DASHBOARD}", body=body),),
        delete=(Request(method="DELETE", url=f"{url}/{_DASHBOARD}"),),
    )


def _budget(settings: Settings) -> Step:
    name, account = f"GWI Usage {settings.project}", f"--billing-account={settings.billing_account}"
    units, currency = settings.budget[:-3], settings.budget[-3:]
    rules = [f"--threshold-rule=percent={share}" for share in _THRESHOLDS]
    gcloud = ("gcloud", "billing", "budgets")
    scope = f"--filter-projects=projects/{settings.project}"
    amount = (f"--budget-amount={settings.budget}", "--quiet")
    return Step(
        name="budget",
        why="nobody learns of a cost from the invoice",
        describe=Command(
            (*gcloud, "list", account, f'--filter=displayName="{name}"', "--format=json", "--quiet")
        ),
        settled=[
            {"displayName": name, "amount": {"specifiedAmount": {"units": units, "currencyCode": currency}}}
        ],
        create=(Command((*gcloud, "create", account, f"--display-name={name}", scope, *rules, *amount)),),
        update=(Command((*gcloud, "update", "@BUDGET@", account, *amount)),),
        delete=(Command((*gcloud, "delete", "@BUDGET@", account, "--quiet")),),
        yields=(("BUDGET", "0.name"),),
    )
