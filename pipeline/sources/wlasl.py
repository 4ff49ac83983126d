"""WLASL's index: a JSON list of glosses, each with its instances; files are named by `video_id`.

Many of its videos can no longer be had: a file that is absent is left out and counted, and does not fail. `frame_start`
counts from 1, a `frame_end` of −1 is the last. A file named as YouTube names the whole video is always cut; WLASL's own
tool leaves files named by `video_id` that are cut already: data.cut: false.
Source: Li et al. 2020, Word-level Deep Sign Language Recognition from Video, https://github.com/dxli94/WLASL.
"""

from pathlib import Path
from typing import Any

from pipeline.errors import InputError
from pipeline.files import read_json
from pipeline.params import Videos
from pipeline.sources.media import VIDEOS, Media, shown

FPS = 25.0  # of its frame numbers, where an instance does not say


def find(index: Path, folder: Path, data: Videos) -> list[Media]:
    """Lists the instances of an index.

    Raises: InputError naming the entry that is not as expected.
    """
    entries = read_json(index)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise InputError(
            f"'{index}': expected WLASL's index, a list of {{gloss, instances}}, got {type(entries).__name__}."
        )
    try:
        files = sorted(folder.iterdir())
    except OSError as error:
        raise InputError(f"data.files: '{folder}' cannot be read: {error.strerror}. Name a folder that can.") from None
    there = {file.stem: file for file in files if file.suffix.lower() in VIDEOS}
    media = []
    for number, entry in enumerate(entries):
        instances = entry.get("instances")
        if not isinstance(entry.get("gloss"), str) or not isinstance(instances, list):
            raise InputError(f"'{index}' entry {number}: expected `gloss` and `instances`, got {', '.join(entry)}.")
        for instance in instances:
            media.append(
                _instance(instance, entry["gloss"].strip(), there, folder, data, f"'{index}' {entry['gloss']}")
            )
    return media


def _instance(instance: Any, gloss: str, there: dict[str, Path], folder: Path, data: Videos, where: str) -> Media:
    if not isinstance(instance, dict) or not str(instance.get("video_id", "")).strip():
        raise InputError(f"{where}: expected an instance with `video_id`, got {instance!r}.")
    name = str(instance["video_id"]).strip()
    url = str(instance.get("url", ""))
    whole = there.get(url[-11:]) if "youtu" in url else None  # named as YouTube names it
    file = there.get(name) or whole or folder / f"{name}.mp4"
    start, end = _seconds(instance, where) if data.cut or file == whole else (None, None)
    return Media(
        id=shown(name),
        label=gloss if data.labelled else "",
        group=str(instance.get(data.group_column or "signer_id", "unknown")),
        file=file,
        start=start,
        end=end,
        may_be_absent=True,
    )


def _seconds(instance: dict[str, Any], where: str) -> tuple[float | None, float | None]:
    """Returns when an instance begins and ends; None: at the file's own."""
    try:
        fps = float(instance.get("fps") or FPS)
        first, last = int(instance.get("frame_start", 1)), int(instance.get("frame_end", -1))
    except (TypeError, ValueError):
        raise InputError(f"{where} {instance['video_id']}: expected numbers of frames, got {instance!r}.") from None
    return (first - 1) / fps if first > 1 else None, last / fps if last > 0 else None
