"""Records a sealed batch with its counters and runs in one commit, however large it is."""

from datetime import datetime, timedelta

from shared.adapters.firestore.metering.batches import batch_writes, read_batch
from shared.adapters.firestore.metering.commits import Content, Recording, UsageCommits
from shared.adapters.firestore.metering.recorder import groups_of
from shared.adapters.firestore.paths import TenantPaths
from shared.adapters.firestore.rpc import FirestoreRpc
from shared.domain.errors import Unavailable
from shared.domain.ledger.counter_settings import CounterSettings
from shared.domain.metering.sealed_batches import SealedBatch


class Sealer:
    """Records batches exactly once; their documents expire after `retention`."""

    def __init__(self, rpc: FirestoreRpc, commits: UsageCommits, retention: timedelta) -> None:
        self._rpc = rpc
        self._commits = commits
        self._retention = retention

    def seal(
        self, tenant_id: str, batch: SealedBatch, settings: CounterSettings, now: datetime
    ) -> SealedBatch | None:
        """See UsageStore.seal."""
        paths = TenantPaths(self._rpc.documents, tenant_id)
        recording = Recording.begin(paths, settings, now, self._retention)
        writes = list(batch_writes(recording, batch))
        if self._commits.commit_unless_known(
            recording, Content(groups_of(batch.events), lambda to: to.writes.extend(writes))
        ):
            return None
        name = paths.batch(batch.id)
        head = self._rpc.batch_get([name]).get(name)
        if head is None:
            raise Unavailable("The batch that was recorded before has just expired; send this one again")
        if head.fields["nonce"].string_value == recording.nonce:
            return None  # the answer to an own commit was lost
        return read_batch(self._rpc, head)

    def find_batch(self, tenant_id: str, batch_id: str) -> SealedBatch | None:
        """See UsageStore.find_batch."""
        name = TenantPaths(self._rpc.documents, tenant_id).batch(batch_id)
        head = self._rpc.batch_get([name]).get(name)
        return read_batch(self._rpc, head) if head is not None else None
