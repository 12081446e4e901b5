"""The store that a command works on."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minshu.store import Store


def store_at(folder: Path | None) -> "Store":
    """The store in a folder, else the one that the settings name. Raises StoreFailed where there is none."""
    from minshu.settings import Settings
    from minshu.store import Store

    store = Store(Settings.load(store=folder).store)
    store.require()
    return store
