"""Where the embedded server's things lie inside a home."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    home: Path

    @property
    def life_cycle(self) -> Path:
        """Locked alone by whoever starts or stops the server."""
        return self.home / "postgres.lock"

    @property
    def users(self) -> Path:
        """Locked in share by every process that uses the server."""
        return self.home / "postgres.users"

    @property
    def root(self) -> Path:
        return self.home / "postgres"

    @property
    def alive(self) -> Path:
        """Locked by initdb and by every process of the server, which inherit it: free means that nothing lives."""
        return self.root / "alive.lock"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def fresh(self) -> Path:
        """A cluster in the making; renamed to `data` when it is whole."""
        return self.root / "data.new"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def log(self) -> Path:
        return self.root / "log" / "server.log"
