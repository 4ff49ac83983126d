"""Which pages a browser may ask from: those that came from here.

A page from anywhere may have its reader's browser ask this machine: under a name of its own that it points here (DNS
rebinding; the Host header tells), or across origins, which CORS keeps it from reading, not from asking (Origin tells).
"""

from collections.abc import Mapping, Sequence

from serving.problems import ProblemError

LOOPBACK = ("127.0.0.1", "::1", "localhost")


def hold(headers: Mapping[bytes, bytes], hosts: Sequence[str], *, strict: bool) -> None:
    """Checks by whose name the server was asked, and by whose page; not strict: where `hosts` are named at all.

    Raises: ProblemError 421 or 403.
    """
    host = headers.get(b"host", b"").decode("latin-1").lower()
    if strict or hosts:
        known = (*LOOPBACK, *hosts)
        if _name(host) not in known:
            raise ProblemError(
                421,
                f"asked as '{host[:80]}', which is not known here. Ask {', '.join(known)}; `serve.hosts` adds names.",
            )
    origin = headers.get(b"origin", b"").decode("latin-1").lower()
    if strict and origin and origin.partition("://")[2] != host:
        raise ProblemError(
            403, f"a page from '{origin[:80]}' may not ask without a key. Use the page that is served here."
        )


def _name(host: str) -> str:
    """Returns a Host header's name, without its port and the brackets of an IPv6 address."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
