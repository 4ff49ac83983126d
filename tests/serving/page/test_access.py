"""The live page of a server that asks for keys, in a real Chromium."""

import pytest

from serving.guards.keys import parse
from tests.bundles import bundle, folders
from tests.serving.factories import serving, settings, store_with
from tests.serving.page.browsers import NARROW, SIDEWAYS, Watched, browser, chromium, new_page

KEY, MAY_NOT = "annannannannann1", "opsopsopsopsops1"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    chromium()
    folder = tmp_path_factory.mktemp("access")
    keys = parse(f"ann:predict+feedback:{KEY},ops:operate:{MAY_NOT}")
    with serving(settings(store_with(folder)[0], folder, keys=keys)) as client:
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


def fill(page, key: str) -> str:
    """Gives the page a key; returns what it says of it."""
    page.fill("#access input", key)
    with page.expect_response("**/v2") as answer:
        page.click("#access button")
    answer.value.finished()
    page.wait_for_selector("#access output:not(:empty)", state="attached")  # the policy forbids `wait_for_function`
    return page.evaluate("document.querySelector('#access output').value")


SPELL = """async () => {
    const { Stream } = await import("/page/stream.js");
    const { Correction } = await import("/page/correction.js");
    const correction = new Correction(document.getElementById("correction"));
    correction.begin("letters", ["A", "B", "C"]);
    return await new Promise((resolve) => {
        const stream = new Stream("letters", { aspect: 4 / 3, fps: 30, top: 3, every_ms: 0 }, {
            heard: (told) => {
                const hand = Object.assign(new Float32Array(63), { 0: 1 });
                if (told.type === "started") for (let n = 0; n < 16; n++) stream.frame(n / 10, hand, 1);
                if (told.committed) correction.add(told), resolve(told.committed);
            },
            ended: resolve,
        });
    });
}"""


def test_a_key_lets_the_page_ask_and_correct_and_is_in_no_address(page, keep):
    shown = page.page
    assert shown.is_visible("#access")
    sockets = []
    shown.on("websocket", lambda socket: sockets.append(socket.url))
    assert "cannot be reached" in shown.evaluate(SPELL)
    assert fill(shown, KEY).startswith("Taken.")
    assert shown.input_value("#access input") == ""
    assert shown.evaluate(SPELL) == "B"
    with shown.expect_response("**/v1/letters/feedback") as answer:
        shown.click("#confirm")
    assert answer.value.status == 200
    keep(shown, "access")
    shown.reload()
    shown.wait_for_selector("#track option", state="attached")
    assert shown.evaluate(SPELL) == "B"  # it is kept in this tab
    assert len(sockets) == 3
    assert not [address for address in (*page.asked, *sockets, shown.url) if KEY in address]
    assert shown.evaluate("Object.keys(localStorage).length") == 0
    assert shown.evaluate("document.cookie") == ""


@pytest.mark.parametrize(
    ("key", "words"),
    [("never-given-to-anybody", "this key is not known here"), (MAY_NOT, "this needs a key that may predict")],
)
def test_a_key_that_is_not_taken_is_said_and_not_kept(page, key, words):
    assert words in fill(page.page, key)
    assert page.page.evaluate("sessionStorage.length") == 0
    assert page.page.is_disabled("#camera")


def test_the_field_fits_into_360_pixels(page, keep):
    page.page.set_viewport_size(NARROW)
    assert page.page.evaluate(SIDEWAYS) == 0
    keep(page.page, "access_narrow")


def test_without_keys_no_field_is_shown(chrome, tmp_path):
    with serving(settings(store_with(tmp_path)[0], tmp_path)) as client:
        page = new_page(chrome)
        page.goto(str(client.base_url))
        page.wait_for_selector("#track option", state="attached")
        assert page.is_hidden("#access")
        page.close()


def test_mediapipes_scripts_are_loaded_without_a_key(chrome, tmp_path):
    """A browser sends none with a script; the page is where one is filled in."""
    for name in ("hand_landmarker", "tasks_vision"):
        bundle(name)
    made = settings(store_with(tmp_path)[0], tmp_path, keys=parse(f"ann:predict:{KEY}"), assets=tuple(folders()))
    with serving(made) as client:
        page = new_page(chrome)
        page.goto(str(client.base_url))
        seen = page.evaluate(
            """async () => {
                const { Landmarks } = await import("/page/landmarks.js");
                const setup = await (await fetch("/page/setup")).json();
                const landmarks = await Landmarks.open(setup, "letters");
                const row = await landmarks.look(await createImageBitmap(new ImageData(64, 64)), 0);
                return [row.values.length, row.values.filter(Number.isFinite).length];
            }"""
        )
        assert seen == [63, 0]
        assert "asks for a key" in page.inner_text("#notice")
        assert page.is_disabled("#camera")
        page.close()
