"""The dashboard in a real Chromium: what it shows, in both schemes and both widths, and axe-core's word on it."""

import copy
import tarfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitoring.log.database import Database
from serving.dashboard.document import document
from serving.dashboard.look import Dashboard
from tests.bundles import bundle
from tests.monitoring.log.factories import NOON, opened
from tests.serving.dashboard import scenes
from tests.serving.factories import serving, settings
from tests.serving.page.browsers import NARROW, SIDEWAYS, Watched, browser, new_page

WIDE = {"width": 1280, "height": 900}
HOSTILE = "<img src=x onerror=alert(1)>"
SERIOUS = ("serious", "critical")


@pytest.fixture(scope="module")
def chrome():
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def value(shelf, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A full track, and one that nothing was ever made of."""
    with opened(tmp_path_factory.mktemp("log")) as log:
        scenes.fill(log, until=NOON)

        def looks(database: Database, track: str):
            return scenes.looks(NOON) if track == "letters" else ()

        dashboard = Dashboard(shelf[0], ("letters", "signs"), log, looks=looks)
        told = dashboard.look(NOON + timedelta(hours=1))
    told["tracks"][0]["runs"]["runs"] = [run(minutes=3), run(minutes=1)]
    return told


def run(*, minutes: int) -> dict[str, Any]:
    stages = [{"stage": "train", "seconds": 60.0 * minutes, "outcome": "done"}]
    stages += [{"stage": "promote", "seconds": 2.5, "outcome": "done"}]
    began = (NOON - timedelta(hours=minutes)).isoformat()
    return {"began": began, "seconds": 60.0 * minutes + 2.5, "outcome": "done", "stages": stages}


@pytest.fixture
def shown(chrome: Any, value: dict[str, Any], tmp_path: Path):
    """Returns what opens a value as a file."""
    pages = []

    def show(told: dict[str, Any] = value, track: str = "") -> Watched:
        file = tmp_path / "dashboard.html"
        file.write_text(document(told), encoding="utf-8")
        watched = Watched(new_page(chrome, viewport=WIDE))
        watched.page.goto(f"{file.as_uri()}#{track}")
        watched.page.wait_for_selector("#page > *")
        pages.append(watched.page)
        return watched

    yield show
    for page in pages:
        page.close()


def test_a_file_shows_every_part_and_asks_nobody(shown, keep):
    watched = shown()
    page = watched.page
    text = page.inner_text("main")
    for said in (
        "Version 2 answers",
        "≥ 0.5",
        "promoted: version 1 → version 2",
        "Candidate against Production",
        "cause: the detector",
        "right hand seen in 61 % of frames",
        "3,000 answers",
        "nothing → version 1",
    ):
        assert said in text
    assert page.locator("h3").all_inner_texts()[1:4] == ["Gates", "Ledger", "Candidate against Production"]
    assert watched.wrong == []
    assert {address.partition(":")[0] for address in watched.asked} <= {"file", "data"}
    keep(page, "dashboard_wide_light")


@pytest.mark.parametrize("track", ["letters", "signs"])
def test_nothing_scrolls_sideways_in_either_scheme(shown, keep, track):
    page = shown(track=track).page
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, size in (("wide", WIDE), ("narrow", NARROW)):
            page.set_viewport_size(size)
            assert page.evaluate(SIDEWAYS) == 0
            keep(page, f"dashboard_{track}_{width}_{scheme}")


@pytest.mark.parametrize(
    ("track", "size", "scheme"),
    [
        ("letters", WIDE, "light"),
        pytest.param("letters", NARROW, "dark", marks=pytest.mark.slow),
        ("signs", WIDE, "dark"),
    ],
)
def test_axe_finds_nothing_serious(shown, keep, track, size, scheme):
    page = shown(track=track).page
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size(size)
    page.evaluate("document.querySelectorAll('details').forEach((details) => (details.open = true))")
    assert page.evaluate(SIDEWAYS) == 0
    found = violations(page)
    assert [one for one in found if one["impact"] in SERIOUS] == [], found
    keep(page, f"dashboard_{track}_{size['width']}_{scheme}_opened")


def violations(page: Any) -> list[dict[str, Any]]:
    """Runs axe-core past the page's own policy, which lets no script of others in."""
    with tarfile.open(bundle("axe_core")) as archive:
        file = archive.extractfile("package/axe.min.js")
        assert file is not None
        page.evaluate(file.read().decode())
    found = page.evaluate("async () => (await axe.run(document, { resultTypes: ['violations'] })).violations")
    return [
        {"id": one["id"], "impact": one["impact"], "nodes": [node["html"][:200] for node in one["nodes"][:3]]}
        for one in found
    ]


def test_no_text_of_a_value_becomes_an_element(shown, value):
    told = hostile(value)
    watched = shown(told, track="letters")
    page = watched.page
    assert page.evaluate("document.images.length") == 0
    assert HOSTILE in page.inner_text("main")
    assert watched.wrong == []


def hostile(part: Any) -> Any:
    """Returns a value whose every free text is an attack; words that choose something stay what they are."""
    plain = {
        "made",
        "when",
        "since",
        "until",
        "began",
        "at",
        "first",
        "last",
        "time",
        "by",
        "track",
        "actual",
        "method",
    }
    if isinstance(part, dict):
        return {name: text if name in plain else hostile(text) for name, text in part.items()}
    if isinstance(part, list):
        return [hostile(one) for one in part]
    return HOSTILE if isinstance(part, str) else part


def test_the_keyboard_reaches_every_track_and_every_detail(shown):
    page = shown().page
    reached = []
    for _ in range(60):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("(document.activeElement.tagName + ' ' + document.activeElement.textContent).slice(0, 40)")
        )
    assert reached[0].startswith("A Skip")
    for name in ("A letters", "A signs", "SUMMARY As a table", "DIV"):
        assert any(one.startswith(name) for one in reached), (name, reached)
    page.focus("nav a:nth-child(2)")
    page.keyboard.press("Enter")
    page.wait_for_selector("#track-name:text-is('signs')")
    assert "No version yet" in page.inner_text("main")
    assert page.get_attribute("nav a:nth-child(2)", "aria-current") == "page"


def test_every_light_says_itself_in_a_word(shown):
    page = shown().page
    words = page.locator(".light").all_text_contents()
    assert len(words) > 10
    assert all(word.strip() for word in words)


def test_a_look_that_could_judge_nothing_is_not_called_quiet(shown, value):
    told = copy.deepcopy(value)
    told["tracks"][0]["drift"]["looks"][-1] |= {"calibrated": False, "action": "nothing", "excess": 0.0}
    lights = shown(told, track="letters").page.locator(".light")
    assert "not judged" in " ".join(lights.all_text_contents())
    assert "quiet" not in lights.all_text_contents()[1]


def test_without_a_script_it_says_what_is_missing(chrome: Any, value, tmp_path: Path):
    file = tmp_path / "dashboard.html"
    file.write_text(document(value), encoding="utf-8")
    context = chrome.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file.as_uri())
    assert "switch JavaScript on" in page.inner_text("main")
    context.close()


def test_served_it_asks_for_a_key_and_follows(shelf, chrome: Any, tmp_path: Path, keep):
    from serving.guards.keys import parse

    key = "b" * 20
    with serving(settings(shelf[0], tmp_path, keys=parse(f"see:operate:{key}"))) as client:
        watched = Watched(new_page(chrome, viewport=WIDE))
        page = watched.page
        page.goto(f"{client.base_url}/dashboard")
        page.wait_for_selector("#key:not([hidden])")
        assert page.locator("#page > *").count() == 0
        keep(page, "dashboard_key")
        page.fill("#secret", "c" * 20)
        page.keyboard.press("Enter")
        page.wait_for_selector(
            "#refused:has-text('not known')"
        )  # a function would be evaluated, against the page's policy
        page.fill("#secret", key)
        page.click("text=Open")
        page.wait_for_selector("text=Version 2 answers")
        assert page.is_hidden("#key")
        assert page.inner_text("#status").startswith("Live, as of")
        page.close()
