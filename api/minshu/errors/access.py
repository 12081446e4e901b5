"""Who may do what: tokens, scopes, grants and applications."""

from collections.abc import Iterable
from typing import ClassVar

from minshu.errors.base import MinshuError
from minshu.errors.reading import BadRequest, NotFound


class TokenNotFound(NotFound):
    """There is no token of this id."""

    code = "token-not-found"

    def __init__(self, identifier: str) -> None:
        self.id = identifier
        super().__init__(f"There is no token {identifier!r}. minshu token list tells those there are.")


class ApplicationNotFound(NotFound):
    """There is no application of this id."""

    code = "application-not-found"

    def __init__(self, identifier: str) -> None:
        self.id = identifier
        super().__init__(f"There is no application {identifier!r}.")


class BadScope(BadRequest):
    """What a token is to be for is written wrongly."""

    code = "bad-scope"

    def __init__(self, text: str, verbs: Iterable[str]) -> None:
        self.text, self.verbs = text, tuple(verbs)
        super().__init__(
            f"The scope {text!r} is not VERB:NAME. VERB is one of {', '.join(self.verbs)}; NAME is a dataset's, or *."
        )


class BadTerm(BadRequest):
    """A time until which a token is to hold is written wrongly, or lies outside of what it may be."""

    code = "bad-term"

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(
            f"{text!r} is no term: write days from now, 90d, or a day to come, 2027-01-31; ten years at most."
        )


class NothingToApplyFor(BadRequest):
    """An application for data that is open to all, or to nobody."""

    code = "nothing-to-apply-for"

    def __init__(self, name: str, attribute: str) -> None:
        self.name, self.attribute = name, attribute
        super().__init__(f"There is nothing to apply for: {name} is {attribute}.")


class AlreadyDecided(BadRequest):
    """The application does not wait for this decision."""

    code = "already-decided"

    def __init__(self, identifier: str, state: str) -> None:
        self.id, self.state = identifier, state
        super().__init__(f"The application {identifier} is {state}: this cannot be decided of it.")


class AccessError(MinshuError):
    """Who asks may not do this, or has not shown that he may."""

    code = "access-error"


class TokenMissing(AccessError):
    """This needs a token, and none was sent."""

    code = "token-missing"

    def __init__(self, how: str = "send one as `Authorization: Bearer TOKEN`") -> None:
        super().__init__(f"This needs a token: {how}.")


class TokenInvalid(AccessError):
    """The token that was sent does not hold."""

    code = "token-invalid"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The token does not hold. {reason}")


class ScopeMissing(AccessError):
    """The token that was sent is not for this."""

    code = "scope-missing"

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(f"The token is not for this: it would need the scope {scope}.")


class ExchangeRefused(AccessError):
    """What was shown in exchange for a token is not believed.

    `error` is the code that RFC 6749 has for it.
    """

    code = "exchange-refused"

    def __init__(self, reason: str) -> None:
        self.error = "invalid_grant"
        super().__init__(reason)


class GrantNeeded(AccessError):
    """The data is open on conditions, and given to those to whom it was granted."""

    code = "grant-needed"
    how: ClassVar[str] = "Apply for it, and send the token of your grant as `Authorization: Bearer TOKEN`."

    def __init__(
        self, name: str, attribute: str, conditions: str | None, use: str | None, security: str | None
    ) -> None:
        self.name, self.attribute = name, attribute
        self.conditions, self.use, self.security = conditions, use, security
        super().__init__(f"The data of {name} is open on conditions ({attribute}): {conditions}. {self.how}")


class GrantMissing(GrantNeeded):
    """The data is open on conditions, and was not granted to the token that was sent."""

    code = "grant-missing"
    how = "The token that you sent is not one of a grant for it. Apply for one."


class DataClosed(AccessError):
    """The data is not opened; what it is is told to all."""

    code = "data-closed"

    def __init__(self, name: str, attribute: str, legal_basis: str | None) -> None:
        self.name, self.attribute, self.legal_basis = name, attribute, legal_basis
        basis = f", by {legal_basis}" if legal_basis else ""
        super().__init__(f"The data of {name} is not opened ({attribute}){basis}. Its metadata is open to all.")


class WritingOff(AccessError):
    """This service is only read from."""

    code = "writing-off"

    def __init__(self) -> None:
        super().__init__("This service is only read from. Its operator can switch that on: writing = true.")


class ValidatingOff(AccessError):
    """This service judges no files of others."""

    code = "validating-off"

    def __init__(self) -> None:
        super().__init__("This service judges no files of others: its operator has set validate_bytes to 0.")


class ApplicationsOverloaded(MinshuError):
    """Too many applications for a dataset wait for a decision. `retry_after` is in seconds."""

    code = "applications-overloaded"

    def __init__(self, name: str, most: int) -> None:
        self.name, self.most, self.retry_after = name, most, 86_400
        super().__init__(f"{most} applications for {name} wait for a decision already. Try again tomorrow.")
