"""What the operating system holds a process to that reads what strangers wrote: their SQL, their Parquet."""

import ctypes
import os
import resource
import signal
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NO_NEW_PRIVS = 38

NICENESS = 5
"""How far workers outside of the express lane stand back."""

HEADROOM = 768 << 20
"""Address space beyond DuckDB's own limit, which does not count strings, lists and Arrow's copies."""


def confine(parent: int, file_bytes: int = 0, files: int = 128) -> None:
    """Give up files, core dumps, new privileges and life after the parent; before a stranger's text is read.

    Who has to write may be left files of so many bytes, and so many of them open.
    """
    _lower(resource.RLIMIT_FSIZE, file_bytes)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, files)
    # Threads count as processes, and all those of the same user together; it stops a flood and nothing less.
    _lower(resource.RLIMIT_NPROC, 4096)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the signal was asked for
        os._exit(1)


def stand_back(pid: int) -> None:
    """Let quick queries and the service itself go first where the processor is short.

    To be called by the parent before the worker has begun: starting takes more time than many a query.
    """
    os.setpriority(os.PRIO_PROCESS, pid, NICENESS)
    # Linux may group processes by session, and then it is the groups' niceness that counts. It can't be set often.
    for _ in range(3):
        try:
            Path(f"/proc/{pid}/autogroup").write_text(str(NICENESS))
        except BlockingIOError:
            time.sleep(0.11)
        except OSError:
            return
        else:
            return


def bound_memory(memory: int) -> None:
    """Let the address space grow by what one query may use.

    What the libraries have reserved by now differs by version from 180 MB to 1.2 GB and is not memory in use, so
    the limit is counted from there.
    """
    if sys.platform == "linux":
        _lower(resource.RLIMIT_AS, _address_space() + memory + HEADROOM)


def bound_data(memory: int) -> None:
    """Let the memory that is written to grow by so much, whatever address space is reserved besides."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[5])
        _lower(resource.RLIMIT_DATA, pages * resource.getpagesize() + memory)


def room() -> float:
    """How many bytes the address space may still grow by."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return float("inf") if limit == resource.RLIM_INFINITY else limit - _address_space()


def _address_space() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def watch(seconds: float, threads: int) -> None:
    """Die by a signal if the next query is not over in time, should the parent not be there to see to it."""
    signal.setitimer(signal.ITIMER_REAL, seconds + 1)
    used = resource.getrusage(resource.RUSAGE_SELF)
    processor = int(used.ru_utime + used.ru_stime + (seconds + 1) * threads) + 2
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (processor, hard))


def bound_processor(seconds: int) -> None:
    """Die by a signal once so much time of the processor has been used."""
    _lower(resource.RLIMIT_CPU, seconds)


def unwatch() -> None:
    """The query is over."""
    signal.setitimer(signal.ITIMER_REAL, 0)


def _lower(kind: int, limit: int) -> None:
    _, hard = resource.getrlimit(kind)
    most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(kind, (most, most))
