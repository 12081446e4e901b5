"""What receivers are told of an entry of the log: an event, and a body of metadata alone, as the feeds tell it."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import orjson
from pydantic import ValidationError

from minshu.audit import Entry
from minshu.diff import Difference
from minshu.disk import failing
from minshu.errors import ManifestUnreadable, NotFound
from minshu.manifest import DIFF
from minshu.standing import FETCHED, PUBLISHED, RESTORED, STATES
from minshu.store import Store, StoredRelease
from minshu.webhooks.events import Event

TEST: Final = "webhook.test"

_SAID: Final = (RESTORED, *STATES)
_DETAILS: Final = ("reason", "basis", "successor")


@dataclass(frozen=True)
class Message:
    """What is posted. `id` is the same at every attempt."""

    id: str
    body: bytes


def event_of(entry: Entry, store: Store) -> Event | None:
    """Which event an entry is; None where receivers are told nothing of it. Raises StoreFailed."""
    if entry.dataset is None or entry.version is None:
        return None
    if entry.act in _SAID:
        return Event(entry.act)
    if entry.act not in (PUBLISHED, FETCHED):
        return None
    found = _difference(_release(store, entry.dataset, entry.version))
    is_correction = found and any(table.rows.changed or table.rows.removed for table in found.tables)
    return Event.corrected if is_correction else Event.published


def message_id(hook: str, sequence: int | str) -> str:
    """The id of what a webhook is told of an entry."""
    return f"msg_{hook}_{sequence}"


def message_of(hook: str, entry: Entry, event: Event, store: Store, base_url: str | None) -> Message:
    """What a webhook is told. Without a public address, addresses are paths. Raises StoreFailed."""
    name, version, base = entry.dataset or "", entry.version or "", (base_url or "").rstrip("/")
    told: dict[str, Any] = {
        "dataset": name,
        "version": version,
        "url": _address(base, name, version),
        "sequence": entry.sequence,
    }
    if entry.act in _SAID:
        said = {key: entry.details[key] for key in _DETAILS if entry.details.get(key)}
        successor = said.get("successor")
        instead = {"successor_url": _address(base, name, str(successor))} if successor else {}
        told |= {"sha256": store.standing.recorded().get((name, version)), **said, **instead}
    else:
        told |= {key: entry.details.get(key) for key in ("sha256", "tables", "rows")}
        told |= _followed(_release(store, name, version), base)
    return Message(message_id(hook, entry.sequence), _body(event.type, entry.time, told))


def test_message(hook: str, mark: str, now: datetime) -> Message:
    """A message that tells nothing, to try a webhook with."""
    return Message(message_id(hook, f"test{mark}"), _body(TEST, now, {"webhook": hook}))


def topics(base_url: str, dataset: str | None, *, of_all: bool) -> list[str]:
    """The feeds that are others after something was done to a release of a dataset, or those of all datasets alone."""
    base = base_url.rstrip("/")
    homes = [base] if of_all else []
    homes += [f"{base}/datasets/{quote(dataset, safe='')}"] if dataset else []
    return [f"{home}/feed.{suffix}" for home in homes for suffix in ("atom", "json")]


def _followed(release: StoredRelease | None, base: str) -> dict[str, Any]:
    """What a release follows, and what changed since: the verdict and counts, never a row."""
    if release is None:
        return {}
    previous, found = release.manifest.previous, _difference(release)
    told: dict[str, Any] = {"previous": previous.model_dump(mode="json") if previous else None}
    if found is None or found.old.version is None:
        return {**told, "difference": None}
    counts = {key: sum(getattr(table.rows, key) for table in found.tables) for key in ("added", "removed", "changed")}
    compared = f"{found.old.version}...{release.manifest.version}"
    told["difference"] = {
        "since": found.old.version,
        "verdict": found.verdict,
        "changes": len(found.changes),
        "rows": counts,
        "url": f"{base}/datasets/{quote(release.manifest.name, safe='')}/diff/{quote(compared, safe='')}",
    }
    return told


def _release(store: Store, name: str, version: str) -> StoredRelease | None:
    with suppress(NotFound, ManifestUnreadable):  # What is damaged or gone is told of by the log alone.
        return store.release(name, version)
    return None


def _difference(release: StoredRelease | None) -> Difference | None:
    if release is None:
        return None
    path = release.folder / DIFF
    with failing("read", path), suppress(FileNotFoundError, ValidationError):
        return Difference.model_validate_json(path.read_bytes())
    return None


def _address(base: str, name: str, version: str) -> str:
    return f"{base}/datasets/{quote(name, safe='')}/versions/{quote(version, safe='')}"


def _body(type_: str, time: datetime, data: dict[str, Any]) -> bytes:
    moment = time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return orjson.dumps({"type": type_, "timestamp": moment, "data": data})
