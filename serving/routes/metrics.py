"""`/metrics`, for Prometheus, which needs no OpenAPI document to read it."""

from fastapi import APIRouter, Request, Response

from serving.asking import host_of

router = APIRouter(tags=["health"])


@router.get("/metrics", include_in_schema=False)
def metrics(request: Request) -> Response:
    host = host_of(request)
    host.metrics.look(host)
    told, media_type = host.metrics.exposition(request.headers.get("accept", ""))
    return Response(told, headers={"Content-Type": media_type})
