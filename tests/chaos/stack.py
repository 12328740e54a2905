"""The functions under chaos: two instances that record and one that folds, each with a connection that can fail."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from shared.config import load_config
from shared.container import Container
from shared.domain.errors import Unavailable
from shared.domain.people.audit import Change
from shared.usecases.people.manage_tenants import TenantRequest, create_tenant
from tests.e2e.running import eventually
from tests.http.serving import BY_NAME, encoded, pushed
from tests.plans import ENTERPRISE
from tests.tcp_proxy import Proxy, proxy
from tools.dev.emulators import USUAL_HEAP_MB, start_firestore
from tools.dev.errors import StackError
from tools.dev.functions import emulated_environment, start_function
from tools.dev.loopback import post_json
from tools.dev.processes import Server, wait_until_ready
from tools.dev.tick import PUSH_PATH

TENANT = "chaos"
_START_SECONDS = 60
_RECORDERS = 2


@dataclass(slots=True)
class Instance:
    """One process of a function, its folder of logs, and its connection to the store."""

    name: str
    environment: dict[str, str]
    logs: Path
    store: Proxy
    server: Server = field(init=False)

    def start(self) -> None:
        """Start the function and wait until it answers."""
        self.server = start_function(BY_NAME[self.name], self.environment, self.logs)
        wait_until_ready([self.server], timeout_seconds=_START_SECONDS)

    def signal(self, number: int) -> None:
        os.killpg(self.server.process.group, number)

    def kill(self) -> None:
        """Kill the process and start another one."""
        self.signal(signal.SIGKILL)
        self.server.process.stop()
        self.start()

    def stop(self) -> None:
        self.server.process.stop()

    def end(self) -> None:
        """End the process as Cloud Run does, which lets requests under way finish, and start another one."""
        self.server.process.stop()
        self.start()


@dataclass(frozen=True, slots=True)
class ChaosStack:
    """The emulator and the instances."""

    emulator: Server
    recorders: list[Instance]
    folder: Instance
    container: Container
    key: str

    def tick(self) -> None:
        """Let what is due be folded; a failed tick comes again with the next one."""
        try:
            post_json(self.folder.server.port, PUSH_PATH, pushed(encoded("{}")), headers={})
        except StackError:
            return


def _answers(container: Container) -> bool:
    """Ask the emulator for something, whose first answers take seconds on a busy machine."""
    try:
        container.directory.find_tenant(TENANT)
    except Unavailable:
        return False
    return True


@contextmanager
def chaos_stack(logs: Path, *, heap_mb: int = USUAL_HEAP_MB) -> Iterator[ChaosStack]:
    """Run the stack for the block; a long campaign fills more than the emulator's usual heap."""
    with ExitStack() as running:
        emulator = start_firestore(logs, heap_mb=heap_mb)
        running.callback(emulator.process.stop)
        wait_until_ready([emulator], timeout_seconds=_START_SECONDS)
        environment = emulated_environment(emulator, emulator) | {"PUBSUB_EMULATOR_HOST": "127.0.0.1:1"}
        container = Container(load_config(environment))
        assert eventually(lambda: _answers(container)), "the emulator of Firestore does not answer"
        request = TenantRequest(TENANT, "Chaos", ENTERPRISE)
        change = Change("chaos", datetime.now(UTC))
        _, made = create_tenant(container.directory, request, change, is_live=False)
        names = ["record_usage"] * _RECORDERS + ["aggregate"]
        instances = []
        for number, name in enumerate(names):
            store = running.enter_context(proxy(emulator.host))
            own = environment | {"FIRESTORE_EMULATOR_HOST": store.host}
            instance = Instance(name, own, logs / str(number), store)
            instance.start()
            running.callback(instance.stop)
            instances.append(instance)
        *recorders, folder = instances
        yield ChaosStack(emulator, recorders, folder, container, made.secret)
