"""`/dashboard`, the page, which anybody may load, since it holds nothing; `/v1/dashboard`: its figures."""

import orjson
from fastapi import APIRouter, Request, Response

from serving.dashboard import document
from serving.routes.page import ANEW, SECURITY

router = APIRouter(include_in_schema=False)


@router.get("/dashboard")
def page() -> Response:
    policy = f"{document.policy(live=True)}; frame-ancestors 'none'"
    headers = {**SECURITY, **ANEW, "Content-Security-Policy": policy, "Permissions-Policy": "camera=(), microphone=()"}
    return Response(document.document(), headers=headers, media_type="text/html; charset=utf-8")


@router.get("/v1/dashboard")
def figures(request: Request) -> Response:
    """Answers with one look; it is read in a thread, while the server goes on answering."""
    found = request.app.state.dashboard.fresh()
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return Response(orjson.dumps(found), headers=headers, media_type="application/json")
