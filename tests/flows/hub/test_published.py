"""What is published of a version, and what is not."""

from pathlib import Path

import pytest

from flows import published
from pipeline.errors import RegistryError
from registry import versions
from tests.flows.hub.published_version import REPO, Written, files


def test_the_page_begins_with_a_header_and_says_how_to_get_it(written: Written) -> None:
    card = (written.folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\nlibrary_name: onnx\ntags:\n- signloop\n- landmarks\n---\n\n# letters, version 1\n")
    assert f"signloop hub pull {REPO} --revision COMMIT" in card
    assert "## Decision\n\n**passed**" in card
    assert "predictions.parquet" not in files(written.folder)


def test_no_recording_is_named(written: Written, tmp_path: Path) -> None:
    """A file is often called after who signs in it."""
    version = versions.named(written.store, "letters")
    with versions.files(written.store, version, "signloop/card.md") as path:
        own = path.read_text(encoding="utf-8")
        path.write_text(
            own.replace("- source: tiny", "- files: {'ada_lovelace.csv': 12}\n- source: tiny"), encoding="utf-8"
        )
        published.write(written.store, version, REPO, tmp_path)
        path.write_text(own, encoding="utf-8")
    assert "- source: tiny" in own
    assert (tmp_path / "README.md").read_bytes() == (written.folder / "README.md").read_bytes()
    for text in own.split("\n\n"):
        assert text.strip() in (tmp_path / "README.md").read_text(encoding="utf-8")


def test_a_damaged_or_foreign_version_is_not_published(written: Written, tmp_path: Path) -> None:
    version = versions.named(written.store, "letters")
    with versions.files(written.store, version, "signloop/model.json") as path:
        whole = path.read_bytes()
        path.write_bytes(whole + b" ")
        with pytest.raises(RegistryError, match=r"is not published: version 1: signloop/model.json was changed"):
            published.write(written.store, version, REPO, tmp_path)
        path.write_bytes(whole)
    card = path.with_name("card.md")
    card.rename(tmp_path / "card.md")
    with pytest.raises(RegistryError, match=r"lacks signloop/card.md: it was registered by another tool"):
        published.write(written.store, version, REPO, tmp_path)
    (tmp_path / "card.md").rename(card)
