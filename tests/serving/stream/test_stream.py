"""Streams to a real server over real WebSockets."""

import json

import httpx
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from flows.bench_streams import pump
from pipeline.spelling import Rules, Speller
from pipeline.stream import Stream
from registry.store import local_store
from tests.serving.factories import QUICK, serving, settings
from tests.serving.stream.streams import (
    FPS,
    NOBODY,
    SPELL,
    binary,
    hand,
    logged,
    make_remembering,
    promote,
    shown,
    talk,
)

CLASSES = ("H", "E", "L", "O", "P")
RULES = Rules(**{**SPELL, "repeat_s": float("inf")})


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stream")
    store = local_store(folder / ".signloop")
    promote(make_remembering(folder / "track", CLASSES), store)
    return folder, store


@pytest.fixture(scope="module")
def client(place):
    folder, store = place
    serve = QUICK.model_copy(update={"stream_fps": 1e6, "stream_idle_s": 20})
    with serving(settings(store, folder, serve=serve)) as client:
        yield client


def counted(client, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"{name} "))


def test_operators_see_streams_and_their_frames(client):
    before = counted(client, "signloop_frames_total")
    with talk(client) as stream:
        stream.start()
        assert counted(client, "signloop_streams_open") == 1
        stream.answers(shown(CLASSES, "HE"))
        stream.say("end")
        told = stream.hear()
    assert counted(client, "signloop_frames_total") - before == told["frames"] > 0


def test_letters_become_a_word_and_the_word_is_corrected(client):
    with talk(client) as stream:
        told = stream.start(words=["hello", "help"])
        assert (told["version"], told["points"], told["classes"]) == (1, 21, list(CLASSES))
        answers = stream.answers(shown(CLASSES, "HELPL.O.."))
        assert [answer["committed"] for answer in answers if answer["committed"]] == list("HELPLO")
        ended = [word for answer in answers for word in answer["ended"]]
        assert ended == [{"text": "HELP", "spelled": "HELPL"}, {"text": "O", "spelled": "O"}]
        stream.say("reset")
        assert stream.hear()["type"] == "reset"
        answers = stream.answers(shown(CLASSES, "HELO..."))
        assert answers[-1]["text"] == "HELLO"
        stream.say("end")
        assert stream.hear()["text"] == "HELLO"
        with pytest.raises(ConnectionClosed) as closed:
            stream.hear()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1000


def test_it_answers_what_the_model_and_the_speller_say_by_themselves(client, place):
    """A stream is `pipeline.stream.Stream` and `Speller`, and nothing more: frame by frame."""
    frames = list(shown(CLASSES, "HE.LL", each=6))
    with talk(client) as stream:
        stream.start(top=5)
        answers = stream.answers(iter(frames))
    model = Stream.open(place[0] / "track/export/step.onnx", fps=FPS)
    speller = Speller(RULES)
    for number, (frame, answer) in enumerate(zip(frames, answers, strict=True), start=1):
        own = model.push(frame, top=len(CLASSES))
        spelled = speller.push(number / FPS, dict(own.top) if own.seen > 0 else {})
        if spelled.left is not None:
            model.reset()
        assert (answer["held"], answer["committed"], answer["letters"], answer["text"]) == (
            spelled.held,
            spelled.committed,
            spelled.letters,
            spelled.text,
        )
        told = [(entry["label"], entry["probability"]) for entry in answer["top"]]
        assert told == [(label, pytest.approx(value, abs=1e-5)) for label, value in spelled.ranked]


def test_a_committed_letter_is_in_the_log_before_it_is_told_and_no_frame_is(client, place):
    folder, _ = place
    before = {row.id for row in logged(folder)}
    with talk(client, additional_headers={"x-client-id": "somebody"}) as stream:
        told = stream.start(store=True)
        seen = {}
        for values in shown(CLASSES, "HE", each=10):
            stream.show(values)
            if (answer := stream.hear())["committed"]:
                seen[answer["id"]] = {row.id for row in logged(folder)} - before
            else:
                assert answer["id"] is None
        assert seen == {
            f"{told['id']}.1": {f"{told['id']}.1"},
            f"{told['id']}.2": {f"{told['id']}.{n}" for n in (1, 2)},
        }
    first, second = sorted((row for row in logged(folder) if row.id not in before), key=lambda row: row.id)
    assert (first.label, second.label, first.source, first.role) == ("H", "E", "stream", "production")
    assert first.client
    assert first.figures["fps"] == pytest.approx(FPS, rel=0.01)
    assert first.figures["num_frames"] > 1


def test_json_and_binary_frames_say_the_same(client):
    values = hand(2)
    values[5] = np.nan
    with talk(client) as one, talk(client) as other:
        one.start()
        other.start()
        other.say("frame", t=0.05, landmarks=[None if n == 5 else point.tolist() for n, point in enumerate(values)])
        one.show(values)
        assert one.hear() == other.hear()


def test_nobody_is_no_hand_and_the_first_message_need_not_be_a_start(client):
    with talk(client) as stream:
        stream.say("frame", t=0, landmarks=None)
        assert stream.hear()["type"] == "started"
        answer = stream.hear()
        assert (answer["label"], answer["seen"], answer["top"]) == ("no hand", False, [])


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ("{", "no JSON"),
        ("[1]", '"type" is one of'),
        ('{"type": "dance"}', '"type" is one of'),
        ('{"type": ["frame"]}', '"type" is one of'),
        (b"\0" * 17, "260 bytes"),
        (binary(float("nan"), NOBODY), "t: expected"),
        (binary(0.0, np.full((21, 3), np.inf, np.float32)), "shares of the picture"),
        ('{"type": "frame", "t": -1, "landmarks": null}', "t: expected"),
        ('{"type": "frame", "t": 0, "landmarks": [[1, 2, 3]]}', "21 points"),
        (json.dumps({"type": "frame", "t": 0, "landmarks": [[1, 2, {}]] * 21}), "21 points"),
        (json.dumps({"type": "frame", "t": 0, "landmarks": [[1e300, 0, 0]] * 21}), "shares of the picture"),
        ('{"type": "frame", "t": 0, "landmark": null}', "unknown field 'landmark'"),
        ('{"type": "start", "spell": {"hold": 1}}', "unknown rule 'hold'"),
        ('{"type": "start", "spell": {"confidence": 7}}', "confidence"),
        ('{"type": "start", "words": ["", 3]}', "words: expected"),
        ('{"type": "start", "top": true}', "top: expected"),
        ('{"type": "picture", "handedness": "both"}', "handedness"),
    ],
)
def test_what_is_no_message_is_told_so_and_the_stream_goes_on(client, message, words):
    with talk(client) as stream:
        stream.socket.send(message)
        told = stream.hear()
        assert told["type"] == "problem"
        assert words in told["detail"]
        stream.start()
        assert stream.answers(iter([hand(1)]))[0]["label"] == "E"


def test_time_that_goes_backwards_is_a_problem_of_that_frame_alone(client):
    with talk(client) as stream:
        stream.start()
        stream.socket.send(binary(2.0, hand(1)))
        stream.socket.send(binary(1.0, hand(1)))
        stream.socket.send(binary(2.0, hand(1)))
        assert [stream.hear()["type"] for _ in range(3)] == ["answer", "problem", "answer"]


def test_too_many_such_messages_close_the_stream(client):
    with talk(client) as stream:
        stream.start()
        for _ in range(10):
            stream.socket.send("{")
        heard = [stream.hear() for _ in range(10)]
        assert (heard[-1]["code"], "10th" in heard[-1]["detail"]) == (1008, True)
        with pytest.raises(ConnectionClosed) as closed:
            stream.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1008


def test_a_message_that_is_too_long_closes_the_stream(client):
    with talk(client) as stream:
        stream.start()
        stream.socket.send(" " * (2**18 + 1))
        assert stream.hear()["code"] == 1009


def test_pages_from_elsewhere_and_unknown_tracks_open_no_stream(client):
    for options, status in (({"origin": "https://elsewhere.example"}, 403), ({"origin": "null"}, 403)):
        with pytest.raises(InvalidStatus) as refused, talk(client, **options):
            pass
        assert refused.value.response.status_code == status
        assert json.loads(refused.value.response.body)["status"] == status
    own = str(client.base_url).rstrip("/")
    with talk(client, origin=own) as stream:
        stream.start()
    with pytest.raises(InvalidStatus) as refused, talk(client, "words"):
        pass
    assert refused.value.response.status_code == 404


def test_there_are_only_so_many_streams_and_one_that_ends_makes_room(place):
    folder, store = place
    with serving(settings(store, folder, serve=QUICK.model_copy(update={"max_streams": 1}))) as client:
        with talk(client) as stream:
            stream.start()
            with pytest.raises(InvalidStatus) as refused, talk(client):
                pass
            assert refused.value.response.status_code == 503
            stream.say("end")
            stream.hear()
        with talk(client) as stream:
            stream.start()


def test_a_stream_that_says_nothing_is_closed(place):
    folder, store = place
    with (
        serving(settings(store, folder, serve=QUICK.model_copy(update={"stream_idle_s": 0.05}))) as client,
        talk(client) as stream,
    ):
        assert "nothing was sent" in stream.hear()["detail"]


def test_more_frames_than_there_may_be_are_not_looked_at_and_it_says_so(place):
    folder, store = place
    with (
        serving(settings(store, folder, serve=QUICK.model_copy(update={"stream_fps": 20}))) as client,
        talk(client) as stream,
    ):
        stream.start()
        for _ in range(200):
            stream.show(hand(1))
        stream.say("end")
        heard = []
        while not heard or heard[-1]["type"] != "summary":
            heard.append(stream.hear())
        assert heard[-1]["frames"] + heard[-1]["dropped"] == 200
        assert heard[-1]["frames"] < 100
        assert [told["dropped"] for told in heard] == sorted(told["dropped"] for told in heard)


def test_many_streams_at_once_lose_no_frame(client: httpx.Client):
    frames = [binary(0.0, values)[8:] for values in shown(CLASSES, "HEL.LO..", each=24)]
    address = f"{str(client.base_url).replace('http', 'ws').rstrip('/')}/v1/letters/stream"
    pumped = pump(address, frames, count=200 * 16, streams=16, fps=FPS)
    assert (pumped.frames, pumped.answers, pumped.dropped) == (3200, 3200, 0)
    assert pumped.committed >= 16 * 5
