"""What may happen to the traffic: quiet weeks, and six shifts that come one by one."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.sources.setting import USUAL, Setting
from pipeline.spelling.words import WordList

# Seeds of simulated people: the embedded data are seed 0. Each window has a seed of its own, so nobody comes twice.
TUNING, QUIET, SHIFTED, HEALED = 10_000_000, 20_000_000, 30_000_000, 40_000_000


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One kind of traffic.

    words    whether people spell words, instead of asking for each letter as often
    within   predictions after which it has to be found; None: it is only told
    """

    name: str
    setting: Setting = USUAL
    words: bool = False
    within: int | None = None

    def mix(self, letters: tuple[str, ...]) -> NDArray[np.float64]:
        """Returns how often each class is asked for."""
        often = np.array([_in_words()[letter] for letter in letters]) if self.words else np.ones(len(letters))
        return often / often.sum()


@cache
def _in_words() -> dict[str, float]:
    """Counts letters of common English words, a word the rarer the later it stands in the list (Zipf)."""
    counts = dict.fromkeys("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 0.0)
    for place, word in enumerate(WordList.read().words, 1):
        for letter in word.upper():
            if letter in counts:
                counts[letter] += 1 / place
    return counts


USUAL_TRAFFIC = Scene(name="quiet")
SCENES = (
    # A telephone that leans on the table beside the signer, instead of a screen's camera.
    Scene(name="(a) another camera angle", setting=Setting(view_deg=(30, -30, 30)), within=500),
    Scene(name="(b) half the frame rate", setting=Setting(frame_rate=0.5), within=500),
    Scene(name="(c) left-handed signers", setting=Setting(left_handed=1.0), within=500),
    Scene(name="(d) a detector that loses the hand", setting=Setting(lost=0.3), within=500),
    Scene(name="(e) other proportions", setting=Setting(fingers=0.8, palm=1.2)),
    Scene(name="(f) another class mix", words=True),
)
