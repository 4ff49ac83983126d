"""MediaPipe's JavaScript as npm publishes it: an archive among the assets, of which the page needs three files.

Nothing is unpacked to a disk, and a name from a request is only ever looked up among those written here.
Trap: the library reports its use to Google. The page's Content-Security-Policy lets it reach nobody but this server,
and its worker takes `fetch` away from it before the first picture.
"""

import tarfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from pipeline.detect.bundles import Bundle
from pipeline.errors import InputError
from pipeline.files import sha256

NAME, VERSION = "tasks_vision", "1.1.0"
BUNDLE = Bundle(
    file=f"mediapipe-tasks-vision-{VERSION}.tgz",
    sha256="46fc3d3d13fa5de631915929d045be2f74bb32e909d7a5b3a322b28976f54165",
)
FILES = {  # by what the page calls them: where the archive has them, and what they are
    "vision_bundle.mjs": ("package/vision_bundle.mjs", "text/javascript"),
    "wasm/vision_wasm_module_internal.js": ("package/wasm/vision_wasm_module_internal.js", "text/javascript"),
    "wasm/vision_wasm_module_internal.wasm": ("package/wasm/vision_wasm_module_internal.wasm", "application/wasm"),
}


def find(folders: Sequence[Path]) -> Path:
    """Returns the first such archive in these folders.

    Raises: InputError when no folder has it, and when the file that would be taken is not the pinned one.
    """
    for path in (folder / BUNDLE.file for folder in folders):
        if path.is_file():
            _verify(path, path.stat().st_mtime_ns)
            return path
    raise InputError(
        f"MediaPipe's JavaScript ({BUNDLE.file}) is in none of the folders of assets. "
        f"Run `signloop assets fetch {NAME}`, or put it into the folder of SIGNLOOP_ASSETS."
    )


def read(path: Path, name: str) -> tuple[bytes, str]:
    """Returns one of FILES, and its media type; what was read once is kept.

    Raises: KeyError for a name that is none of them.
    """
    member, media_type = FILES[name]
    return _member(path, member), media_type


@lru_cache(maxsize=8)
def _verify(path: Path, changed_ns: int) -> None:
    if (got := sha256(path)) != BUNDLE.sha256:
        raise InputError(
            f"'{path.name}' is not the pinned archive: expected sha256 {BUNDLE.sha256}, got {got}. "
            f"Move it away and run `signloop assets fetch {NAME}`."
        )


@lru_cache(maxsize=len(FILES))
def _member(path: Path, member: str) -> bytes:
    with tarfile.open(path, "r:gz") as archive:
        file = archive.extractfile(member)
        assert file is not None, "the pinned archive has it"
        return file.read()
