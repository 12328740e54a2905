"""The names of a tenant's documents."""

import hashlib
from datetime import date

from shared.adapters.firestore.encoding import decode_day
from shared.domain.ledger.attribution import AttributionRef
from shared.domain.ledger.counters import ShardRef
from shared.domain.ledger.holds import RunKey, run_key
from shared.domain.ledger.periods import day_key, month_key


def hashed_id(text: str) -> str:
    """Return the document id of a caller's id: a hash is always legal and spreads writes over the key space."""
    return hashlib.sha256(text.encode()).hexdigest()[:40]


class TenantPaths:
    def __init__(self, documents: str, tenant_id: str) -> None:
        self.tenant = f"{documents}/tenants/{tenant_id}"

    def event(self, identity: str) -> str:
        return f"{self.tenant}/events/{hashed_id(identity)}"

    def correction(self, identity: str) -> str:
        return f"{self.tenant}/corrections/{hashed_id(identity)}"

    def batch(self, batch_id: str) -> str:
        return f"{self.tenant}/batches/{batch_id}"

    def run(self, run_id: str) -> str:
        return self.run_of_key(run_key(run_id))

    def run_of_key(self, key: RunKey) -> str:
        return f"{self.tenant}/runs/{key}"

    @property
    def holds(self) -> str:
        return f"{self.tenant}/admission/current"

    def tree(self, root: RunKey) -> str:
        return f"{self.tenant}/admission/{root}"

    def refusals(self, day: date) -> str:
        return f"{self.tenant}/refusals/{day_key(day)}"

    def counter(self, ref: ShardRef) -> str:
        return f"{self.tenant}/counters/{ref.id}"

    def attribution(self, ref: AttributionRef) -> str:
        return f"{self.tenant}/attribution/{ref.id}"

    def day(self, day: date) -> str:
        return f"{self.tenant}/days/{day_key(day)}"

    def alert(self, alert_id: str) -> str:
        return f"{self.tenant}/alerts/{alert_id}"

    def month(self, day: date) -> str:
        return f"{self.tenant}/months/{month_key(day)}"


def shard_ref_of(name: str) -> ShardRef:
    """Return the counter of a document's name."""
    day, number = name.rpartition("/")[2].split(".")
    return ShardRef(decode_day(day), int(number))
