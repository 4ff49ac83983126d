"""Tracks of other forms than hands over real HTTP: what they take, what they say, what is logged, what is refused."""

import gzip
import io

import numpy as np
import pytest
from PIL import Image

from monitoring.log import feedback, reading
from monitoring.log.database import Database
from monitoring.log.exporting import export
from pipeline import samples as stores
from pipeline.params import Log
from registry.store import local_store
from serving.answering.served import load
from tests.serving.factories import serving, settings
from tests.serving.forms import CLASSES, drawing, put

PREDICT = "/v1/sketches/predict"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("forms")


@pytest.fixture(scope="module")
def client(folder):
    store = local_store(folder / ".signloop")
    put(store, folder)
    with serving(settings(store, folder, tracks=("sketches",))) as client:
        yield client


def labels(answer) -> list[str]:
    assert answer.status_code == 200, answer.text
    told = answer.json()
    return [one["label"] for one in told.get("answers", [told])]


def npy(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, values)
    return file.getvalue()


def picture(bitmap: np.ndarray, kind: str, *, times: int = 4) -> bytes:
    """Returns a photograph of a drawing, larger than it: ink is dark."""
    file = io.BytesIO()
    Image.fromarray(255 - bitmap).resize((28 * times, 28 * times), Image.Resampling.NEAREST).save(file, kind)
    return file.getvalue()


def test_a_drawing_is_answered_whatever_it_comes_as(client):
    one = drawing(1)
    assert labels(client.post(PREDICT, json={"bitmap": one.tolist()})) == ["sun"]
    assert labels(client.post(PREDICT, json={"clips": [drawing(k).tolist() for k in (2, 0)]})) == ["tree", "cat"]
    many = np.stack([drawing(k) for k in (0, 1, 2)])
    for values, said in ((one, ["sun"]), (many, list(CLASSES)), (many.reshape(3, 784), list(CLASSES))):
        answer = client.post(PREDICT, content=npy(values), headers={"content-type": "application/x-npy"})
        assert labels(answer) == said
    packed = io.BytesIO()
    np.savez_compressed(packed, bitmap=one)
    answer = client.post(PREDICT, content=packed.getvalue(), headers={"content-type": "application/x-npz"})
    assert labels(answer) == ["sun"]
    for kind in ("png", "jpeg"):
        answer = client.post(PREDICT, content=picture(one, kind), headers={"content-type": f"image/{kind}"})
        assert labels(answer) == ["sun"]


def test_a_picture_of_other_proportions_stands_in_the_middle_whole(client):
    wide = Image.new("RGBA", (280, 140), (0, 0, 0, 0))  # what is transparent is paper
    wide.paste((0, 0, 0, 255), (0, 0, 280, 10))  # in the middle of a square its first row is row 7: no class has it
    file = io.BytesIO()
    wide.save(file, "png")
    told = client.post(PREDICT, content=file.getvalue(), headers={"content-type": "image/png"}).json()
    assert (told["seen"], [one["probability"] for one in told["top"]]) == (1.0, pytest.approx([1 / 3] * 3))


def test_an_empty_sheet_is_answered_as_such(client):
    told = client.post(PREDICT, json={"bitmap": np.zeros((28, 28)).tolist()}).json()
    assert (told["label"], told["score"], told["top"], told["seen"]) == ("nothing drawn", None, [], 0.0)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"bitmap": [[0] * 27] * 28}, "bitmap: expected [1, 28, 28] of whole numbers 0 to 255, got lists of [28, 27]"),
        ({"bitmap": [[0] * 28] * 27 + [[0] * 27]}, "got lists of [28, 28]"),
        ({"bitmap": [[256.0] + [0] * 27] + [[0] * 28] * 27}, "expected grey values 0 (paper) to 255 (ink), got 256"),
        ({"bitmap": [[-1] + [0] * 27] + [[0] * 28] * 27}, "got -1"),
        ({"bitmap": [[None] + [0] * 27] + [[0] * 28] * 27}, "got one that is missing"),
        ({"bitmap": [["0"] + [0] * 27] + [[0] * 28] * 27}, "expected [1, 28, 28]"),
        ({"clips": [[[[0] * 28] * 28] * 2]}, "bitmap: expected [clips, 1, 28, 28], got [1, 2, 28, 28]."),
        ({"landmarks": [[0, 0, 0]] * 21}, "Known: bitmap, clips, top, id, version, store, draft."),
        ({"bitmap": [[0] * 28] * 28, "aspect": 1.0}, "unknown field 'aspect'"),
        ({}, 'Send {"bitmap": [1, 28, 28] of whole numbers 0 to 255}'),
        ({"bitmap": [[0] * 28] * 28, "store": True, "draft": True}, "store: expected false of a draft"),
    ],
)  # fmt: skip
def test_what_is_no_drawing_is_refused_in_the_words_of_drawings(client, body, words):
    answer = client.post(PREDICT, json=body)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


@pytest.mark.parametrize(
    ("kind", "content", "status", "words"),
    [
        ("application/x-npy", npy(np.zeros((28, 27))), 422, "bitmap: expected [clips, 1, 28, 28]"),
        ("application/x-npy", npy(np.full((28, 28), np.nan)), 422, "got one that is missing"),
        ("application/x-npy", npy(np.full((28, 28), np.inf, np.float32)), 422, "got inf"),
        ("image/png", b"\x89PNG\r\n\x1a\n no picture", 422, "no whole PNG or JPEG"),
        ("image/png", picture(drawing(0), "gif"), 422, "no whole PNG or JPEG"),
        ("image/png", picture(drawing(0), "png", times=160), 422, "more than 16,777,216 pixels"),
        ("video/mp4", b"", 415, "expected one of application/json, application/x-npy, application/x-npz, image/png"),
    ],
)
def test_files_that_are_no_drawing_are_refused(client, kind, content, status, words):
    answer = client.post(PREDICT, content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_the_open_inference_protocol_tells_and_takes_bitmaps_of_whole_numbers(client):
    told = client.get("/v2/models/sketches").json()
    assert told["inputs"] == [{"name": "bitmap", "datatype": "FP32", "shape": [-1, 1, 28, 28]}]
    assert told["parameters"]["form"] == "bitmap"
    bitmap = {"name": "bitmap", "shape": [1, 1, 28, 28], "datatype": "UINT8", "data": drawing(2).ravel().tolist()}
    answer = client.post("/v2/models/sketches/infer", json={"inputs": [bitmap], "outputs": [{"name": "label"}]})
    assert answer.json()["outputs"][0]["data"] == ["tree"]
    answer = client.post("/v2/models/sketches/infer", json={"inputs": [{**bitmap, "name": "landmarks"}]})
    assert (answer.status_code, "expected each of bitmap at most once" in answer.json()["detail"]) == (422, True)


def test_nothing_streams_what_has_no_points(client):
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect

    address = str(client.base_url).replace("http", "ws") + "/v1/sketches/stream"
    with pytest.raises(InvalidStatus) as refused:
        connect(address)
    assert refused.value.response.status_code == 422
    assert b"takes bitmap [1, 28, 28], no points frame by frame" in refused.value.response.body


def test_a_draft_is_in_no_log_and_a_drawing_that_was_corrected_can_be_learned_from(client, folder):
    draft = client.post(PREDICT, json={"bitmap": drawing(0).tolist(), "draft": True, "id": "draft"})
    assert labels(draft) == ["cat"]
    wrong = client.post("/v1/sketches/feedback", json={"id": "draft"})
    assert (wrong.status_code, "not among your predictions" in wrong.json()["detail"]) == (422, True)
    answer = client.post(PREDICT, json={"bitmap": drawing(0, 200).tolist(), "store": True, "id": "mine"})
    assert labels(answer) == ["cat"]
    body = gzip.compress(b'{"id": "mine", "label": "sun"}')
    said = client.post("/v1/sketches/feedback", content=body, headers={"content-encoding": "gzip"})
    assert said.json()["kind"] == "corrected"
    with Database.open(f"sqlite:///{folder / 'predictions.db'}") as database:
        rows = reading.read(database, "sketches").set_index("id")
        assert "draft" not in rows.index
        assert rows.loc["mine", "ink_share"] == pytest.approx(200 / 255 / 28)
        assert [one.label for one in feedback.given(database, "sketches")] == ["sun"]


def test_a_version_that_takes_bitmaps_is_checked_with_bitmaps(client, folder):
    store = local_store(folder / ".signloop")
    from registry.versions import named

    served = load(store, named(store, "sketches"))
    assert (served.takes.said, served.takes.shape) == ("[1, 28, 28]", (1, 28, 28))


@pytest.fixture(scope="module")
def forecasting(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forecast")
    store = local_store(folder / ".signloop")
    put(store, folder, "forecast")
    with serving(settings(store, folder, tracks=("forecast",), log=Log(predictions=False))) as client:
        yield client


def test_a_forecast_is_told_in_the_place_of_classes(forecasting):
    """Channels have means of 2 and 6; a step that is missing is left out."""
    told = forecasting.post("/v1/forecast/predict", json={"series": [[1, 5], None, [3, 7]], "id": "mine"}).json()
    assert told == {
        "id": "mine",
        "track": "forecast",
        "version": 1,
        "role": "production",
        "forecast": [[2.0, 6.0], [2.0, 6.0]],
        "seen": pytest.approx(2 / 3),
    }
    several = forecasting.post("/v1/forecast/predict", json={"clips": [[[1, 1]], [[2, 2], [4, 4]], [[None, None]]]})
    assert [one["forecast"] for one in several.json()["answers"]] == [[[1, 1]] * 2, [[3, 3]] * 2, None]


def test_the_open_inference_protocol_tells_what_a_forecast_is(forecasting):
    told = forecasting.get("/v2/models/forecast").json()
    assert told["inputs"] == [{"name": "series", "datatype": "FP32", "shape": [-1, -1, 2]}]
    assert told["outputs"] == [
        {"name": "forecast", "datatype": "FP32", "shape": [-1, -1, 2]},
        {"name": "seen", "datatype": "FP32", "shape": [-1]},
    ]
    assert told["parameters"]["objective"] == "forecast"
    tensor = {"name": "series", "shape": [1, 2, 2], "datatype": "FP32", "data": [0, 2, 2, 4]}
    [forecast, seen] = forecasting.post("/v2/models/forecast/infer", json={"inputs": [tensor]}).json()["outputs"]
    assert (forecast["shape"], forecast["data"], seen["data"]) == ([1, 2, 2], [1, 3, 1, 3], [1.0])
    asked = {"inputs": [tensor], "outputs": [{"name": "label"}]}
    refused = forecasting.post("/v2/models/forecast/infer", json=asked)
    assert (refused.status_code, "expected some of forecast, seen" in refused.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    ("series", "words"),
    [
        ([[1, 2, 3]], "series: expected [steps, 2] of numbers, and null for what is missing, got lists of [1, 3]."),
        ([1, 2], "got lists of [2]"),
        ([[1e39, 0]], "series: expected finite numbers, got an infinite one. Send null for what is missing."),
        ([], "series: expected [steps, 2]"),
    ],
)
def test_what_is_no_series_is_refused_in_the_words_of_series(forecasting, series, words):
    answer = forecasting.post("/v1/forecast/predict", json={"series": series})
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


def test_the_drawing_page_lists_no_forecast(forecasting):
    assert forecasting.get("/draw/setup").json()["tracks"] == {}
    assert forecasting.get("/page/setup").json()["tracks"] == {}


def test_corrected_drawings_are_exported_for_extract(client, folder):
    with Database.open(f"sqlite:///{folder / 'predictions.db'}") as database:
        written = export(database, "sketches", folder / "corrected.h5")
    found = stores.read(folder / "corrected.h5")
    assert (written.clips, found.form, found.class_names, found.values.dtype) == (1, "bitmap", ("sun",), np.uint8)
    assert np.array_equal(found.clip(0)[0], drawing(0, 200))
