"""What a crowd of simulated people has in common that others have not: who they are, where their cameras stand.

A person of a number is the same in every setting but for what the setting names: nothing that it leaves as usual
draws another random number, so that two settings can be compared clip by clip.
"""

from dataclasses import asdict, dataclass
from typing import Any

from pipeline.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Setting:
    """By default all is as usual, bit by bit.

    view_deg     yaw, pitch, roll by which every camera stands elsewhere
    frame_rate   of every camera, against the usual one
    left_handed  share of people; None: as many as there are
    lost         share of frames in which the detector loses the hand, in runs of its own; below 0.5
    fingers      length of the fingers against the palm's, of everybody
    palm         width of the palm, of everybody
    """

    view_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)
    frame_rate: float = 1.0
    left_handed: float | None = None
    lost: float = 0.0
    fingers: float = 1.0
    palm: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.lost < 0.5:
            raise InputError(f"lost: expected a share of frames of at least 0 and below 0.5, got {self.lost}.")
        if not min(self.frame_rate, self.fingers, self.palm) > 0:
            raise InputError("frame_rate, fingers, palm: expected factors above 0.")

    def told(self) -> dict[str, Any]:
        """Returns what provenance says of it: nothing where all is as usual."""
        usual = asdict(USUAL)
        changed = {name: value for name, value in asdict(self).items() if value != usual[name]}
        return {"setting": changed} if changed else {}


USUAL = Setting()
