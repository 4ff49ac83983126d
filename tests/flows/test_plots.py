"""The page that DVC fills: everything in it, nothing from the network; tests/flows/test_repro.py fills it."""

from html.parser import HTMLParser
from pathlib import Path

from flows.plots import write_page


def test_the_page_brings_its_scripts_along(tmp_path: Path) -> None:
    page = write_page(tmp_path / "plots").read_text(encoding="utf-8")
    tags: list[tuple[str, dict[str, str | None]]] = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            tags.append((tag, dict(attrs)))

    Tags().feed(page)
    assert [tag for tag, _ in tags] == ["html", "head", "meta", "meta", "title", "script", "style", "body"]
    assert not any({"src", "href"} & set(attributes) for _, attributes in tags)
    assert "window.vegaEmbed" in page


def test_the_page_has_the_places_that_dvc_fills(tmp_path: Path) -> None:
    page = write_page(tmp_path).read_text(encoding="utf-8")
    assert page.count("{plot_divs}") == page.count("{refresh_tag}") == 1


def test_a_page_of_the_users_own_stays(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("mine")
    assert write_page(tmp_path).read_text() == "mine"
