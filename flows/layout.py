"""Where everything of a track lies, from the project's root."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The files of one track; DVC owns what is under artifacts/, and watches feedback/."""

    root: Path
    track: str

    @property
    def folder(self) -> Path:
        return self.root / "artifacts" / self.track

    @property
    def feedback(self) -> Path:
        """Exported corrections: written before a retraining, and by no stage."""
        return self.root / "feedback" / self.track

    @property
    def code(self) -> Path:
        return self.folder / "code"

    @property
    def samples(self) -> Path:
        return self.folder / "samples.h5"

    @property
    def prepared(self) -> Path:
        return self.folder / "prepare"

    @property
    def split(self) -> Path:
        return self.prepared / "split.json"

    @property
    def encoder(self) -> Path:
        return self.folder / "encoder.safetensors"

    @property
    def model(self) -> Path:
        return self.folder / "model"

    @property
    def exported(self) -> Path:
        return self.folder / "export"

    @property
    def evaluation(self) -> Path:
        return self.folder / "evaluation"

    @property
    def decision(self) -> Path:
        return self.folder / "decision.json"
