"""Running the service: one process, or a supervisor with several on the same socket."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.process import BaseProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.config import STARTUP_FAILURE

from minshu.errors import MinshuError, SettingsError
from minshu.http import logs
from minshu.http.metrics import SHARED
from minshu.http.supervisor import Supervisor
from minshu.settings import Settings

log = logging.getLogger(__name__)

# How long running downloads may go on once the service is told to stop, in seconds.
GRACE: Final = 30
BACKLOG: Final = 2048
# Seconds for which a server process may give no sign of life before it is replaced: a busy machine is no fault of it.
SILENCE: Final = 30

Announce = Callable[[str], None]


def run(settings: Settings, announce: Announce | None = None) -> None:
    """Serve until the process is told to stop. `announce` is told the address once requests are answered.

    Raises SettingsError when nothing can listen there.
    """
    announce = announce or _announced
    with closing(listening(settings)) as listener, suppress(KeyboardInterrupt):
        if settings.workers == 1:
            Server(settings, listener, announce).run([listener])
            return
        with _in_common(settings) as shared:
            supervisor = Supervisor(configured(shared), listener, lambda: announce(_address(listener)))
            supervisor.run()
        supervisor.leave()


class Server(uvicorn.Server):
    """uvicorn with the application of the settings, on a socket that listens already."""

    def __init__(self, settings: Settings, listener: socket.socket, announce: Announce) -> None:
        self._announce, self.address = announce, _address(listener)
        super().__init__(configured(settings))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell so."""
        await super().startup(sockets)
        self._announce(self.address)


@dataclass(frozen=True)
class Application:
    """Makes the application in the process that serves it: a supervisor has no need of what that imports."""

    settings: Settings

    def __call__(self) -> ASGIApp:
        """The application, which ends with the supervisor where there is one."""
        from minshu.http.app import create_app

        supervisor = parent_process()
        if supervisor is None:
            return create_app(self.settings)
        Thread(target=_end_with, args=(supervisor,), daemon=True).start()
        try:
            return create_app(self.settings)
        except MinshuError:
            # To try again would be as useless, and the supervisor knows that by the exit code.
            log.exception("The service cannot start")
            logs.flush()
            sys.exit(STARTUP_FAILURE)


def configured(settings: Settings) -> uvicorn.Config:
    """How uvicorn serves the application. It is pickled on its way to the server processes."""
    return uvicorn.Config(
        Application(settings),
        factory=True,
        http="minshu.http.sendfile:SendfileProtocol",
        ws="none",
        lifespan="on",
        log_config=logs.logging_config(settings),
        log_level=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=[str(network) for network in settings.trusted_proxies],
        backlog=BACKLOG,
        workers=settings.workers,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE,
        timeout_worker_healthcheck=SILENCE,
    )


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


@contextmanager
def _in_common(settings: Settings) -> Iterator[Settings]:
    """The settings with what all server processes share: the cache, a temporary one if none was given, and figures."""
    with TemporaryDirectory(prefix="minshu-") as folder:
        cache, figures = Path(folder, "cache"), Path(folder, "figures")
        figures.mkdir()
        os.environ[SHARED] = str(figures)
        try:
            yield settings.model_copy(update={"cache": settings.cache or cache})
        finally:
            del os.environ[SHARED]


def _end_with(supervisor: BaseProcess) -> None:
    """Stop gracefully when the supervisor is gone, though it was killed and could not say so."""
    supervisor.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _announced(address: str) -> None:
    logs.announce(f"Serving on {address} (stop with Ctrl+C)")
