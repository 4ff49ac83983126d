"""The whole of params.yaml: the tracks, when they are made anew, and how they answer."""

from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from pipeline.cron import well_formed
from pipeline.errors import InputError
from pipeline.params.data import Data
from pipeline.params.fitting import Prepare, Pretrain, Train
from pipeline.params.judging import Evaluate, Export, Gates
from pipeline.params.models import Model
from pipeline.params.section import Section
from pipeline.params.serving import Log, Serve
from pipeline.params.watching import Policy, Watch


class Track(Section):
    """One model kept in Production."""

    data: Data
    prepare: Prepare = Prepare()
    model: Model
    pretrain: Pretrain = Pretrain()
    train: Train = Train()
    export: Export = Export()
    evaluate: Evaluate = Evaluate()
    gates: Gates = Gates()


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # unknown; a folder; a path
        raise ValueError("expected a name of the time zone database, as in Europe/Berlin") from None
    return name


class Retrain(Section):
    """When models are made anew, and how patiently; no stage sees any of it."""

    cron: Annotated[str, AfterValidator(well_formed)] = "0 3 * * 1"  # minute hour day month weekday
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    tracks: tuple[str, ...] = ()  # empty: all
    retries: Annotated[int, Field(ge=0, le=20)] = 2  # of a stage whose exit status says that a second try may succeed
    retry_delay_s: Annotated[tuple[Annotated[float, Field(ge=0, le=86_400)], ...], Field(min_length=1)] = (10, 60)
    wait_for_dvc_s: Annotated[float, Field(ge=0, le=86_400)] = 3600  # for a `dvc repro` that is at work


class Params(Section):
    """All of params.yaml."""

    tracking: Literal["mlflow", "none"] = "mlflow"  # none: no runs and curves; the registry stays
    retrain: Retrain = Retrain()
    serve: Serve = Serve()
    log: Log = Log()
    watch: Watch = Watch()
    policy: Policy = Policy()
    tracks: Annotated[dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Track], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_what_is_there(self) -> Self:
        for section, named in (("retrain", self.retrain.tracks), ("serve", self.serve.tracks)):
            if unknown := [name for name in named if name not in self.tracks]:
                raise ValueError(f"{section}.tracks: unknown track '{unknown[0]}'. Valid: {', '.join(self.tracks)}")
        return self

    def track(self, name: str) -> Track:
        """Returns one track's sections.

        Raises: InputError with the valid names.
        """
        if name not in self.tracks:
            raise InputError(f"unknown track '{name}'. params.yaml has: {', '.join(self.tracks)}.")
        return self.tracks[name]

    def named(self, names: list[str]) -> list[str]:
        """Returns the tracks to make anew: those named, else those of `retrain.tracks`, else all.

        Raises: InputError with the valid names.
        """
        for name in names:
            self.track(name)
        return names or list(self.retrain.tracks or self.tracks)
