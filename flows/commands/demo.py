from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows import environment
from pipeline.errors import InputError

if TYPE_CHECKING:
    from pipeline.params.data import Detection
    from pipeline.spelling import Rules, Spelled

TRACK = "letters"
MAX_FRAMES = 10_000_000  # of a file: nothing is kept of them


def demo(
    what: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TRACK] [FILE]", help=f"A track, else {TRACK}; a recording, else a camera.", show_default=False
        ),
    ] = None,
    camera: Annotated[int | None, typer.Option(min=0, help="Number of the camera, 0 where no FILE is given.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write what is shown as .mp4; no window for a FILE then.")
    ] = None,
    stateful: Annotated[
        bool, typer.Option("--stateful", help="Use the model's own memory, not a sliding window.")
    ] = False,
    window: Annotated[
        float | None, typer.Option(min=0, help="Seconds that the sliding window sees, else by the model.")
    ] = None,
    mirror: Annotated[
        bool | None, typer.Option("--mirror/--no-mirror", help="Show a mirror, as a camera does by itself.")
    ] = None,
    selfie: Annotated[
        bool, typer.Option("--selfie", help="The picture comes mirrored, as many phones save it: turn it back first.")
    ] = False,
    width: Annotated[int | None, typer.Option(min=16, help="Of the camera's picture; a file's at most.")] = None,
    height: Annotated[int | None, typer.Option(min=16, help="Of the camera's picture; a file's at most.")] = None,
    confidence: Annotated[float | None, typer.Option(help="A letter is held from this probability on.")] = None,
    smoothing: Annotated[float | None, typer.Option(help="Seconds over which probabilities are averaged.")] = None,
    words: Annotated[Path | None, typer.Option(help="What autocorrect knows: a text file, a word a line.")] = None,
    model: Annotated[Path | None, typer.Option(help="Answer with this .onnx, not with Production.")] = None,
    version: Annotated[int | None, typer.Option(help="Answer with this registered version.")] = None,
) -> None:
    """Spell before a camera or in a recording: the top three, letters, words, text.

    Keys in the window: Q or Esc quit, M mirror, R reset, S skeleton.
    """
    from flows.demo import footage, opening
    from flows.demo.film import film
    from flows.demo.screen import View
    from flows.demo.session import Session, play
    from flows.demo.window import opened_window
    from pipeline.detect import bundles
    from pipeline.detect.landmarkers import Landmarkers
    from pipeline.spelling import Speller, WordList

    track, file = _track_and_file(what or [])
    if file is not None and camera is not None:
        raise InputError(f"a camera or a file, not both: got --camera {camera} and '{file}'. Leave one of them.")
    if model is not None and version is not None:
        raise InputError(f"--model or --version, not both: got '{model}' and {version}. Leave one of them.")
    if stateful and window is not None:
        raise InputError("a model's own memory has no sliding window: leave --stateful or --window.")
    speller = Speller(_rules(confidence, smoothing), WordList.read(words) if words else None)
    if model:
        recognizer, name = opening.of_file(model, stateful=stateful, window_s=window)
    else:
        recognizer, name = opening.registered(
            track, version=version, store=environment.store(), stateful=stateful, window_s=window
        )
    detection = _detection(recognizer.contract.form)
    found = bundles.found(bundles.needed(detection), environment.assets())
    typer.secho(f"{name}, {recognizer.contract.precision}", fg="cyan", err=True)
    size = {"width": width, "height": height}
    display = environment.display()
    environment.hush_windows()
    with ExitStack() as opened:
        shown = out is None or (file is None and display is not None)
        # first of all: decoding and encoding import PyAV, after which no window opens
        screen = opened.enter_context(opened_window(f"Signloop: {name}", display)) if shown else None
        pictures = footage.recording(file, detection, **size) if file else footage.camera(camera or 0, **size)
        pictures = opened.enter_context(closing(footage.turned(pictures) if selfie else pictures))
        landmarkers = opened.enter_context(Landmarkers(detection, found))
        view = View(mirror=(file is None) if mirror is None else mirror)
        session = Session(
            points=detection.points, landmarkers=landmarkers, recognizer=recognizer, speller=speller, view=view
        )
        played = play(
            pictures,
            session,
            window=screen,
            write=opened.enter_context(film(out)) if out else None,
            paced=file is not None,
            log=_say,
        )
    if out:
        typer.secho(f"{played.num_pictures} pictures written to '{out}'", fg="cyan", err=True)
    if not played.text:
        held = f"no letter or sign was held for {speller.rules.hold_s:g} s at {speller.rules.confidence:g} or more"
        typer.secho(f"{held}; a lower --confidence takes less", fg="yellow", err=True)
    typer.echo(played.text)


def _track_and_file(what: list[str]) -> tuple[str, Path | None]:
    """Tells a track from a file by the dot or slash that no track's name has."""
    tracks = [word for word in what if "." not in word and "/" not in word]
    files = [Path(word) for word in what if word not in tracks]
    if len(tracks) > 1 or len(files) > 1:
        raise InputError(f"expected at most a track and a file (CLIP.mp4, ./CLIP), got: {', '.join(what)}.")
    return (tracks or [TRACK])[0], (files or [None])[0]


def _rules(confidence: float | None, smoothing: float | None) -> "Rules":
    from pipeline.spelling import Rules

    given = {"confidence": confidence, "smoothing_s": smoothing}
    return Rules(**{name: value for name, value in given.items() if value is not None})


def _detection(skeleton: str) -> "Detection":
    from pipeline.params.data import Detection

    if skeleton == "hand":  # one alone: a second hand would be looked for in every picture that has none
        return Detection(points="hand", num_hands=1, max_frames=MAX_FRAMES)
    return Detection(points="holistic", max_frames=MAX_FRAMES)


def _say(time_s: float, spelled: "Spelled") -> None:
    """A line for each word that has ended, and what was spelled where that is another."""
    for word in spelled.ended:
        spelled_as = f"  ({word.spelled})" if word.spelled not in (None, word.text) else ""
        typer.echo(f"{time_s:7.1f} s  {word.text}{spelled_as}", err=True)
