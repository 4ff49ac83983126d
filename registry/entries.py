"""The ledger in MLflow: a registered model of its own beside the track's, one model version an entry.

MLflow gives a version its number and its time in the transaction that makes it, with all its tags: that number is the
sequence, and an entry is there whole or not at all. The store is the one that holds the aliases, so every host that
uses the registry sees one ledger, and a backup of it carries both.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any
from uuid import uuid4

from pipeline.errors import RegistryError
from registry.ledger import Entry, ledger_of
from registry.store import Store, open_store
from registry.versions import insist, pages

PREFIX = "signloop.ledger."
SETTLED = f"{PREFIX}settled"
NUMBERS, WORDS = (
    ("version", "before", "after", "previous"),
    ("what", "who", "verdict", "reason", "judgement", "fingerprint", "ticket"),
)
MAX_REASON = 2000  # of MLflow's 100,000 characters: a person reads it in a table
ATTEMPTS = 100


def read(store: Store, track: str, known: Sequence[Entry] = ()) -> list[Entry]:
    """Returns all entries, the first one first; a track that nothing happened to has none.

    known  entries read in the same command: those before the first that was not settled are not asked for again, since
           nothing changes them. A ledger of hundreds takes half a second to read, and a move looks at it six times.
    """
    final = list(takewhile(lambda entry: entry.settled, known))
    later = f" and version_number > {final[-1].number}" if final else ""
    found = pages(open_store(store).search_model_versions, f"name = '{ledger_of(track)}'{later}")
    return final + sorted((_entry(made) for made in found), key=lambda entry: entry.number)


def append(store: Store, track: str, entry: Entry) -> Entry:
    """Adds an entry and returns it with its ticket; one that moves an alias is not settled yet.

    MLflow tries three times when others take the same number; we go on, since each collision is another's success.
    Raises: RegistryError when the store refuses it.
    """
    from mlflow.exceptions import MlflowException

    client, name = open_store(store), ledger_of(track)
    entry = replace(entry, ticket=uuid4().hex, reason=entry.reason[:MAX_REASON])
    for attempt in range(ATTEMPTS):
        try:
            made = client.create_model_version(
                name,
                f"signloop:/ledger/{track}",  # nothing is stored there: the tags are the entry
                tags=_tags(entry),
                description=str(entry),
                await_creation_for=0,
            )
            return replace(entry, number=int(made.version))
        except MlflowException as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                _make(client, name, track)
            elif "Model Version creation error" not in str(error):
                raise RegistryError(f"the ledger of '{track}' takes no entry: {error.message}") from error
            else:
                time.sleep(random.uniform(0, 0.01 * (attempt + 1)))
    raise RegistryError(f"the ledger of '{track}' is too busy: {ATTEMPTS} attempts to add an entry. Try again.")


def settle(store: Store, track: str, entry: Entry) -> None:
    """Notes that the aliases say what the ledger says up to this entry."""
    client = open_store(store)
    insist(lambda: client.set_model_version_tag(ledger_of(track), str(entry.number), SETTLED, "yes"))


def _make(client: Any, name: str, track: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name, description=f"What happened to '{track}', in order. Written by Signloop.")
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _tags(entry: Entry) -> dict[str, str]:
    values = {name: getattr(entry, name) for name in (*NUMBERS, *WORDS)}
    tags = {f"{PREFIX}{name}": str(value) for name, value in values.items() if value not in (None, "")}
    return tags | ({SETTLED: "yes"} if entry.settled else {})


def _entry(made: Any) -> Entry:
    """Reads an entry; a version that another tool put into the ledger says nothing and moves nothing."""
    tags = made.tags
    numbers: dict[str, Any] = {name: int(tags[PREFIX + name]) if PREFIX + name in tags else None for name in NUMBERS}
    words: dict[str, Any] = {name: tags.get(PREFIX + name, "") for name in WORDS}
    words["what"] = words["what"] or "judged"
    return Entry(
        **numbers,
        **words,
        number=int(made.version),
        when=datetime.fromtimestamp(made.creation_timestamp / 1000, UTC),
        settled=words["what"] == "judged" or tags.get(SETTLED) == "yes",
    )
