"""What was asked of the data in public, and how much of it was answered: counted from the log of the store."""

from collections import Counter

from minshu.feedback import Feedback, State
from minshu.scorecard.facts import MessageCount, Tally


class AskedOf:
    """Counts messages. Whatever came and was not rejected counts; the log tells everybody of each."""

    def __init__(self, messages: Feedback, *, is_taken: bool) -> None:
        self._messages, self._is_taken = messages, is_taken

    def tally(self) -> Tally | None:
        """What was asked and answered by dataset; None where nothing is taken and nothing ever was."""
        every = [one for one in self._messages.all() if one.state is not State.rejected]
        if not every and not self._is_taken:
            return None
        asked = Counter(one.about.dataset for one in every)
        answered = Counter(one.about.dataset for one in every if one.replies)
        return {name: MessageCount(count, answered[name]) for name, count in asked.items()}
