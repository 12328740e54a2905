"""The ports that this process has chosen, so that two stacks that start at the same time never choose the same."""

import fcntl
import os
import tempfile
from functools import lru_cache
from pathlib import Path


class PortReservations:
    """A lock on one byte for each port, of a file that all stacks of this machine share.

    The system releases the locks when the process ends, however it ends.
    """

    def __init__(self, file: Path) -> None:
        self._descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._ports: set[int] = set()

    def has(self, port: int) -> bool:
        """Return whether this process has chosen `port` before."""
        return port in self._ports

    def reserve(self, port: int) -> bool:
        """Return whether `port` is now this process's, or was before; False if another process has it."""
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, port)
        except OSError:
            return False
        self._ports.add(port)
        return True


@lru_cache(maxsize=1)
def reservations() -> PortReservations:
    """Return the reservations of this process."""
    return PortReservations(Path(tempfile.gettempdir()) / f"gwi-usage-ports-{os.getuid()}")
