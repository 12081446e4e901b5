"""Every limit of the service, as it tells them."""

from typing import Any

from minshu.charts.chart import BARS, POINTS, SERIES
from minshu.charts.renderer import DEADLINE
from minshu.exports import AT_ONCE, QUEUE
from minshu.filters import FACETS_MAX
from minshu.http.assistants.asking import ANSWER_BYTES
from minshu.http.assistants.models import ROWS_MAX, SQL_ROWS_MAX
from minshu.http.sql_request import ATTACHED_MAX
from minshu.remarks import TEXT_MAX as MESSAGE_MAX
from minshu.search import TEXT_MAX, WORDS_MAX
from minshu.settings import Settings
from minshu.tables import FACET_VALUES


def limits_of(settings: Settings) -> dict[str, dict[str, Any]]:
    """What one request may ask for, and how many wait."""
    return {
        "rows": {
            "page": settings.page_size,
            "page_max": settings.page_size_max,
            "facets": FACETS_MAX,
            "facet_values": FACET_VALUES,
            "search_characters": TEXT_MAX,
            "search_words": WORDS_MAX,
        },
        "uploads": {
            "bytes": settings.upload_bytes,
            "validate_bytes": settings.validate_bytes,
            "validate_seconds": settings.validate_seconds,
        },
        "feedback": {
            "characters": MESSAGE_MAX,
            "messages": settings.limit_feedback,
            "seconds": 3600,
            "waiting": settings.feedback_waiting,
        },
        "exports": {"at_once": AT_ONCE, "waiting": QUEUE},
        "charts": {"points": POINTS, "bars": BARS, "series": SERIES, "seconds": DEADLINE},
        "sql": {
            "seconds": settings.sql_deadline,
            "rows": settings.sql_rows,
            "bytes": settings.sql_bytes,
            "characters": settings.sql_text,
            "attached": ATTACHED_MAX,
            "memory": settings.sql_memory,
            "at_once": settings.sql_at_once,
            "waiting": settings.sql_queue,
            "waiting_each": settings.sql_queue_client,
            "patience": settings.sql_patience,
        },
        "assistants": {
            "rows": min(ROWS_MAX, settings.page_size_max),
            "sql_rows": min(SQL_ROWS_MAX, settings.sql_rows),
            "bytes": ANSWER_BYTES,
        },
    }
