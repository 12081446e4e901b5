"""A report as JSON: frictionless's own Report, in every language the same."""

from minshu.reports.view import View


def render(view: View) -> str:
    """The report as frictionless's tools read it."""
    return view.report.to_json().decode()
