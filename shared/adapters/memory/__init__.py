"""The whole store in this process's memory: for development without emulators, and for fast tests."""

from shared.adapters.memory.billing import MemoryBillingStore
from shared.adapters.memory.directory import MemoryDirectory
from shared.adapters.memory.identities import MemoryIdentities
from shared.adapters.memory.members import MemoryMembers
from shared.adapters.memory.publisher import InlineTickPublisher
from shared.adapters.memory.usage import MemoryUsageStore

__all__ = ["InlineTickPublisher", "MemoryStore"]


class MemoryStore(MemoryUsageStore, MemoryDirectory, MemoryBillingStore, MemoryMembers, MemoryIdentities):
    """UsageStore, Directory, BillingStore, Members and IdentityVerifier over the same dictionaries."""
