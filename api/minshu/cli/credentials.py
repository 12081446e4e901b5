"""The token that a command shows to a service."""

import os
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import typer

VARIABLE: Final = "MINSHU_TOKEN"
LOCAL: Final = ("127.0.0.1", "::1", "localhost")

TokenFileOption = Annotated[
    Path | None, typer.Option("--token-file", help=f"The file with the token; else {VARIABLE} has it.")
]


def token_for(file: Path | None) -> str:
    """The token in a file, else in the environment; empty where there is none."""
    return file.read_text("utf-8").strip() if file else os.environ.get(VARIABLE, "").strip()


def warn_of_eavesdroppers(address: str) -> None:
    """Say so where whoever is on the way could read a token."""
    from minshu.cli.printing import say

    if urlsplit(address).scheme == "http" and urlsplit(address).hostname not in LOCAL:
        say("warning: the token is sent unencrypted, for the address begins with http.")
