"""Cron expressions: five fields, or six with seconds at the end, as Prefect reads them."""

FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7), ("second", 0, 59))
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
NAMES = {
    "month": {name: number for number, name in enumerate(MONTHS, 1)},
    "weekday": {name: number for number, name in enumerate(WEEKDAYS)},
}


def well_formed(expression: str) -> str:
    """Returns the expression.

    Raises: ValueError that names the first field which is wrong and what it takes.
    """
    fields = expression.split()
    if len(fields) not in (5, 6):
        raise ValueError(
            f"expected five fields, minute hour day month weekday, as in '0 3 * * 1', with seconds as a sixth; "
            f"got {len(fields)}"
        )
    for (name, low, high), field in zip(FIELDS, fields, strict=False):
        if not all(_fits(part, name, low, high) for part in field.split(",")):
            named = f" or {', '.join(NAMES[name])}" if name in NAMES else ""
            raise ValueError(f"{name} '{field}': expected *, {low}–{high}{named}, a list, a range a-b or a step */n")
    return expression


def _fits(part: str, name: str, low: int, high: int) -> bool:
    """Whether one part of a field is `*`, a number, a range, or one of the latter two with a step."""
    span, slash, step = part.partition("/")
    if slash and not (step.isascii() and step.isdigit() and 1 <= int(step) <= high):
        return False
    if span == "*":
        return True
    first, dash, last = span.partition("-")
    ends = [_number(end, name) for end in ([first, last] if dash else [first])]
    if slash and not dash:
        return False
    return all(end is not None and low <= end <= high for end in ends) and ends == sorted(
        ends, key=lambda end: end or 0
    )


def _number(text: str, name: str) -> int | None:
    named = NAMES.get(name, {}).get(text.lower())
    return int(text) if text.isascii() and text.isdigit() else named
