"""Leaving one group out; tests/flows/test_command.py runs a whole one."""

import io

import pandas as pd
import pytest
from rich.console import Console

from flows.commands.show import cross_validation_table
from flows.crossval import cross_validate, interval, leave_one_out
from pipeline.errors import InputError
from pipeline.params import Track, parse, with_model
from tests.flows.project import tiny_params


def track(num_signers: int) -> Track:
    made = parse(tiny_params()).track("letters")
    return made.model_copy(update={"data": made.data.model_copy(update={"num_signers": num_signers})})


def test_two_groups_are_too_few() -> None:
    with pytest.raises(InputError, match="takes three groups or more, 'synthetic_letters' has"):
        leave_one_out(track(2), seeds=[0])


def test_an_unknown_group_lists_the_known() -> None:
    with pytest.raises(
        InputError, match=r"unknown group 'a', 'b'\. The source has: signer_0000, signer_0001, signer_0002"
    ):
        leave_one_out(track(3), seeds=[0], groups=["b", "a", "signer_0001"])


def test_every_group_is_tested_on_in_one_fold_and_each_fold_says_what_it_cost() -> None:
    made = track(4)
    folds = [fold for _, fold in cross_validate({"mlp": made}, folds=2, seeds=[0], workers=1)]
    assert sorted(fold.fold for fold in folds) == ["0", "1"]
    clips_of_a_signer = len(made.data.classes or "ABCDEFGHIJKLMNOPQRSTUVWXYZ") * made.data.clips_per_letter
    assert [fold.clips for fold in folds] == [2 * clips_of_a_signer] * 2
    assert all(0 <= fold.accuracy <= 1 and fold.onnx_bytes > 0 and fold.milliseconds > 0 for fold in folds)
    assert all(0 <= fold.difference < 1e-4 for fold in folds)
    assert len({fold.parameters for fold in folds}) == 1


def test_more_folds_than_groups_are_refused() -> None:
    with pytest.raises(InputError, match="5 folds take as many groups, the source has 3"):
        next(cross_validate({"mlp": track(3)}, folds=5, seeds=[0]))


def test_the_interval_is_students_over_groups_and_seeds_are_averaged() -> None:
    """Means of 0.7, 0.8 and 0.9: deviation 0.1, and 4.303 at two degrees of freedom."""
    table = pd.DataFrame({0: [0.6, 0.8, 0.9], 1: [0.8, 0.8, 0.9]}, index=list("abc"))
    half = 4.303 * 0.1 / 3**0.5
    assert interval(table) == pytest.approx((0.8 - half, 0.8 + half), abs=1e-4)


def test_one_group_has_no_interval_and_the_table_says_so() -> None:
    assert interval(pd.DataFrame({0: [0.6], 1: [0.8]})) is None
    costs = {"parameters": 10, "onnx_bytes": 1000, "milliseconds": 1.0, "seconds": 1.0}
    folds = pd.DataFrame([{"model": "mlp", "fold": "1", "seed": 0, "accuracy": 0.9, **costs}])
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(cross_validation_table(folds, ["mlp"]))
    shown = console.export_text()
    assert "of one alone, none" in shown
    assert "nan" not in shown


def test_a_fold_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="fold 2: expected one of 0 to 1"):
        next(cross_validate({"mlp": track(4)}, folds=2, only=[2], seeds=[0]))


def test_five_views_are_of_the_same_training_and_are_what_is_scored() -> None:
    tracks = {spec: with_model(track(4), spec) for spec in ("mlp", "mlp,export.views=5")}
    folds = dict(cross_validate(tracks, folds=2, only=[1], seeds=[0], workers=1))
    assert folds["mlp"].seconds == folds["mlp,export.views=5"].seconds
    assert folds["mlp"].onnx_bytes < folds["mlp,export.views=5"].onnx_bytes
    assert all(fold.difference < 1e-4 for fold in folds.values())


def test_a_student_learns_from_a_teacher_of_the_same_fold() -> None:
    """A share of 1 leaves the labels out, so that a student of a teacher that knows them is better than a third."""
    made = with_model(track(12), "mlp,train.epochs=12,train.learning_rate=0.02")
    student = with_model(made, "mlp,train.teacher.weights=fold,train.teacher.share=1")
    teacher = with_model(made, "mlp,hidden=[32]")
    tracks = {"student": student, "teacher": teacher}
    folds = dict(cross_validate(tracks, folds=2, only=[1], seeds=[0], teacher=teacher, workers=1))
    assert folds["student"].accuracy > 0.5
    assert folds["student"].parameters < folds["teacher"].parameters


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("train.teacher.weights=production", r"train\.teacher\.weights: 'production' may know the tested groups"),
        ("train.teacher.weights=fold", r"name a model with --teacher"),
        ("train.init_from=production", r"train\.init_from: 'production' may know the tested groups"),
    ],
)
def test_weights_that_may_know_the_tested_groups_are_refused(change: str, told: str) -> None:
    with pytest.raises(InputError, match=told):
        next(cross_validate({"mlp": with_model(track(4), f"mlp,{change}")}, folds=2, seeds=[0]))
