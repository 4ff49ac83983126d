"""Forty thousand frames, or a million: `STREAM_FRAMES=1000000 pytest -m slow -s -k many_frames`."""

import multiprocessing
import os
import sys
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from flows.bench_streams import pump
from registry.store import Store, local_store
from tests.serving.factories import QUICK, serving, settings
from tests.serving.stream.streams import FPS, binary, make_remembering, promote, shown

CLASSES = ("H", "E", "L", "O")
FRAMES = int(os.environ.get("STREAM_FRAMES", "40000"))
STREAMS = 32
GROWTH_MB = 8


def _serve(store: Store, folder: Path, pipe: Connection) -> None:
    serve = QUICK.model_copy(update={"stream_fps": 1e6, "follow_s": 2.0})
    with serving(settings(store, folder, serve=serve)) as client:
        pipe.send(str(client.base_url))
        pipe.recv()


def resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads memory from /proc")
def test_many_frames_lose_no_connection_and_leave_memory_flat(tmp_path, capsys):
    store = local_store(tmp_path / ".signloop")
    promote(make_remembering(tmp_path / "track", CLASSES), store)
    here, there = multiprocessing.get_context("spawn").Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(store, tmp_path, there))
    server.start()
    try:
        assert here.poll(120), "the server did not start"
        address = f"{here.recv().replace('http', 'ws').rstrip('/')}/v1/letters/stream"
        frames = [binary(0.0, values)[8:] for values in shown(CLASSES, "HEL.LO..", each=24)]
        memory = []
        for _ in range(5):  # the first fifth warms it
            pumped = pump(address, frames, count=FRAMES // 5, streams=STREAMS, fps=FPS)
            memory.append(resident_mb(server.pid or 0))
            assert pumped.dropped == 0
            assert pumped.frames == pumped.answers == FRAMES // 5 // STREAMS * STREAMS
            with capsys.disabled():
                sys.stderr.write(
                    f"\n{pumped.frames} frames over {STREAMS} streams: {pumped.per_second:.0f} a second, "
                    f"{pumped.committed} committed, {memory[-1]:.0f} MiB"
                )
        assert memory[-1] - memory[0] < GROWTH_MB
        here.send("end")
        server.join(30)
    finally:
        server.terminate()
