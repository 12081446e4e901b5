"""What people say of the data: messages that are not taken in, and acts on them that cannot be."""

from collections.abc import Iterable
from math import ceil

from minshu.errors.access import AccessError
from minshu.errors.base import MinshuError
from minshu.errors.reading import BadRequest, BudgetExceeded, NotFound


class FeedbackNotFound(NotFound):
    """There is no message of this id."""

    code = "feedback-not-found"

    def __init__(self, identifier: str) -> None:
        self.id = identifier
        super().__init__(f"There is no message {identifier!r}.")


class FeedbackDecided(BadRequest):
    """The message is in a state in which this cannot be done to it."""

    code = "feedback-decided"

    def __init__(self, identifier: str, state: str) -> None:
        self.id, self.state = identifier, state
        super().__init__(f"The message {identifier} is {state}: this cannot be done to it.")


class PersonalDataTold(BadRequest):
    """A text that is to be public holds what people can be found by. `kinds` are the names of what was found."""

    code = "personal-data-told"

    def __init__(self, kinds: Iterable[str]) -> None:
        self.kinds = tuple(kinds)
        super().__init__(
            f"The text holds what people can be found by: {', '.join(self.kinds)}. "
            "Take it out and send the rest again: it becomes public. Nothing of it was kept."
        )


class FeedbackOff(AccessError):
    """This service takes no messages. `cause` is `setting`, or `store` where that cannot be written to."""

    code = "feedback-off"

    def __init__(self, cause: str) -> None:
        self.cause = cause
        copy = "it is a copy that is only read from. Send it to the service that it is a copy of"
        why = copy if cause == "store" else "its operator has switched that off"
        super().__init__(f"This service takes no feedback: {why}.")


class FeedbackOverloaded(MinshuError):
    """Too many messages wait for the operator to look at them. `retry_after` is in seconds."""

    code = "feedback-overloaded"

    def __init__(self, most: int) -> None:
        self.most, self.retry_after = most, 86_400
        super().__init__(f"{most} messages wait to be looked at already. Try again tomorrow.")


class MessagesExceeded(BudgetExceeded):
    """One client sent as many messages as one may for now. `retry_after` is in seconds."""

    code = "messages-exceeded"

    def __init__(self, quota: int, window: int, retry_after: int) -> None:
        super().__init__("messages", quota, window, retry_after)
        self.minutes = ceil(self.retry_after / 60)
        self.args = (f"You have sent {quota} messages within an hour. Send the next in {self.minutes} min.",)
