"""Whether the server lives, whether it can answer, and which versions do."""

from typing import Any

import orjson
from fastapi import APIRouter, Request, Response

from serving.answering.host import Host
from serving.answering.lineup import Lineup
from serving.answering.served import Served
from serving.asking import host_of
from serving.openapi import content, described, ref

router = APIRouter(tags=["health"])


LIVE = described(answers={"application/json": content(ref("Live"), yes={"live": True})})
READY = described(answers={"application/json": content(ref("Ready"), yes={"ready": True})})
HEALTH = described(answers={"application/json": content(ref("Health"))})


@router.get("/v2/health/live", summary="The process answers", **LIVE)
async def live() -> Response:
    return json({"live": True})


@router.get("/v2/health/ready", summary="Every track has somebody who answers", **READY)
async def ready(request: Request) -> Response:
    ready = is_ready(host_of(request))
    return json({"ready": ready}, 200 if ready else 503)


@router.get("/v1/health", summary="Which versions answer, which were refused and why, what waits", **HEALTH)
async def health(request: Request) -> Response:
    host = host_of(request)
    return json(report(host), 200 if is_ready(host) else 503)


def json(said: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(said), status, media_type="application/json")


def is_ready(host: Host) -> bool:
    return all(lineup.production is not None for lineup in host.lineups.values())


def report(host: Host) -> dict[str, Any]:
    trouble = host.following.trouble
    registry = {"state": "ok"} if trouble is None else {"state": "away", "why": trouble[0], "since": trouble[1]}
    return {
        "ready": is_ready(host),
        "registry": registry,
        "waiting": host.runners.num_waiting,
        "tracks": {track: _track(lineup) for track, lineup in host.lineups.items()},
    }


def _track(lineup: Lineup) -> dict[str, Any]:
    return {
        "production": _version(lineup.production),
        "candidate": _version(lineup.candidate),
        "loaded": [served.version for served in lineup.standing],
        "draining": lineup.draining,
        "refused": [{"version": number, "why": why} for number, why in sorted(lineup.refused.items())],
    }


def _version(served: Served | None) -> dict[str, Any] | None:
    if served is None:
        return None
    contract = served.contract
    return {
        "version": served.version,
        "gates": served.status,
        "model": contract.model,
        "precision": contract.precision,
        "onnx_sha256": served.onnx_sha256,
    }
