"""The tensors of the Open Inference Protocol, from bodies and into them: JSON, and binary data behind the JSON.

In a binary body the header HEADER_LENGTH says how long the JSON is; the tensors follow it in their order,
little-endian, without gaps. JSON carries them as `data`, flat or in lists of lists; null stands for NaN.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from pipeline.errors import InputError
from serving.bodies.content import read_object
from serving.bodies.numbers import floats, nested
from serving.bodies.takes import Floats

HEADER_LENGTH = "Inference-Header-Content-Length"
BINARY = "application/octet-stream"
DTYPES = {"FP32": "<f4", "FP64": "<f8", "FP16": "<f2"} | {
    f"{sign}INT{bits}": f"<{sign.lower() or 'i'}{bits // 8}" for sign in ("", "U") for bits in (8, 16, 32, 64)
}
MAX_DIMENSIONS, MAX_TENSORS = 8, 16
REMEDY = 'Send {"inputs": [{"name", "shape", "datatype", "data"}, …]}.'


@dataclass(frozen=True)
class Wanted:
    """An output that is asked for; `classes` of them as VALUE:INDEX:LABEL in place of the numbers."""

    name: str
    binary: bool
    classes: int = 0


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a request to `infer` says; no outputs: those that are given unasked."""

    inputs: dict[str, Floats]
    outputs: tuple[Wanted, ...] = ()
    binary: bool = False
    id: str | None = None


def read(content: bytes, header_length: str | None, names: Sequence[str]) -> Request:
    """Reads a body; `names` are those of the model's inputs.

    Raises: InputError or ProblemError saying what is wrong with it.
    """
    length = _length(header_length, len(content))
    fields = read_object(content[:length] if length < len(content) else content, REMEDY)
    parameters = _parameters(fields, "parameters")
    binary = parameters.get("binary_data_output") is True
    id = fields.get("id")
    if not isinstance(id, str | None):
        raise InputError("id: expected a text.")
    return Request(
        inputs=_inputs(fields.get("inputs"), memoryview(content)[length:], names),
        outputs=tuple(_wanted(output, binary) for output in _listed(fields, "outputs", optional=True)),
        binary=binary,
        id=id or None,
    )


def _length(said: str | None, whole: int) -> int:
    if said is None:
        return whole
    if not (said.isascii() and said.isdecimal() and len(said) < 20 and int(said) <= whole):
        raise InputError(f"{HEADER_LENGTH}: expected the bytes of JSON, at most the body's {whole}, got '{said[:40]}'.")
    return int(said)


def _listed(fields: dict[str, Any], name: str, *, optional: bool = False) -> list[dict[str, Any]]:
    value = fields.get(name)
    if value is None and optional:
        return []
    if not isinstance(value, list) or not (optional or value) or any(not isinstance(each, dict) for each in value):
        raise InputError(f"{name}: expected a list of objects. {REMEDY}")
    if len(value) > MAX_TENSORS:
        raise InputError(f"{name}: expected at most {MAX_TENSORS}, got {len(value)}.")
    return value


def _parameters(fields: dict[str, Any], where: str) -> dict[str, Any]:
    value = fields.get("parameters")
    if not isinstance(value, dict | None):
        raise InputError(f"{where}: expected an object.")
    value = value or {}
    if "shared_memory_region" in value:
        raise InputError(f"{where}: memory is not shared with this server. Send the data itself.")
    return value


def _inputs(value: Any, binary: memoryview, names: Sequence[str]) -> dict[str, Floats]:
    inputs: dict[str, Floats] = {}
    for tensor in _listed({"inputs": value}, "inputs"):
        name = tensor.get("name")
        if not isinstance(name, str) or name not in names or name in inputs:
            raise InputError(f"inputs: expected each of {', '.join(names)} at most once, got {str(name)[:40]!r}.")
        size = _parameters(tensor, name).get("binary_data_size")
        if size is None:
            inputs[name] = _from_lists(tensor, name)
        else:
            inputs[name] = _from_bytes(tensor, name, binary, size)
            binary = binary[size:]
    if len(binary):
        raise InputError(f"{len(binary)} bytes follow the last tensor. Say each one's binary_data_size.")
    return inputs


def _from_lists(tensor: dict[str, Any], name: str) -> Floats:
    shape, _ = _described(tensor, name)
    data = tensor.get("data")
    if not isinstance(data, list):
        raise InputError(f"{name}: expected 'data' as a list, or 'binary_data_size'.")
    try:
        values = floats(nested(data, shape) if data and isinstance(data[0], list) else data)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    if len(values) != prod(shape):
        raise InputError(f"{name}: expected {prod(shape)} numbers for the shape {shape}, got {len(values)}.")
    return values.reshape(shape)


def _from_bytes(tensor: dict[str, Any], name: str, binary: memoryview, size: Any) -> Floats:
    shape, dtype = _described(tensor, name)
    expected = prod(shape) * dtype.itemsize
    if isinstance(size, bool) or not isinstance(size, int) or size != expected:
        raise InputError(f"{name}: expected binary_data_size {expected} for the shape {shape}, got {str(size)[:40]}.")
    if size > len(binary):
        raise InputError(f"{name}: expected {size} bytes behind the JSON, got {len(binary)}.")
    values = np.frombuffer(binary[:size], dtype).reshape(shape)
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as such
        # The JSON before it may be of any length, and models read floats at addresses that divide by four.
        return np.require(values, np.float32, ["C_CONTIGUOUS", "ALIGNED"])


def _described(tensor: dict[str, Any], name: str) -> tuple[list[int], np.dtype[Any]]:
    shape, datatype = tensor.get("shape"), tensor.get("datatype")
    if (
        not isinstance(shape, list)
        or not 1 <= len(shape) <= MAX_DIMENSIONS
        or any(type(size) is not int or not 0 < size < 2**31 for size in shape)
    ):
        raise InputError(f"{name}: expected 'shape' as a list of whole numbers above 0.")
    if not isinstance(datatype, str) or datatype not in DTYPES:
        raise InputError(f"{name}: expected the datatype FP32, got {str(datatype)[:40]!r}.")
    return shape, np.dtype(DTYPES[datatype])


def _wanted(output: dict[str, Any], binary: bool) -> Wanted:
    name = output.get("name")
    parameters = _parameters(output, "outputs")
    if not isinstance(name, str):
        raise InputError("outputs: expected objects with a 'name'.")
    classes = parameters.get("classification", 0)
    if isinstance(classes, bool) or not isinstance(classes, int) or not 0 <= classes <= 1000:
        raise InputError(f"outputs: expected 'classification' from 1 to 1000, got {str(classes)[:40]}.")
    return Wanted(name, parameters.get("binary_data", binary) is True, classes)


def write(head: Mapping[str, Any], outputs: Sequence[tuple[Wanted, NDArray[Any]]]) -> tuple[bytes, int | None]:
    """Returns a body, and the length of its JSON where tensors follow it; arrays of objects are of texts."""
    tensors, parts = [], []
    for wanted, values in outputs:
        texts = values.dtype == object
        datatype = "BYTES" if texts else "FP32"
        tensor: dict[str, Any] = {"name": wanted.name, "datatype": datatype, "shape": list(values.shape)}
        if wanted.binary:
            parts.append(_packed(values) if texts else values.astype("<f4", copy=False).tobytes())
            tensor["parameters"] = {"binary_data_size": len(parts[-1])}
        else:
            flat = values.reshape(-1)
            tensor["data"] = flat.tolist() if texts else flat
        tensors.append(tensor)
    said = orjson.dumps({**head, "outputs": tensors}, option=orjson.OPT_SERIALIZE_NUMPY)
    return (b"".join([said, *parts]), len(said)) if parts else (said, None)


def _packed(texts: NDArray[Any]) -> bytes:
    """Returns texts as the protocol's BYTES: each behind its length in four bytes."""
    encoded = [text.encode() for text in texts.flat]
    return b"".join(len(text).to_bytes(4, "little") + text for text in encoded)


def classified(values: NDArray[Any], names: Sequence[str], classes: int) -> NDArray[Any]:
    """Returns the greatest of each row as VALUE:INDEX:LABEL, `classes` of them."""
    best = np.argsort(-values, axis=1, kind="stable")[:, :classes]
    rows = [[f"{row[k]:f}:{k}:{names[k]}" for k in order] for row, order in zip(values, best, strict=True)]
    return np.array(rows, object)
