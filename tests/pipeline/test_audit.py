"""The audit: what it counts, what it warns of, what it says."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from pipeline import params, sources
from pipeline.audit import audit
from pipeline.audit_report import report
from pipeline.params import Prepare
from pipeline.samples import Samples
from pipeline.split import assign
from tests.bodies import LEFT, RIGHT, make_clip, signed
from tests.factories import make_samples

ROOT = Path(__file__).parents[2]
WORDS = ROOT / ".." / "shared" / "data" / "signs" / "traduttore_words.npz"
NAMED = Prepare(test=("s00",), val=("s01",))


def audited(samples: Samples, prepare: Prepare = NAMED) -> dict:
    return audit(samples, assign(samples, prepare), prepare)


def with_copy(samples: Samples, source: int, to: int) -> Samples:
    """Puts one clip's values in another's place; all clips have one frame."""
    values = samples.values.copy()
    values[to] = values[source]
    return replace(samples, values=values)


def test_counts_that_one_checks_by_hand():
    samples = make_samples(num_groups=4, classes="AB", clips=3, aspect=1.5)
    samples.values[0] = np.nan
    samples.values[6, :7] = np.nan
    found = audited(samples)
    assert found["clips"] == {"train": 12, "val": 6, "test": 6}
    assert found["clips_by_class"]["train"] == {"A": 6, "B": 6}
    assert found["counts"]["B"] == {"s00": 3, "s01": 3, "s02": 3, "s03": 3}
    assert found["imbalance"]["ratio"] == 1
    assert found["frames"] == {"min": 1, "median": 1, "max": 1}
    assert found["aspect"]["median"] == 1.5
    assert found["handedness"] == {"right": 12, "left": 12, "unknown": 0}
    assert found["not_seen"]["clips_without_hand"] == 1
    assert found["not_seen"]["by_group"]["s00"] == 1 / 6
    assert found["not_seen"]["by_group"]["s01"] == (7 / 21) / 6
    assert found["not_seen"]["by_class"]["B"] == 0
    assert found["leakage"]["share"] == 0
    assert not found["leakage"]["refused"]
    json.dumps(found, allow_nan=False)


def test_exact_copies_across_the_split_are_counted_and_refused():
    found = audited(with_copy(make_samples(), 20, 1))  # 20 is s02's, a training clip; 1 is s00's, a test clip
    leakage = found["leakage"]
    assert leakage["test_in_train"] == {"clips": 9, "exact": 1, "near": 0, "similar": 1}
    assert leakage["val_in_train"]["exact"] == 0
    assert leakage["share"] == 1 / 18
    assert leakage["refused"]
    assert leakage["examples"] == [{"clip": "s00/A1", "copy": "s02/A2"}]
    assert not audited(with_copy(make_samples(), 20, 1), NAMED.model_copy(update={"max_leakage": 0.06}))["leakage"][
        "refused"
    ]


def test_a_moved_copy_is_a_near_copy():
    samples = with_copy(make_samples(), 20, 10)
    samples.values[10, :, :2] += 0.05
    leakage = audited(samples)["leakage"]
    assert (leakage["val_in_train"]["exact"], leakage["val_in_train"]["near"]) == (0, 1)
    assert leakage["copies_anywhere"] == 0


def test_copies_within_train_do_not_refuse():
    leakage = audited(with_copy(make_samples(), 19, 22))["leakage"]  # A and B of s02
    assert (leakage["share"], leakage["copies_anywhere"], leakage["copies_with_another_label"]) == (0, 1, 1)
    assert not leakage["refused"]


def test_frames_of_one_video_on_both_sides_are_warned_of():
    found = audited(make_samples(num_groups=1, clips=10, noise=0.0003), Prepare(near_duplicate=0))
    assert found["leakage"]["similar_share"] == 1
    text = "\n".join(found["warnings"])
    assert "100.0% of held-out clips look like a frame of the same video" in text
    assert "Test clips are by signers that the model trains on" in text
    assert "Validation clips are by signers that the model trains on" in text


def test_gaps_are_warned_of():
    samples = make_samples(num_groups=3, classes="ABC", clips=12)
    keep = ~((samples.target == 1) & (samples.group != "s02")) & ~((samples.target == 2) & (np.arange(108) % 12 > 0))
    samples = replace(samples, handedness=np.full(108, np.nan, np.float32)).select(np.flatnonzero(keep))
    text = "\n".join(audited(samples)["warnings"])
    assert "No test clip of B" in text
    assert "No validation clip of B" in text
    assert "Fewer than 10 training clips of C." in text
    assert "The largest class has 12 times the clips of the smallest; class weights are `sqrt`." in text
    assert "No clip says which hand it shows" in text


def test_no_warnings_where_there_is_nothing_to_weigh():
    assert audited(make_samples(num_groups=4, clips=12))["warnings"] == []


def test_the_report_says_the_verdict_first():
    page = report(audited(with_copy(make_samples(), 20, 1)))
    assert page.startswith("# Audit of the split\n\n**Refused.** 5.56% of the clips held out have a copy in train;")
    assert "| test in train | 9 | 1 | 0 | 1 (11.1%) |" in page
    assert "| A | 6 | 3 | 3 | 1.00 | 0.0% | 3 | 3 | 3 | 3 |" in page
    assert "| s01 | val | 9 | 3 | 0.0% |" in page
    assert "`s00/A1` is a copy of `s02/A2`" in page
    assert "synthetic" not in page


def test_the_report_says_synthetic():
    samples = replace(make_samples(), provenance={"source": "synthetic_letters"})
    page = report(audited(samples))
    assert "36 synthetic clips" in page
    assert "figures on them say nothing about people" in page


def test_many_groups_do_not_widen_the_tables():
    page = report(audited(make_samples(num_groups=120, clips=1)))
    assert max(len(line) for line in page.splitlines()) < 400
    assert "120 groups; audit.json lists them." in page


def test_whole_bodies_are_counted_by_part():
    clips = [make_clip(2, right=0.01 * i, left=0.02) for i in range(12)]
    for clip in clips[:6]:
        clip[:, LEFT] = np.nan
    clips[0][:, RIGHT] = np.nan
    clips[1][0, RIGHT] = np.nan
    samples = signed(*clips, target=[i % 2 for i in range(12)], class_names=("no", "tea"))
    samples = replace(samples, provenance={"source": "landmark_clips", "clips_left_out": {"no label": 3}})
    found = audited(samples, Prepare(test=("0", "1"), val=("2", "3")))
    assert found["not_seen"]["parts"] == {"left_hand": 0.5, "right_hand": 3 / 24, "pose": 0.0}
    assert found["not_seen"]["clips_without_hand"] == 1
    text = "\n".join(found["warnings"])
    assert "1 clip(s) show no hand." in text
    assert "The source left out clips: 3 (no label)." in text
    assert "which hand it shows" not in text
    page = report(found)
    assert "| frames that show a part | left hand 50.0%, right hand 87.5%, pose 100.0% |" in page
    assert "unknown" not in page


@pytest.mark.data
def test_the_example_of_recorded_words_splits_sessions_and_leaks_nothing():
    if not WORDS.exists():
        pytest.skip(f"no real clips in {WORDS}")
    tree = YAML(typ="safe").load(ROOT / "examples/signs_words.yaml")
    tree["tracks"]["signs"].setdefault("model", {"name": "linear"})
    track = params.parse(tree).track("signs")
    samples = sources.read(track.data.model_copy(update={"path": str(WORDS)}))
    found = audited(samples, track.prepare)
    assert found["clips"] == {"train": 2939, "val": 584, "test": 1110}
    assert found["unmeasured"] == []
    assert found["not_seen"]["clips_without_hand"] == 143
    assert (found["leakage"]["share"], found["leakage"]["copies_anywhere"]) == (0, 0)
