"""How long ago, as a person types it: 30d, 12h, 2w, or a date."""

import re
from datetime import UTC, datetime, timedelta

from pipeline.errors import InputError

UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
AGO = re.compile(r"(\d{1,5})([hdw])")


def before(text: str, *, now: datetime | None = None) -> datetime:
    """Returns the moment that lies so long back, or that a date names; without a zone it is the local one.

    Raises: InputError with what would be right.
    """
    if found := AGO.fullmatch(text.strip()):
        return (now or datetime.now(UTC)) - int(found[1]) * UNITS[found[2]]
    try:
        return datetime.fromisoformat(text.strip()).astimezone()
    except ValueError:
        raise InputError(
            f"'{text}': expected 30d, 12h or 2w ago, or a date as 2026-05-01 or 2026-05-01T12:00."
        ) from None
