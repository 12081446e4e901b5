"""A difference as one self-contained page: no script, nothing fetched."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from minshu.diff.view import SIGNS, View
from minshu.reports.language import Language


def render(view: View) -> str:
    """The page. Everything that the packages say is escaped."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("difference.html").render(
        view=view, say=view.either, lang="zh-CN" if view.language is Language.zh else "en", signs=SIGNS
    )
