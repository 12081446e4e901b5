"""Opening readiness: what of a dataset, and of a catalogue, can be measured; each figure with what went into it."""

from minshu.scorecard.asked import AskedOf
from minshu.scorecard.cards import CatalogueScorecard, Scorecard, Scorecards
from minshu.scorecard.figure import Figure
from minshu.scorecard.measures import MEASURES, Measure

__all__ = [
    "MEASURES",
    "AskedOf",
    "CatalogueScorecard",
    "Figure",
    "Measure",
    "Scorecard",
    "Scorecards",
]
