"""Scorecards as plain values, ready for JSON, and as lines of CSV."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any, Final

from minshu.scorecard.cards import CatalogueScorecard, Scorecard
from minshu.scorecard.figure import Figure
from minshu.scorecard.measures import MEASURES, Measure

Told = dict[str, Any]

COLUMNS: Final = ("dataset", "version", "measure", "unit", "value", "numerator", "denominator", "status", "day")


def measure_told(measure: Measure) -> Told:
    """What a measure is."""
    return {
        "name": measure.name,
        "unit": measure.unit,
        "title": measure.title.en,
        "title_zh": measure.title.zh,
        "how": measure.how.en,
        "how_zh": measure.how.zh,
        "sources": list(measure.sources),
    }


def figure_told(figure: Figure) -> Told:
    """A figure without what went into it."""
    return {
        "measure": figure.name,
        "unit": figure.unit,
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "status": figure.status,
        **({"note": figure.note} if figure.note else {}),
        **({"left_out": dict(sorted(figure.left_out.items()))} if figure.left_out else {}),
    }


def inputs_told(figure: Figure) -> list[Told]:
    """What went into a figure: the sums of these are its numerator and denominator."""
    return [
        {
            "subject": one.subject,
            "numerator": one.numerator,
            **({} if one.denominator is None else {"denominator": one.denominator}),
            **({"note": one.note} if one.note else {}),
        }
        for one in figure.inputs
    ]


def dataset_told(card: Scorecard) -> Told:
    """The scorecard of a dataset, with all that went into it."""
    return {
        **_whose(card),
        "day": card.day.isoformat(),
        "figures": [{**figure_told(one), "inputs": inputs_told(one)} for one in card.figures],
    }


def catalogue_told(card: CatalogueScorecard) -> Told:
    """The scorecard of a catalogue, with the figures of each dataset, which are what went into it."""
    return {
        "day": card.day.isoformat(),
        "count": len(card.datasets),
        "figures": [{**figure_told(one), **_apart(one)} for one in card.figures],
        "datasets": [{**_whose(one), "figures": [figure_told(own) for own in one.figures]} for one in card.datasets],
        "damaged": list(card.damaged),
        "measures": [measure_told(measure) for measure in MEASURES],
    }


def _apart(figure: Figure) -> Told:
    """What is in a figure of the catalogue and in none of a dataset: what was asked of none of them."""
    apart = [one for one in figure.inputs if not one.subject]
    return {"apart": {"numerator": apart[0].numerator, "denominator": apart[0].denominator}} if apart else {}


def _whose(card: Scorecard) -> Told:
    return {"name": card.name, "title": card.title, "version": card.release.version, "sha256": card.release.sha256}


def catalogue_csv(card: CatalogueScorecard) -> str:
    """A line for each figure: those of the catalogue, which name no dataset, and those of each dataset."""
    own = (("", "", one) for one in card.figures)
    each = ((one.name, one.release.version, figure) for one in card.datasets for figure in one.figures)
    return _csv([*own, *each], card.day.isoformat())


def dataset_csv(card: Scorecard) -> str:
    """A line for each figure of a dataset."""
    return _csv(((card.name, card.release.version, figure) for figure in card.figures), card.day.isoformat())


def _csv(lines: Iterable[tuple[str, str, Figure]], day: str) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows(_cells(name, version, figure, day) for name, version, figure in lines)
    return text.getvalue()


def _cells(name: str, version: str, figure: Figure, day: str) -> Iterator[object]:
    yield from (name, version, figure.name, figure.unit)
    yield from (figure.value, figure.numerator, figure.denominator, figure.status, day)
