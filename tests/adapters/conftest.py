"""Firestore seen through interceptors: each test has a project of its own."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import grpc
import pytest

from shared.adapters.firestore import FirestoreRpc
from shared.adapters.firestore.rpc import open_channel

Connect = Callable[..., FirestoreRpc]


@pytest.fixture(scope="session")
def emulator_channel(firestore_emulator_host: str) -> Iterator[grpc.Channel]:
    """A connection to the emulator."""
    with open_channel(firestore_emulator_host) as channel:
        yield channel


@pytest.fixture
def connect(emulator_channel: grpc.Channel) -> Connect:
    """Opens the test's own empty database, through the interceptors that it is given."""
    project_id = f"demo-{uuid4().hex[:12]}"

    def rpc_through(*interceptors: Any, **options: Any) -> FirestoreRpc:
        channel = grpc.intercept_channel(emulator_channel, *interceptors)
        return FirestoreRpc(project_id, lambda: channel, is_emulator=True, **options)

    return rpc_through
