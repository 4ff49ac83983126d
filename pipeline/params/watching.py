"""`watch` and `policy`: how served data is compared with the reference, and what follows; no stage depends on them."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from pipeline.params.section import Positive, Section, Share


class Watch(Section):
    """`signloop drift` and the flow `watch`."""

    window: Annotated[int, Field(ge=50, le=1_000_000)] = 500  # newest answers of a version that are compared
    min_predictions: Annotated[int, Field(ge=20)] = 100  # with fewer nothing is said
    alarm_rate: Annotated[float, Field(gt=0, le=0.2)] = 0.01  # of quiet windows that fire, over all columns together
    firing: Positive = 2  # windows that fire, of the last `of`, before anything is done
    of: Positive = 3
    min_groups: Annotated[int, Field(ge=5)] = 20  # people in the reference; with fewer it is called uncalibrated
    resamples: Annotated[int, Field(ge=200, le=100_000)] = 2000  # of the reference against itself
    max_rows: Annotated[int, Field(ge=500)] = 20_000  # of a window and of the reference; of more a sample is drawn
    interval_s: Annotated[float, Field(ge=10)] = 3600  # between two looks of the flow
    seed: int = 0

    @model_validator(mode="after")
    def _k_of_n(self) -> Self:
        if self.firing > self.of:
            raise ValueError(
                f"firing: {self.firing} windows of the last {self.of} can never fire; give at most {self.of}"
            )
        if self.min_predictions > self.window:
            raise ValueError(f"min_predictions: {self.min_predictions} never fit a window of {self.window}; give fewer")
        return self


class Policy(Section):
    """What a report leads to: nothing, a warning, a retraining."""

    fresh: Share = 0.25  # of a window's time that lies behind the window before: with less it is no other window
    accuracy_drop: Annotated[float, Field(gt=0, le=1)] = 0.05  # below the test clips', corrected or expected: retrain
    min_corrected: Positive = 20  # answers of a window that people spoke of, before their accuracy says anything
    cooldown_h: Annotated[float, Field(ge=0)] = 24  # after a retraining that drift set off
    weekly: Annotated[int, Field(ge=0)] = 2  # retrainings that drift and corrections may set off in seven days
    min_corrections: Annotated[int, Field(ge=0)] = 200  # new ones that set off a retraining by themselves; 0: never
    recent_share: Share = 0.2  # of clients, by hash: never trained on, candidates are compared on their clips
