"""How often one client may ask: a bucket of tokens each, of a bounded number of clients."""

from collections import OrderedDict

BURST_S = 2  # seconds' worth of requests that may come at once
MAX_CLIENTS = 10_000  # that are remembered; whoever has not asked for longest is forgotten, and has a full bucket again


class Rates:
    """Buckets that fill by `per_s` a second."""

    def __init__(self, per_s: float, *, max_clients: int = MAX_CLIENTS) -> None:
        self._per_s, self._most = per_s, max(1.0, BURST_S * per_s)
        self._max_clients = max_clients
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, when

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, client: str, now_s: float) -> float:
        """Takes a token; returns 0, or the seconds until there is one."""
        tokens, then_s = self._buckets.get(client, (self._most, now_s))
        tokens = min(self._most, tokens + self._per_s * (now_s - then_s))
        wait_s = 0.0 if tokens >= 1 else (1 - tokens) / self._per_s
        self._buckets[client] = (tokens if wait_s else tokens - 1, now_s)
        self._buckets.move_to_end(client)
        if len(self._buckets) > self._max_clients:
            self._buckets.popitem(last=False)
        return wait_s
