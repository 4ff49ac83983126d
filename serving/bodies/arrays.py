"""NumPy's files out of a body: what their headers say of their sizes is not believed."""

import io
import zipfile
from math import prod

import numpy as np

from serving.bodies.takes import Floats, Takes

HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # the others unpack into memory of their own choice


def npy(content: bytes) -> Floats:
    """Reads an array of numbers.

    Raises: ValueError, and whatever NumPy's reader of headers does.
    """
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    if version not in HEADERS:
        raise ValueError(f"version {version} is not read")
    shape, fortran, dtype = HEADERS[version](file)
    if dtype.kind not in "fiu" or any(size < 0 for size in shape):
        raise ValueError("it holds no numbers")
    expected, got = prod(shape) * dtype.itemsize, len(content) - file.tell()
    if got != expected:
        raise ValueError(f"expected {expected} bytes for the shape {list(shape)}, got {got}")
    values = np.frombuffer(content, dtype, prod(shape), file.tell()).reshape(shape, order="F" if fortran else "C")
    with np.errstate(over="ignore"):  # what is too large becomes infinite, and is refused as such
        return np.require(values, np.float32, ["C_CONTIGUOUS", "ALIGNED"])


def npz(content: bytes, takes: Takes, limit: int) -> dict[str, Floats]:
    """Reads arrays by their names, `limit` bytes of them at most: an archive may say that it holds less than it does.

    Raises: ValueError, and whatever the reader of archives does.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found: dict[str, Floats] = {}
        for member in archive.infolist():
            name = member.filename.removesuffix(".npy")
            if name not in takes.form.inputs or name in found or member.compress_type not in PACKED:
                raise ValueError(
                    f"expected arrays {', '.join(takes.form.inputs)}, as np.savez writes them, got {name[:40]!r}"
                )
            with archive.open(member) as file:
                unpacked = file.read(limit + 1)
            if (limit := limit - len(unpacked)) < 0:
                raise ValueError("it unpacks into more than a body may have")
            found[name] = npy(unpacked)
    if takes.name not in found:
        raise ValueError(f"it has no array '{takes.name}'")
    return found
