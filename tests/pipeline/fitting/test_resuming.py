"""After a kill the loop goes on as if it had not been; a checkpoint that is not whole is named."""

import pickle
from pathlib import Path

import pytest
import torch

from pipeline.errors import SignloopError
from pipeline.fitting.loop import Log
from pipeline.models import build
from pipeline.params import Linear
from tests.pipeline.factories import NO_CHANGE
from tests.pipeline.fitting.fits import SCHEDULES, changed, make_clips, make_recognizer, run, same


class KillError(Exception):
    """Stands for a kill between two epochs."""


def kill_at(epoch: int) -> Log:
    def log(now: int, values: dict[str, float]) -> None:
        if now == epoch:
            raise KillError

    return log


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("killed", [0, 1, 4])
def test_a_resumed_run_repeats_an_uninterrupted_one_bit_for_bit(tmp_path: Path, schedule: str, killed: int):
    config = changed(schedule=schedule)
    weights, history = run(config)
    with pytest.raises(KillError):
        run(config, checkpoint=tmp_path / "c.pt", log=kill_at(killed))
    assert (tmp_path / "c.pt").exists() == (killed > 0)
    start = make_recognizer() if killed == 0 else make_recognizer(seed=99)  # the checkpoint decides, not the start
    told: list[int] = []
    resumed, history_resumed = run(
        config, recognizer=start, checkpoint=tmp_path / "c.pt", log=lambda epoch, _: told.append(epoch)
    )
    assert same(resumed, weights)
    assert history_resumed == history
    assert told == list(range(config.epochs))


def test_a_resumed_run_keeps_its_patience_and_its_best(tmp_path: Path):
    """Validated against wrong labels, the first epoch stays the best whatever comes after a kill."""
    config = changed(schedule="plateau", epochs=30, patience=5, augment=NO_CHANGE)
    wrong = make_clips(slice(3, 4), shift=1)
    weights, history = run(config, val=wrong)
    assert len(history) == 6
    with pytest.raises(KillError):
        run(config, val=wrong, checkpoint=tmp_path / "c.pt", log=kill_at(3))
    resumed, history_resumed = run(config, val=wrong, checkpoint=tmp_path / "c.pt", recognizer=make_recognizer(7))
    assert history_resumed == history
    assert same(resumed, weights)


def test_a_finished_run_is_not_trained_again(tmp_path: Path):
    weights, history = run(checkpoint=tmp_path / "c.pt")
    before = (tmp_path / "c.pt").read_bytes()
    again, history_again = run(checkpoint=tmp_path / "c.pt", recognizer=make_recognizer(99))
    assert same(weights, again)
    assert history == history_again
    assert (tmp_path / "c.pt").read_bytes() == before


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_checkpoint_is_plain_tensors_and_numbers(tmp_path: Path, schedule: str):
    run(changed(schedule=schedule, epochs=2), checkpoint=tmp_path / "c.pt")
    kept = torch.load(tmp_path / "c.pt", weights_only=True)
    assert set(kept) == {"recognizer", "optimizer", "schedule", "progress"}
    assert kept["progress"]["epoch"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["c.pt"]


def damage(whole: bytes) -> dict[str, bytes]:
    return {
        "empty": b"",
        "rubbish": b"rubbish",
        "half": whole[: len(whole) // 2],
        "end cut off": whole[:-100],
        "a pickle": pickle.dumps({"recognizer": Path("x")}, protocol=2),
    }


@pytest.mark.parametrize("kind", list(damage(b"")))
def test_a_damaged_checkpoint_is_named(tmp_path: Path, kind: str):
    run(changed(epochs=1), checkpoint=tmp_path / "c.pt")
    (tmp_path / "c.pt").write_bytes(damage((tmp_path / "c.pt").read_bytes())[kind])
    with pytest.raises(SignloopError, match=r"checkpoint '.*c\.pt' is damaged.*Delete it; training then starts again"):
        run(checkpoint=tmp_path / "c.pt")


def test_a_checkpoint_of_another_model_is_named(tmp_path: Path):
    run(changed(epochs=1), checkpoint=tmp_path / "c.pt")
    with pytest.raises(SignloopError, match="is damaged, or of another model"):
        run(checkpoint=tmp_path / "c.pt", recognizer=build(Linear(name="linear"), form="hand", num_classes=3))
    torch.save({"weights": torch.zeros(1)}, tmp_path / "c.pt")
    with pytest.raises(SignloopError, match="KeyError"):
        run(checkpoint=tmp_path / "c.pt")
