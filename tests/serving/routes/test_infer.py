import gzip
import json

import httpx
import numpy as np
import onnxruntime as ort
import pytest
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
from tritonclient.utils import InferenceServerException

from pipeline.contract import INPUTS
from tests.serving.factories import clip, serving, settings

INFER = "/v2/models/letters/infer"


@pytest.fixture(scope="module")
def client(shelf, tmp_path_factory):
    store, made = shelf
    with serving(settings(store, tmp_path_factory.mktemp("serving"))) as client:
        client.model = made[-1].folder / "export/model.onnx"
        yield client


@pytest.fixture
def triton(client):
    return InferenceServerClient(f"{client.base_url.host}:{client.base_url.port}")


def tensor(name: str, values: np.ndarray, *, binary: bool, datatype: str = "FP32") -> InferInput:
    return InferInput(name, list(values.shape), datatype).set_data_from_numpy(values, binary_data=binary)


def clips(count: int = 3, frames: int = 5) -> np.ndarray:
    made = np.random.default_rng(0).random((count, frames, 21, 3), np.float32)
    made[:, :, 0, 0] = np.arange(count)[:, None]
    return made


def directly(client: httpx.Client, landmarks: np.ndarray, aspect: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns what ONNX Runtime itself says to the same bytes."""
    session = ort.InferenceSession(client.model)
    unknown = np.full(len(landmarks), np.nan, np.float32)
    feeds = {"landmarks": landmarks, "aspect": aspect, "fps": unknown, "handedness": unknown}
    return tuple(session.run(["logits", "seen"], {node.name: feeds[node.name] for node in session.get_inputs()}))


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("compression", [None, "gzip", "deflate"])
def test_tritons_client_is_answered_as_onnx_runtime_answers(client, triton, binary, compression):
    landmarks, aspect = clips(), np.array([1.0, 1.5, 0.75], np.float32)
    landmarks[1, 2, 7] = np.nan  # a point that was not seen
    answer = triton.infer(
        "letters",
        [tensor("landmarks", landmarks, binary=binary), tensor("aspect", aspect, binary=binary)],
        outputs=None if binary else [InferRequestedOutput(name, binary_data=False) for name in ("logits", "seen")],
        request_compression_algorithm=compression,
        response_compression_algorithm=compression,
    )
    logits, seen = directly(client, landmarks, aspect)
    np.testing.assert_array_equal(answer.as_numpy("logits"), logits)
    np.testing.assert_array_equal(answer.as_numpy("seen"), seen)
    said = answer.get_response()
    assert (said["model_name"], said["model_version"]) == ("letters", "2")
    assert said["parameters"] == {"version": 2, "role": "production", "prediction": said["id"]}


def test_an_id_that_is_sent_with_every_request_comes_back_and_each_answer_has_its_own_in_the_log(client, triton):
    asked = [tensor("landmarks", clips(count), binary=True) for count in (1, 1, 2, 1)]
    said = [triton.infer("letters", [each], request_id="constant").get_response() for each in asked]
    assert [each["id"] for each in said] == ["constant"] * 4
    named = [each["parameters"]["prediction"] for each in said]
    assert named[0] == "constant"
    assert len(set(named)) == 4
    words = [client.post("/v1/letters/feedback", json={"id": id}) for id in (*named, f"{named[2]}.1")]
    assert [word.status_code for word in words] == [422, 200, 422, 200, 200]
    assert "was sent more than once" in words[0].json()["detail"]
    assert "not among your predictions" in words[2].json()["detail"]  # two clips: .0 and .1


@pytest.mark.parametrize("binary", [True, False])
def test_more_is_told_on_request(triton, binary):
    asked = [InferRequestedOutput("label", binary), InferRequestedOutput("probabilities", binary)]
    answer = triton.infer(
        "letters", [tensor("landmarks", clips(), binary=True)], outputs=asked, request_id=f"mine.{binary}"
    )
    assert answer.get_response()["id"] == f"mine.{binary}"
    probabilities, labels = answer.as_numpy("probabilities"), answer.as_numpy("label")
    assert answer.as_numpy("logits") is None
    np.testing.assert_allclose(probabilities.sum(1), 1, rtol=1e-6)
    names = [label.decode() if isinstance(label, bytes) else label for label in labels]
    assert names == ["ABC"[k] for k in probabilities.argmax(1)]


def test_the_likeliest_classes_are_told_as_triton_tells_them(triton):
    asked = [InferRequestedOutput("logits", class_count=2)]
    answer = triton.infer("letters", [tensor("landmarks", clip(1)[None], binary=True)], outputs=asked)
    assert answer.as_numpy("logits").tolist() == [[b"10.000000:1:B", b"0.000000:0:A"]]


def test_a_version_is_asked_for_by_its_number(triton):
    missed = clip(1, missed_by=1)[None]  # by the second version, and not by the first
    answers = [
        triton.infer(
            "letters",
            [tensor("landmarks", missed, binary=True)],
            model_version=version,
            outputs=[InferRequestedOutput("label")],
        )
        for version in ("1", "2")
    ]
    assert [answer.as_numpy("label")[0] for answer in answers] == [b"B", b"C"]
    assert [answer.get_response()["parameters"]["role"] for answer in answers] == ["pinned", "pinned"]


def test_the_server_tells_what_it_is_and_what_it_takes(triton):
    assert triton.is_server_live()
    assert triton.is_server_ready()
    assert triton.is_model_ready("letters")
    assert triton.is_model_ready("letters", "1")
    assert not triton.is_model_ready("letters", "99")
    assert not triton.is_model_ready("words")
    assert "binary_tensor_data" in triton.get_server_metadata()["extensions"]
    said = triton.get_model_metadata("letters")
    assert [entry["name"] for entry in said["inputs"]] == list(INPUTS)
    assert {entry["name"]: entry["shape"] for entry in said["outputs"]}["logits"] == [-1, 3]
    assert said["parameters"]["class_names"] == ["A", "B", "C"]
    entries = {entry["version"]: entry["state"] for entry in triton.get_model_repository_index()}
    assert entries["2"] == "READY"


def test_kserves_client_finds_its_members(client):
    """Its checks of health read JSON, where Triton's read the status alone."""
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    assert client.get("/v2/models/letters/ready").json() == {"name": "letters", "ready": True}


def test_an_answer_is_not_taken_for_a_page(client):
    response = client.get("/v2")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "server" not in response.headers


def test_tritons_client_hears_what_was_wrong(triton):
    with pytest.raises(InferenceServerException, match=r"expected \[clips, frames, 21, 3\], got \[1, 1, 20, 3\]"):
        triton.infer("letters", [tensor("landmarks", np.zeros((1, 1, 20, 3), np.float32), binary=True)])
    with pytest.raises(InferenceServerException, match=r"no track 'words'. Served here: letters"):
        triton.infer("words", [tensor("landmarks", clips(), binary=True)])


def body(data, *, shape=(1, 1, 21, 3), datatype="FP32", name="landmarks", **more) -> dict:
    return {"inputs": [{"name": name, "shape": list(shape), "datatype": datatype, "data": data}], **more}


def test_data_may_be_flat_or_nested_and_null_is_not_seen(client):
    landmarks = clip(2)[None]
    gaps = landmarks.tolist()
    gaps[0][0][5] = [None, None, None]
    for data in (landmarks.reshape(-1).tolist(), landmarks.tolist(), gaps):
        answer = client.post(INFER, json=body(data, outputs=[{"name": "label"}])).json()
        assert answer["outputs"] == [{"name": "label", "datatype": "BYTES", "shape": [1], "data": ["C"]}]


def test_pythons_nan_is_a_null(client):
    """Triton's client writes NaN into its JSON, which is none by the letter."""
    flat = ", ".join(["2", *["0"] * 60, "NaN", "NaN"])
    content = json.dumps(body("DATA", outputs=[{"name": "label"}])).replace('"DATA"', f"[{flat}]")
    assert client.post(INFER, content=content).json()["outputs"][0]["data"] == ["C"]


@pytest.mark.parametrize("datatype", ["FP64", "FP16", "INT8", "INT64", "UINT16"])
def test_other_numbers_are_taken_for_what_they_are(triton, datatype):
    dtype = {"FP64": "f8", "FP16": "f2", "INT8": "i1", "INT64": "i8", "UINT16": "u2"}[datatype]
    answer = triton.infer(
        "letters",
        [tensor("landmarks", clip(2)[None].astype(dtype), binary=True, datatype=datatype)],
        outputs=[InferRequestedOutput("label")],
    )
    assert answer.as_numpy("label").tolist() == [b"C"]


HEAD = b'{"inputs":[{"name":"landmarks","shape":[1,1,21,3],"datatype":"FP32","parameters":{"binary_data_size":252}}]}'
WHOLE = clip(1).tobytes()


@pytest.mark.parametrize(
    ("content", "length", "status", "words"),
    [
        (HEAD + WHOLE[:-4], len(HEAD), 422, "expected 252 bytes behind the JSON, got 248"),
        (HEAD + WHOLE + b"more", len(HEAD), 422, "4 bytes follow the last tensor"),
        (HEAD.replace(b"252", b"248") + WHOLE[:-4], len(HEAD), 422, "binary_data_size 252"),
        (HEAD.replace(b"252", b"1e9"), len(HEAD), 422, "binary_data_size 252"),
        (HEAD.replace(b"1,1,", b"2147483647,2147483647,"), None, 422, "binary_data_size 11"),
        (HEAD.replace(b"1,1,", b"-1,1,"), None, 422, "whole numbers above 0"),
        (HEAD.replace(b"FP32", b"BF16"), None, 422, "datatype FP32"),
        (HEAD + WHOLE, 10**6, 422, "Inference-Header-Content-Length"),
        (HEAD + WHOLE, "-1", 422, "Inference-Header-Content-Length"),
        (HEAD + WHOLE, 5, 400, "no JSON"),
        (b'{"inputs":[]}', None, 422, "inputs"),
        (b'{"inputs":{"landmarks":1}}', None, 422, "inputs"),
        (b'{"inputs":[{"name":"sound"}]}', None, 422, "expected each of landmarks, aspect"),
        (b"[]", None, 422, "JSON object"),
        (b"[" * 5000, None, 400, "no JSON"),
        (b'{"a": NaN, "b": ' + b"[" * 50_000, None, 400, "no JSON"),
        (b"\xff\xfe", None, 400, "no JSON"),
    ],
)
def test_what_is_no_request_says_what_to_send(client, content, length, status, words):
    headers = {} if length is None else {"Inference-Header-Content-Length": str(length)}
    response = client.post(INFER, content=content, headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (status, "application/problem+json")
    assert words in response.json()["error"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (body([0.0] * 62), "expected 63 numbers"),
        (body(["1.5"] * 63), "expected numbers"),
        (body([[0.0] * 3] * 21), "lists of the shape"),
        (body(["0"] + [None] * 62), "got str"),
        (body([1e39] + [0] * 62), "infinite"),
        (body({"a": 1}), "as a list"),
        (body([0.0], shape=[1], name="aspect"), "'landmarks'"),
        (body([0.0] * 63, outputs=[{"name": "sound"}]), "expected some of logits"),
        (body([0.0] * 63, outputs=[{"name": "seen", "parameters": {"classification": 3}}]), "of seen"),
        (body([0.0] * 63, outputs="logits"), "outputs"),
        (body([0.0] * 63, id=7), "id"),
        (body([0.0] * 63, parameters={"shared_memory_region": "a"}), "memory is not shared"),
    ],
)
def test_what_is_no_tensor_says_what_to_send(client, wrong, words):
    response = client.post(INFER, json=wrong)
    assert response.status_code == 422
    assert words in response.json()["error"]


def test_a_bomb_is_not_inflated(client):
    bomb = gzip.compress(b"[" + b" " * 2**26)
    assert len(bomb) < 2**17
    for encoding, status in (("gzip", 413), ("deflate", 400), ("br", 415)):
        assert client.post(INFER, content=bomb, headers={"content-encoding": encoding}).status_code == status
    assert client.post(INFER, content=bomb[:-50], headers={"content-encoding": "gzip"}).status_code == 413
    half = gzip.compress(b"{}" * 1000)[:-9]
    assert client.post(INFER, content=half, headers={"content-encoding": "gzip"}).status_code == 400
