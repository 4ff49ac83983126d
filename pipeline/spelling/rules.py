"""When a shown letter counts, and when a word has ended."""

from dataclasses import dataclass

from pipeline.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The numbers of spelling; all times in seconds.

    smoothing_s  time constant of the averaged probabilities; 0 takes each frame as it is
    confidence   a letter is held while its averaged probability is at least this
    hold_s       held so long, it is committed
    release      a committed letter is left when its probability falls below this share of `confidence`: less than 1, or
                 a flicker at the edge would commit it twice
    repeat_s     held on for so long, it is committed again, LL; infinite: only after it was left
    pause_s      no hand for so long ends the word; infinite: only a class that is a space does
    gap_s        what was not looked at for longer than this was not held either
    max_edits    share of a word's letters that autocorrect may add, drop or change; 0 leaves words as spelled
    """

    smoothing_s: float = 0.2
    confidence: float = 0.6
    hold_s: float = 0.6
    release: float = 0.6
    repeat_s: float = 1.5
    pause_s: float = 1.0
    gap_s: float = 0.5
    max_edits: float = 0.25

    def __post_init__(self) -> None:
        for name in ("confidence", "release"):
            if not 0 < (value := getattr(self, name)) <= 1:
                raise InputError(f"{name}: expected a number above 0 and up to 1, got {value}.")
        for name in ("repeat_s", "pause_s", "gap_s"):
            if not (value := getattr(self, name)) > 0:
                raise InputError(f"{name}: expected seconds above 0, got {value}.")
        for name in ("smoothing_s", "hold_s", "max_edits"):
            if not 0 <= (value := getattr(self, name)) < float("inf"):
                raise InputError(f"{name}: expected a number of 0 or more, got {value}.")
