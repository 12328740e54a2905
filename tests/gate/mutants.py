"""The product with one behaviour broken: a line of a copy, and the check of the gate that must see it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from tools.dev.settings import ROOT

_COPIED = ("shared", "functions", "tools", "firebase.json", "firestore.rules")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "node_modules", ".*")


@dataclass(frozen=True)
class Mutant:
    """A change of one line. `check` is the name of the check that fails then."""

    check: str
    file: str
    line: str
    broken: str

    def write(self, folder: Path) -> Path:
        """Make the copy and return its root."""
        for name in _COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name, ignore=_LEFT_OUT)
            else:
                shutil.copy(source, folder / name)
        file = folder / self.file
        text = file.read_text()
        assert text.count(self.line) == 1, f"{self.file} has {text.count(self.line)} of {self.line!r}"
        file.write_text(text.replace(self.line, self.broken))
        return folder


MUTANTS = (
    Mutant(
        "any provider",
        "shared/domain/metering/amounts.py",
        'amounts["unpriced_calls"] = 1',
        'amounts["unpriced_calls"] = 0',
    ),
    Mutant(
        "recording",
        "shared/adapters/memory/state.py",
        "self.runs_begun[_hour_of(run.began_at)] += 1",
        "pass",
    ),
    Mutant(
        "deduplication",
        "shared/adapters/memory/ledger/usage.py",
        "return Outcome.DUPLICATE if stored.fingerprint == event.fingerprint else Outcome.CONFLICT",
        "return Outcome.DUPLICATE",
    ),
    Mutant(
        "sealed batch",
        "shared/adapters/memory/ledger/usage.py",
        "if stored := usage.batches.get(batch.id):",
        "if stored := None:",
    ),
    Mutant(
        "tick and fold", "shared/usecases/tick_jobs.py", "fold_due(self.folder, self.publisher, now)", "pass"
    ),
    Mutant(
        "limits", "shared/domain/limits/decisions.py", "return 0 < self.room >= self.requested", "return True"
    ),
    Mutant(
        "plans",
        "shared/usecases/people/manage_tenants.py",
        "    directory.set_plan(tenant_id, plan.named_version, entry)\n",
        "    del entry\n",
    ),
    Mutant(
        "periods",
        "shared/domain/ledger/periods.py",
        "_CALENDAR_ANCHOR: Final = datetime(2000, 1, 1, tzinfo=UTC)",
        "_CALENDAR_ANCHOR: Final = datetime(2000, 1, 2, tzinfo=UTC)",
    ),
    Mutant(
        "events of a run",
        "shared/adapters/memory/ledger/usage.py",
        "if wanted.run_id in (None, event.run_id)]",
        "]",
    ),
    Mutant(
        "platform key",
        "shared/http/metering/record_usage.py",
        "    call.crossings.extend(admitted.tenants)\n",
        "    admitted.tenants.clear()\n",
    ),
    Mutant(
        "webhook signature",
        "shared/http/billing/stripe_webhook.py",
        "        if container.verify_signature(payload, header, secrets, TOLERANCE_SECONDS):\n            return\n",
        "        return\n",
    ),
    Mutant(
        "checkout",
        "shared/http/billing/billing.py",
        "        url = start_checkout(container.billing, pages, purchase, call.now)\n",
        "        url = pages.success\n",
    ),
    Mutant(
        "webhook to limits",
        # Not the webhook's own commit: the reconciliation with which a stack begins would repair that.
        "shared/domain/people/tenants.py",
        "        if self.entitlement is None:\n            return current\n",
        "        return current\n",
    ),
    Mutant(
        "portal",
        "shared/http/billing/billing.py",
        '        url = open_portal(container.billing, pages, call.path["tenant"])\n',
        "        url = pages.success\n",
    ),
    Mutant(
        "invoices",
        "shared/http/billing/billing.py",
        "for row in page.items]\n    return",
        "for row in ()]\n    return",
    ),
    Mutant("alerts", "shared/usecases/tick_jobs.py", "deliver_due(self.deliverer, self.publisher)", "pass"),
    Mutant(
        "OpenAPI",
        "shared/http/ledger/usage_api.py",
        "json_response(PlansResponse(plans=shown), _CATALOG_CACHE)",
        "Response('{\"plans\": 1}', mimetype='application/json')",
    ),
)
"""One for each check that the stack in memory has everything for."""

ON_EMULATORS = (
    Mutant(
        "warehouse",
        "shared/adapters/firestore/metering/feed.py",
        'collection="batches", most=4, events_of=_sealed)',
        'collection="batches", most=4, events_of=lambda _rpc, _head: [])',
    ),
)
"""One for each check that needs more."""
