"""Notes to a receiver of our own: what they say, that one who is away fails nothing, and that no address is shown."""

import logging
from pathlib import Path

import pytest

from flows import notify
from flows.layout import Layout
from flows.notify import Note
from monitoring.policy import Verdict
from pipeline.files import write_json
from tests.flows.receiving import SECRET, receiver
from tests.monitoring.reports import lost_hand, report

NOTE = Note(kind="drift", title="letters: detector", body="- right hand seen in 61 % of frames")
AWAY = f"json://ada:{SECRET}@127.0.0.1:9/{SECRET}"  # nobody listens there


def told(note: Note, root: Path, monkeypatch: pytest.MonkeyPatch, addresses: str) -> tuple[int, list[str]]:
    monkeypatch.setenv("SIGNLOOP_NOTIFY", addresses)
    said: list[str] = []
    return notify.send(note, root, say=said.append), said


def test_every_address_is_told_with_the_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with receiver() as one, receiver() as two:
        assert told(NOTE, tmp_path, monkeypatch, f"{one.address}, {two.address}\n") == (2, [])
    assert one.notes[0]["title"] == "letters: detector"
    assert one.notes[0]["message"].startswith("- right hand seen in 61 % of frames\n")
    assert f"{tmp_path.name} on " in one.notes[0]["message"]
    assert one.notes[0]["type"] == "warning"
    assert one.paths == two.paths == [f"/{SECRET}"]


def test_without_an_address_nothing_is_told_and_nothing_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(NOTE, tmp_path, monkeypatch, "") == (0, [])


def test_one_who_is_away_or_refuses_is_told_of_and_fails_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiver(status=500) as refusing, receiver() as there:
        addresses = f"{AWAY} {refusing.address} {there.address} nosuchservice://{SECRET}"
        took, said = told(NOTE, tmp_path, monkeypatch, addresses)
    assert (took, there.titles()) == (1, ["letters: detector"])
    assert said == [
        "'letters: detector' was not told: address 1 of 4 in SIGNLOOP_NOTIFY (JSON) did not take it",
        "'letters: detector' was not told: address 2 of 4 in SIGNLOOP_NOTIFY (JSON) did not take it",
        "'letters: detector' was not told: address 4 of 4 in SIGNLOOP_NOTIFY is none that Apprise knows: "
        "https://appriseit.com lists them",
    ]


def test_no_part_of_an_address_is_shown_also_with_debug(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG), receiver(status=500) as refusing:
        _, said = told(NOTE, tmp_path, monkeypatch, f"{AWAY} {refusing.address} nosuchservice://{SECRET}")
    shown = "\n".join([*said, caplog.text, *capfd.readouterr()])
    assert "was not told" in shown
    assert SECRET not in shown
    assert logging.getLogger("apprise").level < logging.CRITICAL


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        ({"version": 3, "status": "passed", "production": 3, "incumbent": 2}, "promotion"),
        ({"version": 1, "status": "passed", "production": 1, "incumbent": None}, "promotion"),
        ({"version": 3, "status": "refused", "production": 2, "incumbent": 2}, "refusal"),
        ({"version": 3, "status": "passed", "production": 2, "incumbent": 2}, "refusal"),
    ],
)
def test_a_decision_is_told(tmp_path: Path, made: dict[str, object], kind: str) -> None:
    at = Layout(tmp_path, "letters")
    at.decision.parent.mkdir(parents=True)
    write_json(at.decision, made | {"reasons": ["accuracy 0.7 ≥ 0.8: failed", "a person decides"]})
    note = notify.decided(tmp_path, "letters")
    assert note.kind == kind
    assert (
        note.title == f"letters: version {made['version']} {made['status']}, version {made['production']} in Production"
    )
    assert note.body == "- accuracy 0.7 ≥ 0.8: failed\n- a person decides"


def test_a_drift_is_told_with_its_reasons_and_when_it_is_over() -> None:
    warned = Verdict(action="warn", cause="detector", reasons=("right hand lost", "also the left one"))
    note = notify.drifted(report(*lost_hand()), warned)
    assert note.title == "letters: detector, warn (version 3, 500 predictions)"
    assert note.body == "- right hand lost\n- also the left one"
    over = notify.drifted(report(), Verdict(action="nothing", cause="none", reasons=("as usual",)))
    assert over.title.startswith("letters: nothing has drifted any longer")
