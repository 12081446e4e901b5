"""Harvesting: what another Minshu, a CKAN or a catalogue in RDF has becomes releases here.

`kinds` finds out what stands at an address; `minshu`, `ckan` and `dcat` tell its datasets in the words of `model`.
`fetching` asks them, `packages` makes packages of what came, and `run` publishes these as anybody's are. What was there
the last time is told by `state`.
"""

from minshu.harvest.fetching import Fetcher
from minshu.harvest.kinds import Kind, catalogue_at
from minshu.harvest.model import Outcome, Wishes
from minshu.harvest.run import Harvest

__all__ = ["Fetcher", "Harvest", "Kind", "Outcome", "Wishes", "catalogue_at"]
