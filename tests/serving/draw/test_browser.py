"""The drawing page in a real Chromium. Pictures of it: pytest tests/serving/draw --screenshots FOLDER."""

import numpy as np
import pytest

from monitoring.log import feedback, reading
from monitoring.log.database import Database
from monitoring.log.inputs import unpack
from monitoring.log.tables import kept_inputs
from registry.store import local_store
from serving.guards.keys import parse
from tests.serving.factories import serving, settings, store_with
from tests.serving.forms import put
from tests.serving.page.browsers import NARROW, SIDEWAYS, Watched, browser, chromium

KEY = "annannannannann1"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    chromium()
    return tmp_path_factory.mktemp("draw")


@pytest.fixture(scope="module")
def store(folder):
    store = local_store(folder / ".signloop")
    put(store, folder)
    return store


@pytest.fixture(scope="module")
def client(store, folder):
    with serving(settings(store, folder, tracks=("sketches",))) as client:
        yield client


@pytest.fixture(scope="module")
def chrome():
    with browser() as opened:
        yield opened


@pytest.fixture
def page(chrome, client):
    watched = Watched(chrome.new_page(viewport={"width": 1200, "height": 860}))
    watched.page.goto(f"{client.base_url}/draw")
    watched.page.wait_for_selector("#track option", state="attached")
    yield watched
    watched.page.close()


def line(page, *points: tuple[float, float]) -> None:
    """Draws a stroke with the mouse, through points in shares of the paper."""
    box = page.locator("#paper").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=8)
    page.mouse.up()


def answered(page, *points: tuple[float, float]):
    """Draws a stroke and returns what the server says to the question that follows its end."""
    with page.expect_response("**/predict") as answer:
        line(page, *points)
    page.wait_for_selector("#top .figure:not(:empty)")
    return answer.value.json()


def square(page) -> None:
    line(page, (0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8), (0.2, 0.2))


def test_what_is_drawn_is_answered_on_the_way_and_put_right(page, folder, keep):
    """A square's upper edge fills rows 1 and 2 of its bitmap: by this model it is nearly a tree."""
    shown = page.page
    assert shown.is_disabled("#confirm")
    answered(shown, (0.2, 0.2), (0.8, 0.2), (0.8, 0.8))
    assert shown.inner_text("#top li:first-child .name") in ("cat", "sun", "tree")
    square(shown)
    shown.wait_for_selector("#correction fieldset:not(:disabled)")
    keep(shown, "drawn")
    shown.select_option("#label", "cat")
    with shown.expect_response("**/v1/sketches/feedback") as answer:
        shown.click("text=Correct it")
    assert (answer.value.status, answer.value.json()["kind"], answer.value.json()["label"]) == (200, "corrected", "cat")
    shown.wait_for_selector("#thanks:has-text('Thank you')")
    keep(shown, "corrected")
    assert page.wrong == []
    assert all(address.startswith(str(shown.url).partition("/draw")[0]) for address in page.asked)
    with Database.open(f"sqlite:///{folder / 'predictions.db'}") as database:
        rows = reading.read(database, "sketches")
        assert len(rows) == 1  # what was asked on the way was a draft
        assert [one.label for one in feedback.given(database, "sketches")] == ["cat"]
        with database.reading() as connection:
            kept = unpack(connection.execute(kept_inputs.select()).one().clip)
    drawn = kept.clip(0)[0]
    rows, columns = np.nonzero(drawn > 64)
    assert drawn.dtype == np.uint8
    assert (drawn.shape, drawn.max()) == ((28, 28), 255)
    assert (rows.min(), columns.min()) == (27 - rows.max(), 27 - columns.max())  # in the middle
    assert rows.min() in (1, 2)  # it fills the bitmap but for the margin, wherever on the paper it was drawn


def test_a_drawing_is_the_same_wherever_and_however_large_it_is(page):
    bitmaps = page.page.evaluate("""async () => {
        const { bitmap } = await import("/draw/bitmap.js");
        const cross = (x, y, size) => [[[x, y], [x + size, y + size]], [[x + size, y], [x, y + size]]];
        const drawings = [cross(0.1, 0.1, 0.2), cross(0.3, 0.2, 0.6), [[[0.5, 0.5]]]];
        return drawings.map((strokes) => bitmap(strokes, 28, 28));
    }""")
    small, large, dot = (np.array(one) for one in bitmaps)
    assert np.abs(small - large).max() <= 4
    assert np.abs(small - small[:, ::-1]).max() <= 4
    rows, columns = np.nonzero(dot)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (13, 14, 13, 14)  # a dot, in the middle


def test_keys_undo_and_begin_anew_and_a_finished_drawing_is_asked_once_more(page, folder):
    shown = page.page
    answered(shown, (0.2, 0.2), (0.8, 0.8))
    answered(shown, (0.8, 0.2), (0.2, 0.8))
    with shown.expect_response("**/predict") as answer:
        shown.keyboard.press("z")
    assert answer.value.request.post_data_json["draft"] is True
    with shown.expect_response("**/predict") as answer:
        shown.keyboard.press("c")
    assert (answer.value.request.post_data_json.get("draft"), answer.value.status) == (None, 200)
    assert shown.is_visible("#invitation")
    assert shown.is_disabled("#undo")
    assert shown.is_disabled("#confirm")
    assert page.wrong == []


def test_it_is_wide_enough_at_360_pixels_in_both_schemes_and_a_finger_draws(chrome, client, keep):
    context = chrome.new_context(viewport=NARROW, has_touch=True)
    shown = context.new_page()
    for scheme in ("light", "dark"):
        shown.emulate_media(color_scheme=scheme)
        shown.goto(f"{client.base_url}/draw")
        shown.wait_for_selector("#track option", state="attached")
        assert shown.evaluate(SIDEWAYS) == 0
        with shown.expect_response("**/predict"):
            shown.tap("#paper")
        shown.wait_for_selector("#top .figure:not(:empty)")
        keep(shown, f"narrow_{scheme}")
    context.close()


def test_every_control_has_a_name(page):
    names = page.page.evaluate("""() => [...document.querySelectorAll('button, select, input, canvas')].map((control) =>
        control.ariaLabel || control.textContent.trim() || control.closest('label')?.textContent.trim())""")
    assert all(names)


def test_a_server_that_asks_for_keys_is_drawn_for_with_one(chrome, store, folder):
    keys = parse(f"ann:predict+feedback:{KEY}")
    with serving(settings(store, folder, tracks=("sketches",), keys=keys)) as client:
        shown = chrome.new_page()
        shown.goto(f"{client.base_url}/draw")
        shown.wait_for_selector("#access:not([hidden])")
        assert "asks for a key" in shown.inner_text("#notice")
        shown.fill("#access input", KEY)
        shown.click("#access button")
        shown.wait_for_selector("#access output:has-text('Taken.')")
        answered(shown, (0.2, 0.2), (0.8, 0.8))
        with shown.expect_response("**/feedback") as answer:
            shown.keyboard.press("y")
        assert (answer.value.status, answer.value.json()["kind"]) == (200, "confirmed")
        shown.close()


def test_the_live_page_leads_there_and_lists_only_what_a_camera_shows(chrome, tmp_path):
    store, _ = store_with(tmp_path)
    put(store, tmp_path)
    with serving(settings(store, tmp_path, tracks=("letters", "sketches"))) as client:
        watched = Watched(chrome.new_page())
        watched.page.goto(str(client.base_url))
        watched.page.wait_for_selector("#track option", state="attached")
        assert watched.page.eval_on_selector_all("#track option", "all => all.map((one) => one.value)") == ["letters"]
        watched.page.click("#draw")
        watched.page.wait_for_selector("#track option", state="attached")
        assert watched.page.eval_on_selector_all("#track option", "all => all.map((one) => one.value)") == ["sketches"]
        assert watched.wrong == []
        watched.page.close()
