"""MediaPipe's JavaScript as npm publishes it: an archive among the assets, of which the page needs three files.

Nothing is unpacked to a disk, and a name from a request is only ever looked up among those written here.
Trap: the library reports its use to Google. The page's Content-Security-Policy lets it reach nobody but this server,
and its worker takes `fetch` away from it before the first picture.
"""

import tarfile
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from pipeline.detect import bundles
from pipeline.detect.bundles import Bundle

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
    """Returns the first such archive in these folders; raises as `bundles.find` does."""
    return bundles.find(NAME, folders, {NAME: BUNDLE})


def read(path: Path, name: str) -> tuple[bytes, str]:
    """Returns one of FILES, and its media type; what was read once is kept.

    Raises: KeyError for a name that is none of them.
    """
    member, media_type = FILES[name]
    return _member(path, member), media_type


@lru_cache(maxsize=len(FILES))
def _member(path: Path, member: str) -> bytes:
    with tarfile.open(path, "r:gz") as archive:
        file = archive.extractfile(member)
        assert file is not None, "the pinned archive has it"
        return file.read()
