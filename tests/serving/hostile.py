"""Bodies that nobody means well with: valid ones, spoilt in ways that a seed chooses."""

import gzip
import io
import json
import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from tests.serving.factories import clip

NUMBERS = [
    "NaN",
    "Infinity",
    "-Infinity",
    "1e400",
    "-1e39",
    "1e-400",
    "9" * 400,
    "-0",
    "null",
    "true",
    '"1"',
    "[]",
    "{}",
]
SIZES = [
    -1,
    0,
    1,
    2,
    21,
    63,
    252,
    2**31 - 1,
    2**31,
    2**32,
    2**63,
    2**64,
    10**30,
    -(2**63),
    1.5,
    None,
    True,
    "21",
    [1],
    {},
]
DATATYPES = [
    "FP32",
    "FP64",
    "FP16",
    "INT8",
    "UINT64",
    "BOOL",
    "BYTES",
    "BF16",
    "fp32",
    "",
    None,
    7,
    ["FP32"],
    "O",
    "V0",
]
WORDS = ["", "\x00", "\ud7ff", "../../etc/passwd", "%00", "a" * 5000, "landmarks", "𝕏", "'; DROP TABLE predictions;--"]


@dataclass
class Attack:
    """A request, ready to be sent."""

    path: str
    content: bytes
    headers: dict[str, str] = field(default_factory=dict)


def attack(seed: int) -> Attack:
    chance = random.Random(seed)
    made = chance.choice([question, tensors, binary, npy, npz, recording])(chance)
    for _ in range(chance.randrange(3)):
        chance.choice([cut, flip, insert, repeat, squeeze, lie])(chance, made)
    return made


def question(chance: random.Random) -> Attack:
    """Makes a body for `predict`, with one thing in it that is something else."""
    landmarks: object = clip(chance.randrange(3), frames=chance.randrange(1, 4)).tolist()
    fields: dict[str, object] = {"landmarks": landmarks} if chance.random() < 0.7 else {"clips": landmarks}
    for name in chance.sample(
        ["aspect", "fps", "handedness", "top", "id", "version", "store", "sound"], chance.randrange(3)
    ):
        fields[name] = chance.choice([*SIZES, *WORDS, nest(chance), [[]], float("nan"), 1e300])
    return Attack("/v1/letters/predict", spoil(chance, json.dumps(fields)))


def tensors(chance: random.Random) -> Attack:
    """Makes a body of JSON tensors that say of themselves what is not so."""
    data = chance.choice([[0.0] * 63, clip(1)[None].tolist(), nest(chance), [0.0] * 62, [], None, "0", {"0": 1}])
    tensor = {
        "name": chance.choice(["landmarks", *WORDS]),
        "shape": shape(chance),
        "datatype": chance.choice(DATATYPES),
    }
    fields: dict[str, object] = {
        "inputs": chance.choice([[{**tensor, "data": data}] * chance.randrange(1, 40), tensor])
    }
    for name in chance.sample(["outputs", "parameters", "id", "inputs"], chance.randrange(3)):
        fields[name] = chance.choice([*WORDS, *SIZES, [{"name": "logits"}] * 50, [{}], {"binary_data_output": 1}])
    return Attack("/v2/models/letters/infer", spoil(chance, json.dumps(fields)))


def binary(chance: random.Random) -> Attack:
    """Makes a body of binary tensors whose sizes, shapes and datatypes do not go together."""
    values = chance.choice([clip(1).tobytes(), np.full(63, np.inf, "<f4").tobytes(), chance.randbytes(252), b""])
    parameters = {"binary_data_size": chance.choice([len(values), 252, *SIZES])}
    tensor = {
        "name": "landmarks",
        "shape": shape(chance),
        "datatype": chance.choice(DATATYPES),
        "parameters": parameters,
    }
    head = json.dumps({"inputs": [tensor] * chance.choice([1, 1, 2])}).encode()
    length = chance.choice([len(head), len(head), 0, -1, len(head) + 1, 10**9, 10**30, "x", "", "1e3", "٣"])
    return Attack(
        "/v2/models/letters/infer",
        head + values,
        {"Inference-Header-Content-Length": str(length).encode().decode("latin-1")},
    )


def npy(chance: random.Random) -> Attack:
    """Makes an .npy file, of another type or with another header."""
    file = io.BytesIO()
    dtype = chance.choice(["<f4", ">f8", "<i2", "?", "<c8", "S3", "U2", "<M8[s]", "<f2"])
    np.save(file, np.zeros(chance.choice([(21, 3), (2, 21, 3), (0, 21, 3), (63,), ()]), dtype))
    content = file.getvalue()
    if chance.random() < 0.5:
        said = chance.choice(
            [b"(" * 500, b"{'descr': '<f4', 'shape': (9999999999999,)", b"__import__('os')", b"{}", b"\n"]
        )
        content = content[:10] + said.ljust(len(content) - 10) + content[10 + len(said) :]
    query = chance.choice(
        ["", "?top=x", "?version=99", "?store=maybe", "?aspect=nan", "?fps=-1", "?id=%00", "?top=[[[["]
    )
    return Attack(f"/v1/letters/predict{query}", content, {"Content-Type": "application/x-npy"})


def npz(chance: random.Random) -> Attack:
    """Makes an archive: of other arrays, broken, or one that unpacks into more than it says."""
    file = io.BytesIO()
    arrays = {"landmarks": clip(1), "aspect": np.float32(chance.choice([1, 0, np.nan])), "other": np.zeros(2)}
    if chance.random() < 0.3:
        arrays["landmarks"] = np.zeros((chance.choice([1, 9_999]), 21, 3), np.float32)
    names = chance.sample(list(arrays), chance.randrange(1, 4))
    np.savez_compressed(file, allow_pickle=True, **{name: arrays[name] for name in names})
    content = file.getvalue()
    if chance.random() < 0.5:  # the size that the archive tells
        content = content.replace(len(clip(1).tobytes()).to_bytes(4, "little"), chance.randbytes(4))
    return Attack("/v1/letters/predict", content, {"Content-Type": "application/x-npz"})


def recording(chance: random.Random) -> Attack:
    """Makes what is said to be a .pose file, a picture or a video."""
    kind = chance.choice(["application/x-pose", "application/x-pose", "image/png", "video/mp4", "image/svg+xml"])
    version = np.array([0.2], "<f4").tobytes()
    numbers = np.array([chance.choice([0, 1, 75, 65535]) for _ in range(40)], "<u2").tobytes()
    content = chance.choice([version + numbers, version + chance.randbytes(200), b"", b"\x89PNG\r\n", b"<svg/>"])
    return Attack("/v1/letters/predict", content, {"Content-Type": kind})


def shape(chance: random.Random) -> object:
    if chance.random() < 0.4:
        return [1, 1, 21, 3]
    return chance.choice(
        [None, [], [chance.choice(SIZES) for _ in range(chance.randrange(12))], [2**31 - 1] * 4, "1,1"]
    )


def nest(chance: random.Random) -> object:
    deep: object = chance.choice([0.0, None, "x"])
    for _ in range(chance.choice([3, 70, 900])):
        deep = [deep]
    return deep


def spoil(chance: random.Random, text: str) -> bytes:
    """Puts something else in the place of a few numbers."""
    for _ in range(chance.randrange(4)):
        text = text.replace("0.0", chance.choice(NUMBERS), chance.randrange(1, 5))
    return text.encode("utf-8", "surrogatepass")


def cut(chance: random.Random, made: Attack) -> None:
    made.content = made.content[: chance.randrange(len(made.content) + 1)]


def flip(chance: random.Random, made: Attack) -> None:
    content = bytearray(made.content)
    for _ in range(min(len(content), chance.randrange(1, 9))):
        content[chance.randrange(len(content))] = chance.randrange(256)
    made.content = bytes(content)


def insert(chance: random.Random, made: Attack) -> None:
    at = chance.randrange(len(made.content) + 1)
    thing = chance.choice([b"[" * 3000, b'{"a":' * 3000, b"\xff\xfe", b"\x00", b"NaN", b'"', b"\\", b"\xed\xa0\x80"])
    made.content = made.content[:at] + thing + made.content[at:]


def repeat(chance: random.Random, made: Attack) -> None:
    made.content *= chance.choice([0, 2, 50])


def squeeze(chance: random.Random, made: Attack) -> None:
    """Compresses it: as it says, otherwise, twice, or a bomb in its place."""
    zeros = b"[" + b"0," * 2**20
    compress: Callable[[bytes], bytes] = chance.choice([gzip.compress, zlib.compress])
    made.content = compress(chance.choice([made.content, made.content, zeros, compress(zeros)]))
    made.headers["Content-Encoding"] = chance.choice(["gzip", "deflate", "gzip", "deflate", "br", "gzip, gzip", ""])


def lie(chance: random.Random, made: Attack) -> None:
    name = chance.choice(
        ["Content-Type", "X-Request-Id", "X-Client-Id", "Accept-Encoding", "Inference-Header-Content-Length"]
    )
    value = chance.choice(
        ["", "a" * 3000, "text/html", "application/json; charset=utf-16", "\x7f", "-5", "multipart/form-data"]
    )
    made.headers[name] = value
