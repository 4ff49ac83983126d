"""The audit as a page that a person reads: the verdict, what to weigh, then the tables."""

from typing import Any

from pipeline.form import form
from pipeline.split import RECENT

WIDEST = 12  # groups that a table has columns for
LONGEST = 100  # groups that a table has lines for


def report(found: dict[str, Any]) -> str:
    """Returns audit.md for what `audit` found."""
    leakage = found["leakage"]
    clips, origin = found["clips"], "synthetic" if found["synthetic"] else "recorded"
    sections = [
        "# Audit of the split",
        f"**{'Refused' if leakage['refused'] else 'Accepted'}.** {_verdict(leakage)}",
        f"{sum(clips.values()):,} {origin} clips of {len(found['counts'])} classes from source `{found['source']}`: "
        + ", ".join(f"{count:,} {name}" for name, count in clips.items())
        + f". {_by_whom(found)}"
        + (" The clips are synthetic: figures on them say nothing about people." if found["synthetic"] else ""),
        *_listing("## To weigh", found["warnings"]),
        "## Leakage",
        _leakage(found),
        *_listing("Examples:", [f"`{pair['clip']}` is a copy of `{pair['copy']}`" for pair in leakage["examples"]]),
        "## Classes",
        _classes(found),
        "## Groups",
        _groups(found),
        "## Recordings",
        _recordings(found),
    ]
    return "\n\n".join(sections) + "\n"


def _verdict(leakage: dict[str, Any]) -> str:
    return (
        f"{leakage['share']:.2%} of the clips held out have a copy in train; "
        f"at most {leakage['max_leakage']:.2%} is accepted (`prepare.max_leakage`)."
    )


def _by_whom(found: dict[str, Any]) -> str:
    if found["shared_groups"]:
        return f"{len(found['shared_groups'])} group(s) are split into blocks of consecutive clips."
    return "Split by group: " + ", ".join(f"{len(groups)} {name}" for name, groups in found["groups"].items()) + "."


def _distances(found: dict[str, Any]) -> str:
    if not form(found["form"]).has_points:
        return "Only exact copies are looked for: near ones are told apart by points, of which there are none."
    return "Distances are mean point distances in hand lengths, place and size taken away."


def _leakage(found: dict[str, Any]) -> str:
    leakage = found["leakage"]
    names = ("test_in_train", "val_in_train", "test_in_val", f"{RECENT}_in_train", f"{RECENT}_in_val")
    pairs = [(name, leakage[name]) for name in names if name in leakage]
    header = ["", "clips", "exact copies", f"near copies (< {leakage['near_duplicate']})"]
    rows = [
        [
            name.replace("_", " "),
            n["clips"],
            n["exact"],
            n["near"],
            f"{n['similar']} ({_share(n['similar'], n['clips'])})",
        ]
        for name, n in pairs
    ]
    return _table([*header, f"like a frame of one video (< {leakage['one_video']})"], rows) + (
        f"\n\n{_distances(found)} In all samples {leakage['copies_anywhere']:,} clips are exact copies of another."
    )


def _classes(found: dict[str, Any]) -> str:
    groups = sorted({group for row in found["counts"].values() for group in row})
    shown = groups if len(groups) <= WIDEST else []
    rows = [
        [
            name,
            *(found["clips_by_class"][part][name] for part in found["clips"]),
            f"{found['class_weights']['weights'][name]:.2f}",
            f"{found['not_seen']['by_class'][name]:.1%}",
            *(by_group.get(group, 0) for group in shown),
        ]
        for name, by_group in found["counts"].items()
    ]
    large, small = found["imbalance"]["largest"], found["imbalance"]["smallest"]
    balance = (
        f"In train, {large['class']} has the most clips ({large['clips']:,}) and {small['class']} the fewest "
        f"({small['clips']:,}): {found['imbalance']['ratio']:.1f} to 1."
        if large["clips"] > small["clips"]
        else f"Every class has {large['clips']:,} training clips."
    )
    return (
        f"{balance} Weighting: `{found['class_weights']['method']}`."
        + ("" if shown else f" Counts by class and each of the {len(groups)} groups are in audit.json.")
        + "\n\n"
        + _table(["class", *found["clips"], "weight", "points not seen", *shown], rows)
    )


def _groups(found: dict[str, Any]) -> str:
    """One line a group, or a sentence where nobody would read them all."""
    not_seen = found["not_seen"]["by_group"]
    if len(not_seen) > LONGEST:
        return f"{len(not_seen)} groups; audit.json lists them."
    rows = []
    for group in not_seen:
        counts = [row[group] for row in found["counts"].values() if group in row]
        where = " + ".join(part for part in found["clips"] if group in found["groups"][part])
        rows.append([group, where, sum(counts), len(counts), f"{not_seen[group]:.1%}"])
    return _table(["group", "part", "clips", "classes", "points not seen"], rows)


def _recordings(found: dict[str, Any]) -> str:
    frames, aspect, hands = found["frames"], found["aspect"], found["handedness"]
    seen = found["not_seen"]
    if not form(found["form"]).has_points:
        return _table(["", ""], _of_no_picture(found))
    parts = ", ".join(f"{part.replace('_', ' ')} {1 - share:.1%}" for part, share in seen["parts"].items())
    rows = [
        ["frames a clip", f"{frames['min']:g} to {frames['max']:g}, median {frames['median']:g}"],
        ["picture width / height", f"{aspect['min']:g} to {aspect['max']:g}, median {aspect['median']:g}"],
        ["hand", ", ".join(f"{hands[name]:,} {name}" for name in ("right", "left", "unknown"))]
        if len(seen["parts"]) == 1
        else ["frames that show a part", parts],
        ["points not seen", f"{seen['points']:.1%}; {seen['clips_without_hand']:,} clips show no hand at all"],
    ]
    return _table(["", ""], rows)


def _of_no_picture(found: dict[str, Any]) -> list[list[Any]]:
    frames, seen = found["frames"], found["not_seen"]
    nothing = f"{seen['points']:.1%}; {seen['clips_without_hand']:,} {form(found['form']).blank}"
    return [
        ["rows a sample", f"{frames['min']:g} to {frames['max']:g}, median {frames['median']:g}"],
        ["values missing", nothing],
    ]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "none"


def _listing(title: str, lines: list[str]) -> list[str]:
    return [title, "\n".join(f"- {line}" for line in lines)] if lines else []


def _table(header: list[str], rows: list[list[Any]]) -> str:
    rule = ["---", *["---:"] * (len(header) - 1)]
    cells = [header, rule, *([f"{c:,}" if isinstance(c, int) else str(c) for c in row] for row in rows)]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells)
