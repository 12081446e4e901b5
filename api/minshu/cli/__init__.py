"""The command line: `validate`, `publish`, `push`, `ci`, `serve`, `get`, `list`, `verify`, `init` and others.

Data goes to stdout, words to stderr. Exit codes: 0 done, 1 the answer is no (invalid, refused, differs), 2 the
question could not be answered.
"""

from minshu.cli.app import main

__all__ = ["main"]
