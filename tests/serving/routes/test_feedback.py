import pytest

from monitoring.log.database import Database
from monitoring.log.feedback import history
from pipeline.params import Log
from serving.guards.keys import parse
from tests.serving.factories import clip, serving, settings

KEYS = """
ann:predict+feedback:annannannannann1
bob:predict+feedback:bobbobbobbobbob1
ops:predict+feedback+operate:opsopsopsopsops1
"""


def key(name: str) -> dict[str, str]:
    return {"X-API-Key": name * 5 + "1"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("feedback")


@pytest.fixture(scope="module")
def client(shelf, folder):
    with serving(settings(shelf[0], folder, keys=parse(KEYS))) as client:
        yield client


@pytest.fixture(scope="module")
def known(client) -> str:
    return answered(client, "known")


def answered(client, id: str, label: int = 0, *, by: str = "ann") -> str:
    body = {"landmarks": clip(label).tolist(), "id": id}
    assert client.post("/v1/letters/predict", json=body, headers=key(by)).status_code == 200
    return id


def say(client, by: str = "ann", **word):
    return client.post("/v1/letters/feedback", json=word, headers=key(by))


def test_a_correction_is_kept_once_and_can_be_withdrawn(client, folder):
    id = answered(client, "one")
    first, again = say(client, id=id, label="B"), say(client, id=id, label="B")
    assert (first.status_code, first.json()["kind"], first.json()["label"]) == (200, "corrected", "B")
    assert again.json() == first.json()
    gone = client.delete(f"/v1/letters/feedback/{id}", headers=key("ann"))
    assert (gone.status_code, gone.json()["kind"]) == (200, "withdrawn")
    database = Database.open(f"sqlite:///{folder / 'predictions.db'}")
    assert [(word.kind, word.who) for word in history(database, id)] == [("corrected", "ann"), ("withdrawn", "ann")]
    database.close()


@pytest.mark.parametrize("word", [{}, {"label": "A"}])
def test_no_label_and_the_same_label_confirm(client, word):
    id = answered(client, f"confirmed{len(word)}")
    assert say(client, id=id, **word).json()["kind"] == "confirmed"


def test_of_anothers_answer_only_who_operates_may_speak(client):
    id = answered(client, "anns")
    assert say(client, "bob", id=id, label="B").status_code == 422
    assert say(client, "ops", id=id, label="B").status_code == 200


@pytest.mark.parametrize(
    ("word", "status", "words"),
    [
        ({"id": "nobody's"}, 422, "the id of an answer"),
        ({"id": "never"}, 422, "not among your predictions"),
        ({"label": "A"}, 422, "the id of an answer"),
        ({"id": "known", "label": "D"}, 422, "expected one of 3 class names"),
        ({"id": "known", "label": 3}, 422, "label: expected a text"),
        ({"id": "known", "lable": "A"}, 422, "unknown field 'lable'"),
        ({"id": "known", "note": "x" * 1001}, 422, "at most 1000 characters"),
    ],
)
def test_a_word_that_cannot_be_kept_says_what_to_send(client, known, word, status, words):
    response = say(client, **word)
    assert (response.status_code, words in response.json()["detail"]) == (status, True), response.text


def test_what_was_said_of_needs_no_review(client):
    left, spoken = answered(client, "left", 1), answered(client, "spoken", 1)
    say(client, id=spoken)
    told = client.get("/v1/letters/review?limit=500", headers=key("ops")).json()
    ids = [one["id"] for one in told["answers"]]
    assert left in ids
    assert spoken not in ids
    assert client.get("/v1/letters/review?limit=0", headers=key("ops")).status_code == 422
    assert client.get("/v1/letters/review", headers=key("ann")).status_code == 403


def test_where_nothing_is_logged_nothing_can_be_corrected(shelf, tmp_path):
    with serving(settings(shelf[0], tmp_path, log=Log(predictions=False))) as client:
        response = client.post("/v1/letters/feedback", json={"id": "x"})
    assert response.status_code == 501
    assert "log.predictions" in response.json()["detail"]
