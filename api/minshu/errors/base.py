"""What every error of Minshu has."""

from typing import ClassVar


class MinshuError(Exception):
    """The root of the tree: something that a person can put right, said in one sentence."""

    code: ClassVar[str] = "error"
