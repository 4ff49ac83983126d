"""A child that is killed around its k-th write to the registry; forked from a parent that has opened it.

`python -m tests.registry.killed` reads jobs from stdin, one JSON list a line, [state folder, steps, k, "before" or
"after"], and answers each with the exit status of its child: −9 where it was killed, 0 where it had fewer writes.
"""

import json
import os
import signal
import sys
from functools import cache
from pathlib import Path
from typing import Any

from registry import moves
from registry.store import Store, local_store, open_store
from tests.registry import ledgers

WRITES = (
    "create_registered_model",
    "create_model_version",
    "set_model_version_tag",
    "set_registered_model_alias",
    "delete_registered_model_alias",
    "delete_model_version",
)


def die_around(k: int, side: str) -> None:
    """Wraps MLflow's client, and not our code, so that the k-th write is the last thing, or is never begun."""
    from mlflow import MlflowClient

    count = [0]

    def wrapped(method: str) -> Any:
        called = getattr(MlflowClient, method)

        def dying(self: Any, *arguments: Any, **named: Any) -> Any:
            count[0] += 1
            if count[0] == k and side == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            answer = called(self, *arguments, **named)
            if count[0] == k:
                os.kill(os.getpid(), signal.SIGKILL)
            return answer

        return dying

    for method in WRITES:
        setattr(MlflowClient, method, wrapped(method))


def perform(store: Store, steps: list[list[Any]]) -> None:
    """Takes steps as a person would: ["promote", 2], ["roll_back"], ["delete", 3]."""
    for step, *numbers in steps:
        match step:
            case "promote":
                ledgers.promote(store, *numbers, who=f"{step} {numbers[0]}")
            case "roll_back":
                ledgers.roll_back(store, who=step)
            case _:
                moves.delete(store, "letters", *numbers, who=f"{step} {numbers[0]}")


@cache
def known(state: str) -> Store:
    """Opens a registry once for all children: what MLflow imports and checks takes longer than what they do.

    Trap: a connection of SQLite's must not cross a fork, so all are closed again.
    """
    store = local_store(Path(state))
    moves.state_of(store, "letters")
    client = open_store(store)
    for engine in (client._tracking_client.store.engine, client._get_registry_client().store.engine):
        engine.dispose()
    return store


def main() -> None:
    for line in sys.stdin:
        state, steps, k, side = json.loads(line)
        store = known(state)
        child = os.fork()
        if child == 0:
            die_around(k, side)
            perform(store, steps)
            os._exit(0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
