"""Running the service."""

import socket
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from typing import Final

import uvicorn

from minshu.errors import SettingsError
from minshu.http.app import create_app
from minshu.settings import Settings

# How long running downloads may go on once the service is told to stop, in seconds.
GRACE: Final = 30
BACKLOG: Final = 2048

Announce = Callable[[str], None]


def run(settings: Settings, announce: Announce | None = None) -> None:
    """Serve until the process is told to stop. `announce` is told the address once requests are answered.

    Raises SettingsError when nothing can listen there.
    """
    with closing(listening(settings)) as listener, suppress(KeyboardInterrupt):
        Server(settings, listener, announce or _say).run([listener])


class Server(uvicorn.Server):
    """uvicorn with the application of the settings, on a socket that listens already."""

    def __init__(self, settings: Settings, listener: socket.socket, announce: Announce) -> None:
        self._announce, self.address = announce, _address(listener)
        super().__init__(
            uvicorn.Config(
                create_app(settings),
                http="httptools",
                ws="none",
                lifespan="on",
                log_level="warning",
                access_log=False,
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=30,
                timeout_graceful_shutdown=GRACE,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell so."""
        await super().startup(sockets)
        self._announce(self.address)


def listening(settings: Settings) -> socket.socket:
    """A socket that listens where the settings say. Raises SettingsError when it cannot."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=BACKLOG)
    except OSError as error:
        # Python adds to the system's words what this sentence says already.
        reason = (error.strerror or str(error)).partition(" (while")[0]
        raise SettingsError(
            f"Cannot listen on {settings.host}, port {settings.port}: {reason}. Choose others with --host and --port."
        ) from error


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _say(address: str) -> None:
    sys.stderr.write(f"Serving on {address} (stop with Ctrl+C)\n")
    sys.stderr.flush()
