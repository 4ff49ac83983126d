"""The picture of a month: accuracy of everybody and of people never trained on, above how far the traffic is off.

A Vega-Lite drawing of a row a day, by vl-convert, which has all that it needs in it: SVG, PNG, or HTML without network.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from flows.month.healing.diary import Day, share
from pipeline.errors import InputError
from pipeline.files import replacing

SUFFIXES = (".svg", ".png", ".html")
WIDTH, TALL, LOW = 780, 280, 120
EVERYBODY, NEVER = "everybody", "people never trained on"
QUIET, FIRED = "quiet", "drift"
BLUE, ORANGE, GREY, RED, GREEN = "#3366aa", "#dd7722", "#b0b0b0", "#cc3333", "#2e8540"
Drawing = dict[str, Any]


def write(days: Sequence[Day], out: Path) -> None:
    """Draws a month into a file.

    Raises: InputError for a suffix that is not drawn.
    """
    check(out)
    import vl_convert

    drawing = spec(days)
    if out.suffix == ".svg":
        made = vl_convert.vegalite_to_svg(drawing).encode()
    elif out.suffix == ".png":
        made = vl_convert.vegalite_to_png(drawing, scale=2)
    else:
        made = vl_convert.vegalite_to_html(drawing, bundle=True).encode()
    with replacing(out) as beside:
        beside.write_bytes(made)


def check(out: Path) -> None:
    """Says before anything is played whether its picture can be drawn.

    Raises: InputError for a suffix that is not drawn.
    """
    if out.suffix not in SUFFIXES:
        raise InputError(f"'{out}': expected a name that ends in {', '.join(SUFFIXES)}. Give such a one.")


def spec(days: Sequence[Day]) -> Drawing:
    """Returns the drawing in Vega-Lite."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "title": {"text": "A drift that a retraining heals: simulated people, letters", "anchor": "start"},
        "vconcat": [_accuracy(days), _drift(days)],
        "resolve": {"scale": {"color": "independent"}},
        "config": {"view": {"stroke": None}, "legend": {"orient": "top", "title": None}},
    }


def events(days: Sequence[Day]) -> list[Drawing]:
    """Returns what happened between two days: the other camera before its first one, all else after a look."""
    found = [
        _event(after.number - 0.5, f"{after.camera} camera", GREY)
        for before, after in pairwise(days)
        if before.shifted != after.shifted
    ]
    for day in days:
        if day.made is not None:
            colour = GREEN if day.promoted else RED
            found.append(_event(day.number + 0.5, f"retrained: version {day.made} {day.decided}", colour))
    return found


def _event(at: float, what: str, colour: str) -> Drawing:
    return {"at": at, "what": what, "colour": colour}


def _accuracy(days: Sequence[Day]) -> Drawing:
    values = [
        {"day": day.number, "who": who, "accuracy": found}
        for day in days
        for who, found in ((EVERYBODY, share(day.answers)), (NEVER, share(day.never)))
        if found is not None
    ]
    lines = {
        "data": {"values": values},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": _day(days, "day", None),
            "y": {"field": "accuracy", "type": "quantitative", "title": "accuracy", "scale": {"zero": False}},
            "color": {"field": "who", "type": "nominal", "scale": _colours({EVERYBODY: BLUE, NEVER: ORANGE})},
        },
    }
    apart = {"scale": {"color": "independent"}}  # else the marks' own colours take the lines' legend away
    return {"width": WIDTH, "height": TALL, "layer": [lines, *_marks(days)], "resolve": apart}


def _marks(days: Sequence[Day]) -> list[Drawing]:
    """Returns lines across for what happened, each with its words upright beside it."""
    colour = {"field": "colour", "type": "nominal", "scale": None, "legend": None}
    place = {"x": _day(days, "at", None), "color": colour}
    words = {"type": "text", "angle": 270, "align": "left", "dy": -6, "fontSize": 11}
    shared = {"data": {"values": events(days)}}
    return [
        {**shared, "mark": {"type": "rule", "strokeDash": [4, 3]}, "encoding": place},
        {**shared, "mark": words, "encoding": {**place, "text": {"field": "what"}, "y": {"value": TALL - 4}}},
    ]


def _drift(days: Sequence[Day]) -> Drawing:
    values = [
        {"day": day.number, "off": day.excess, "column": day.column, "look": FIRED if day.fired else QUIET}
        for day in days
    ]
    bars = {
        "data": {"values": values},
        "mark": {"type": "bar", "width": 12},
        "encoding": {
            "x": _day(days, "day", "day"),
            "y": {"field": "off", "type": "quantitative", "title": "furthest column, thresholds"},
            "color": {"field": "look", "type": "nominal", "scale": _colours({QUIET: GREY, FIRED: RED})},
            "tooltip": [{"field": "column"}, {"field": "off", "format": ".2f"}],
        },
    }
    line = {"y": {"field": "off", "type": "quantitative"}}
    threshold = {"data": {"values": [{"off": 1}]}, "mark": {"type": "rule", "strokeDash": [4, 3]}, "encoding": line}
    return {"width": WIDTH, "height": LOW, "layer": [bars, threshold]}


def _day(days: Sequence[Day], field: str, title: str | None) -> Drawing:
    domain = [days[0].number - 0.6, days[-1].number + 0.6]
    axis = {"grid": False, "tickMinStep": 1, "format": "d"}
    return {
        "field": field,
        "type": "quantitative",
        "title": title,
        "axis": axis,
        "scale": {"domain": domain, "nice": False, "zero": False},
    }


def _colours(of: dict[str, str]) -> Drawing:
    return {"domain": list(of), "range": list(of.values())}
