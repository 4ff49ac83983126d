"""The live page in a real Chromium. Pictures of it: pytest tests/serving/page --screenshots FOLDER."""

import json

import numpy as np
import pytest

from pipeline.detect.found import Frame, Hand, Pose
from pipeline.detect.hands import Signer
from tests.serving.factories import serving, settings, store_with
from tests.serving.page.browsers import NARROW, SIDEWAYS, Watched, browser, chromium, new_page


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A server without MediaPipe's files."""
    chromium()
    folder = tmp_path_factory.mktemp("browser")
    with serving(settings(store_with(folder)[0], folder)) as client:
        yield client


@pytest.fixture(scope="module")
def chrome():
    with browser() as opened:
        yield opened


@pytest.fixture
def page(chrome, client):
    watched = Watched(new_page(chrome, viewport={"width": 1200, "height": 860}))
    watched.page.goto(str(client.base_url))
    watched.page.wait_for_selector("#track option", state="attached")
    yield watched
    watched.page.close()


def test_it_says_which_command_brings_what_is_missing(page, keep):
    told = page.page.inner_text("#notice")
    assert "signloop assets fetch tasks_vision" in told
    assert page.page.is_disabled("#camera")
    assert page.wrong == []
    keep(page.page, "missing")


def test_it_is_wide_enough_at_360_pixels_in_both_schemes(page, keep):
    page.page.set_viewport_size(NARROW)
    for scheme in ("light", "dark"):
        page.page.emulate_media(color_scheme=scheme)
        assert page.page.evaluate(SIDEWAYS) == 0
        keep(page.page, f"narrow_{scheme}")


def test_every_control_has_a_name_and_is_reached_by_the_keyboard(page):
    names = page.page.evaluate("""() => [...document.querySelectorAll('button, select, input')].map((control) =>
        control.ariaLabel || control.textContent.trim() || control.closest('label')?.textContent.trim())""")
    assert all(names)
    page.page.keyboard.press("m")
    assert page.page.get_attribute("#mirror", "aria-pressed") == "false"
    page.page.keyboard.press("s")
    assert page.page.get_attribute("#skeleton", "aria-pressed") == "false"


def test_its_stream_is_answered_and_what_was_committed_can_be_put_right(page, keep):
    """The page's own modules, with landmarks that a test makes instead of MediaPipe."""
    page.page.evaluate(
        """async () => {
            const { Stream } = await import("/page/stream.js");
            const { Writing } = await import("/page/text.js");
            const { Correction } = await import("/page/correction.js");
            const at = (id) => document.getElementById(id);
            const writing = new Writing({ top: at("top"), text: at("text"), spoken: at("spoken") });
            const correction = new Correction(at("correction"));
            correction.begin("letters", ["A", "B", "C"]);
            await new Promise((resolve, reject) => {
                const stream = new Stream("letters", { aspect: 4 / 3, fps: 30, top: 3, every_ms: 0 }, {
                    heard: (told) => {
                        if (told.type === "started") for (let n = 0; n < 16; n++) stream.frame(n / 10, hand(), 1);
                        if (told.type === "answer") writing.show(told);
                        if (told.committed) correction.add(told), resolve();
                    },
                    ended: reject,
                });
            });
            function hand() {
                const values = new Float32Array(63);
                values[0] = 1;
                return values;
            }
        }"""
    )
    shown = page.page
    assert shown.inner_text("#text") == "B"
    assert shown.inner_text("#top li:nth-child(4)").split() == ["B", "100", "%"]  # three rows are the page's own
    assert json.loads(page.sent[1]) == {"type": "picture", "aspect": 4 / 3, "fps": 30, "handedness": 1}
    shown.select_option("#label", "C")
    with shown.expect_response("**/v1/letters/feedback") as answer:
        shown.click("text=Correct it")
    body = answer.value.request.post_data_json
    assert (body["label"], body["id"].endswith(".1"), answer.value.status) == ("C", True, 200)
    confirmed = {"id": body["id"]}  # the page's own form hears the click too, and says each word once more
    with shown.expect_response(lambda said: said.request.post_data_json == confirmed) as answer:
        shown.click("#confirm")
    assert (answer.value.status, answer.value.json()["kind"]) == (200, "confirmed")
    shown.wait_for_selector("text=Thank you: B is right.")
    keep(shown, "corrected")


def found(rng: np.random.Generator, place: np.ndarray, right: float) -> Hand:
    points = (place + rng.normal(0, 0.08, (21, 3))).astype(np.float32)
    return Hand(points=points, world=points, right=right)


def wandering(seed: int, *, pose: bool) -> list[Frame]:
    """Returns pictures of up to three hands that wander, cross, vanish and change sides, and of a pose now and then."""
    rng = np.random.default_rng(seed)
    places, frames = rng.random((3, 3)), []
    for _ in range(40):
        places = places + rng.normal(0, 0.05, (3, 3))
        hands = tuple(found(rng, place, float(rng.random())) for place in places[rng.random(3) < 0.6])
        body = Pose(
            points=rng.random((33, 3)).astype(np.float32),
            world=np.zeros((33, 3), np.float32),
            visibility=rng.uniform(0.4, 1, 33).astype(np.float32),
        )
        frames.append(Frame(hands=hands, pose=body if pose and rng.random() < 0.8 else None))
    return frames


@pytest.mark.parametrize(("points", "seed"), [("hand", 0), ("hand", 1), ("holistic", 2), ("holistic", 3)])
def test_hands_are_told_apart_as_the_training_data_were(page, points, seed):
    """hands.js answers as pipeline.detect.hands does, picture after picture."""
    frames = wandering(seed, pose=points == "holistic")
    signer = Signer(points=points, aspect=4 / 3)
    rows = [signer.row(frame) for frame in frames]
    told = [
        {
            "hands": [{"points": hand.points.tolist(), "right": hand.right} for hand in frame.hands],
            "pose": frame.pose
            and {"points": frame.pose.points.tolist(), "visibility": frame.pose.visibility.astype(float).tolist()},
        }
        for frame in frames
    ]
    parts = {"hand": {"hand": list(range(21))}}.get(
        points,
        {"left_hand": list(range(21)), "right_hand": list(range(21, 42)), "pose": list(range(42, 75))},
    )
    skeleton = {"skeleton": points, "points": 21 if points == "hand" else 75, "parts": parts}
    answered = page.page.evaluate(
        """async ({ frames, skeleton }) => {
            const { Signer } = await import("/page/hands.js");
            const signer = new Signer(skeleton, 4 / 3);
            const plain = (number) => (Number.isNaN(number) ? null : number);
            return frames.map((frame) => {
                const { values, right } = signer.row(frame);
                return { values: [...values].map(plain), right: plain(right) };
            });
        }""",
        {"frames": told, "skeleton": skeleton},
    )
    for row, own in zip(answered, rows, strict=True):
        np.testing.assert_array_equal(np.array(row["values"], np.float32).reshape(-1, 3), own.values)
        np.testing.assert_allclose(np.array(row["right"], np.float32), own.right)
