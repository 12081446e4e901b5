"""Webhooks: addresses that are told what is released."""

from minshu.errors.base import MinshuError


class WebhookError(MinshuError):
    """A webhook is not as it must be."""

    code = "webhook-error"


class WebhookRefused(WebhookError):
    """What was said of a webhook makes none: its address, its secret, what it is to be told."""

    code = "webhook-refused"


class WebhookNotFound(WebhookError):
    """There is no webhook of this id, or no message."""

    code = "webhook-not-found"

    def __init__(self, identifier: str, what: str = "webhook") -> None:
        self.id, self.what = identifier, what
        super().__init__(f"There is no {what} {identifier!r}. `minshu webhook list` tells the webhooks there are.")
