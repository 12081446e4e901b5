"""The service itself, on a real socket, in a thread of the test's process."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread

from minshu.http.server import Server, listening
from minshu.settings import Settings


@contextmanager
def serving(settings: Settings) -> Iterator[str]:
    """A server of these settings, and its address."""
    ready = Event()
    with closing(listening(settings)) as listener:
        server = Server(settings, listener, lambda _: ready.set())
        thread = Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            assert ready.wait(20)
            yield server.address
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()
