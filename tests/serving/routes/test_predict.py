import io

import httpx
import numpy as np
import pytest

from tests.serving.factories import clip, serving, settings, store_with


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serving")
    store, _ = store_with(folder)
    with serving(settings(store, folder)) as client:
        yield client


def said(response: httpx.Response) -> dict:
    assert response.status_code == 200, response.text
    return response.json()


def test_one_clip_is_answered_flat(client):
    told = said(client.post("/v1/letters/predict", json={"landmarks": clip(1, frames=3).tolist(), "top": 2}))
    assert (told["track"], told["version"], told["role"], told["label"]) == ("letters", 1, "production", "B")
    assert [entry["label"] for entry in told["top"]] == ["B", "A"]
    assert told["score"] == pytest.approx(told["top"][0]["probability"])


def test_clips_of_several_lengths_are_answered_in_their_order(client):
    clips = [clip(label, frames=frames).tolist() for label, frames in ((2, 1), (0, 4), (1, 1))]
    told = said(client.post("/v1/letters/predict", json={"clips": clips, "id": "mine"}))
    assert [answer["label"] for answer in told["answers"]] == ["C", "A", "B"]
    assert [answer["id"] for answer in told["answers"]] == ["mine.0", "mine.1", "mine.2"]


def test_an_array_is_read_as_the_same_clip(client):
    content = io.BytesIO()
    np.save(content, clip(2))
    headers = {"content-type": "application/x-npy"}
    assert said(client.post("/v1/letters/predict", content=content.getvalue(), headers=headers))["label"] == "C"


@pytest.mark.parametrize("gap", ["number", "point", "frame"])
def test_null_is_not_seen(client, gap):
    landmarks = clip(1, frames=2).tolist()
    if gap == "number":
        landmarks[1][5][2] = None
    elif gap == "point":
        landmarks[1][5] = None
    else:
        landmarks[1] = None
    told = said(client.post("/v1/letters/predict", json={"landmarks": landmarks}))
    assert told["label"] in "ABC"


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"landmarks": [[1, 2, 3]]}, 422, "expected [frames, 21, 3]"),
        ({"landmarks": "hand"}, 422, "of numbers"),
        ({"clips": []}, 422, "one clip or more"),
        ({}, 422, '"landmarks"'),
        ({"landmarks": clip(0).tolist(), "fsp": 3}, 422, "unknown field 'fsp'"),
        ({"landmarks": clip(0).tolist(), "aspect": 0}, 422, "aspect"),
        ({"landmarks": clip(0).tolist(), "handedness": "both"}, 422, "'right' or 'left'"),
        ({"landmarks": clip(0).tolist(), "id": "../etc"}, 422, "id: expected"),
        ({"landmarks": clip(0).tolist(), "version": 99}, 404, "no version 99"),
        ({"landmarks": clip(0, frames=3000).tolist()}, 413, "2048 frames"),
    ],
)
def test_what_cannot_be_answered_says_what_to_send(client, body, status, words):
    response = client.post("/v1/letters/predict", json=body)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert words in response.json()["detail"]


def test_an_unknown_track_names_those_that_are_there(client):
    response = client.post("/v1/words/predict", json={"landmarks": []})
    assert response.status_code == 404
    assert "letters" in response.json()["detail"]


def test_an_id_that_was_sent_before_is_answered_under_another(client):
    sent = {"x-request-id": "twice"}
    body = {"landmarks": clip(0).tolist()}
    answers = [client.post("/v1/letters/predict", json=body, headers=sent) for _ in range(3)]
    ids = [said(answer)["id"] for answer in answers]
    assert ids[0] == "twice"
    assert len(set(ids)) == 3
    assert {answer.headers["x-request-id"] for answer in answers} == {"twice"}
    for word, status in zip([{"id": id} for id in ids], (422, 200, 200), strict=True):
        assert client.post("/v1/letters/feedback", json=word).status_code == status
