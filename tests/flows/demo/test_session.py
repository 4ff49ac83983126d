"""A real photograph before real detection, and a model that says where the hand is and which one."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from flows.demo.recognising import Windowed
from flows.demo.screen import View
from flows.demo.session import Played, Session, play
from pipeline.detect.landmarkers import Landmarkers
from pipeline.detect.reading import Picture
from pipeline.params.data import Detection
from pipeline.predictor import Predictor
from pipeline.spelling import Rules, Speller, WordList
from tests.bundles import bundle
from tests.flows.demo.models import write_clip

DETECTION = Detection(points="hand", num_hands=1)


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    predictor = Predictor.open(write_clip(tmp_path / "model.onnx"))
    speller = Speller(Rules(smoothing_s=0, hold_s=0.2), WordList(("word",)))
    with Landmarkers(DETECTION, {"hand_landmarker": bundle("hand_landmarker")}) as landmarkers:
        yield Session(
            points="hand",
            landmarkers=landmarkers,
            recognizer=Windowed(predictor=predictor),
            speller=speller,
            view=View(),
        )


def pictures(rgb: np.ndarray, count: int, *, first: int = 0) -> list[Picture]:
    return [Picture(rgb=rgb, time_s=Fraction(n, 10)) for n in range(first, first + count)]


def test_a_hand_in_the_left_half_is_seen_there_and_keys_do_what_they_say(session: Session, hand: np.ndarray):
    assert play(pictures(hand, 3), session) == Played(num_pictures=3, text=(text := session.speller.end_word().text))
    assert text in ("A", "B")
    session.press("mirror")
    session.press("skeleton")
    assert session.view == View(mirror=True, skeleton=False)
    image, spelled = session.look(pictures(hand, 1, first=3)[0])
    assert spelled.text == text  # shown in a mirror, looked at as it is
    np.testing.assert_array_equal(image[100:150], hand[100:150, ::-1])
    session.press("reset")
    _, spelled = session.look(pictures(hand, 1, first=4)[0])
    assert (spelled.text, spelled.progress) == ("", 0.0)


def test_the_other_hand_in_the_other_half_is_another_class(session: Session, hand: np.ndarray):
    played = play(pictures(np.ascontiguousarray(hand[:, ::-1]), 3), session)
    assert played.text in ("C", "D")


def test_when_the_person_stops_it_what_was_spelled_is_kept(session: Session, hand: np.ndarray):
    def stopped() -> Iterator[Picture]:
        yield from pictures(hand, 3)
        raise KeyboardInterrupt

    heard = []
    played = play(stopped(), session, log=lambda time_s, spelled: heard.append((time_s, spelled.ended[0].text)))
    assert played == Played(num_pictures=3, text=heard[0][1])
    assert heard[0][0] == pytest.approx(0.2)
