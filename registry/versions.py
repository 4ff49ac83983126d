"""Model versions: registered once by fingerprint, read back, pointed to by aliases.

A version is made in one transaction, with all its tags, after its bytes are stored whole: so a version that exists is
complete. A kill before that leaves a stored model that the next registration of the same fingerprint takes up.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline import calibration as calibrations
from pipeline.calibration import Calibration
from pipeline.errors import InputError, RegistryError
from registry.ledger import is_ledger
from registry.store import Store, addressed, experiment, open_store

CANDIDATE, PRODUCTION, PREVIOUS = "candidate", "production", "previous"
FINGERPRINT = "signloop.fingerprint"
DECISION = "signloop.decision"
CALIBRATION = "signloop.calibration"  # what CALIBRATION_FILE says
ONNX = "model.onnx"
EXTRAS = "signloop"  # the folder beside MLflow's own files
STEP = f"{EXTRAS}/step.onnx"  # of a recurrent model
CALIBRATION_FILE = f"{EXTRAS}/calibration.json"


@dataclass(frozen=True, kw_only=True)
class Version:
    """One registered version of a track's model."""

    track: str
    number: int
    tags: dict[str, str]
    aliases: tuple[str, ...]
    run_id: str | None
    source: str

    @property
    def fingerprint(self) -> str:
        return self.tags.get(FINGERPRINT, "")

    @property
    def calibration(self) -> Calibration | None:
        """What calibration.json says; None of a version that was registered without."""
        said = self.tags.get(CALIBRATION)
        return calibrations.from_json(json.loads(said), f"the tag {CALIBRATION}") if said else None

    @property
    def decision(self) -> dict[str, Any] | None:
        """What decision.json said when this version was last judged; None for one registered elsewhere."""
        return json.loads(self.tags[DECISION]) if DECISION in self.tags else None


def tracks(store: Store) -> list[str]:
    """Returns the names of all registered models, without the ledgers beside them."""
    models = pages(open_store(store).search_registered_models)
    return sorted(model.name for model in models if not is_ledger(model.name))


def versions(store: Store, track: str) -> list[Version]:
    """Returns a track's versions, newest first; an unregistered track has none."""
    client = open_store(store)
    holders = _aliases(client, track)
    if holders is None:
        return []
    found = [_version(v, holders) for v in pages(client.search_model_versions, f"name = '{track}'")]
    return sorted(found, key=lambda version: -version.number)


def find(store: Store, track: str, *, alias: str | None = None, number: int | None = None) -> Version | None:
    """Returns the version that an alias or a number names, if there is one."""
    found = versions(store, track)
    return next((v for v in found if v.number == number or (alias is not None and alias in v.aliases)), None)


def by_fingerprint(store: Store, track: str, fingerprint: str) -> Version | None:
    return next((v for v in versions(store, track) if v.fingerprint == fingerprint), None)


def named(store: Store, track: str, *, alias: str = PRODUCTION, number: int | None = None) -> Version:
    """Returns a version by number, else by alias.

    Raises: InputError that lists what exists.
    """
    found = find(store, track, number=number) if number is not None else find(store, track, alias=alias)
    if found is not None:
        return found
    known = versions(store, track)
    if not known:
        there = ", ".join(tracks(store)) or "none"
        raise InputError(f"no model '{track}' in {store.where}. Registered: {there}. Run `dvc repro` to make one.")
    wanted = f"version {number}" if number is not None else f"alias '{alias}'"
    have = "; ".join(f"{v.number}" + (f" ({', '.join(v.aliases)})" if v.aliases else "") for v in known[:10])
    raise InputError(f"'{track}' has no {wanted}. It has versions {have}. Run `dvc repro` to judge a new one.")


def register(
    store: Store,
    track: str,
    *,
    bundle: Path,
    fingerprint: str,
    tags: dict[str, str],
    description: str,
    run_id: str | None,
) -> Version:
    """Registers a bundle; the same fingerprint gives the same version, never a second."""
    from mlflow.exceptions import MlflowException

    if known := by_fingerprint(store, track, fingerprint):
        return known
    client = open_store(store)
    model_id = _store_bytes(store, track, bundle, fingerprint, run_id)
    try:
        client.create_registered_model(track)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    tags = {**tags, FINGERPRINT: fingerprint}
    with addressed(store):
        made = client.create_model_version(
            track,
            f"models:/{model_id}",
            run_id,
            tags=tags,
            description=description,
            await_creation_for=0,  # a version is ready as soon as it is made, but for Databricks
            model_id=model_id,  # a server refuses the source without it
        )
    return _version(made, {})


def replace_extras(store: Store, version: Version, folder: Path) -> None:
    """Overwrites files in a version's extras: its decision and card, or a new evaluation of the same bytes."""
    client = open_store(store)
    if not version.source.startswith("models:/m-"):
        raise RegistryError(
            f"version {version.number} of '{version.track}' was registered by another tool; its files are kept."
        )
    client.log_model_artifacts(version.source.removeprefix("models:/"), str(folder), EXTRAS)


def set_tags(store: Store, version: Version, tags: dict[str, str]) -> None:
    client = open_store(store)
    for name, value in tags.items():
        if version.tags.get(name) != value:
            client.set_model_version_tag(version.track, str(version.number), name, value)


def point(store: Store, track: str, alias: str, number: int | None) -> None:
    """Points an alias to a version, or to nothing, in one call."""
    client = open_store(store)
    if number is None:
        client.delete_registered_model_alias(track, alias)
    else:
        insist(lambda: client.set_registered_model_alias(track, alias, str(number)))


def insist(write: Callable[[], None]) -> None:
    """Sets a tag or an alias; a second time where the first collided.

    Trap: MLflow looks whether the row is there and then writes it; of two hosts that do so at once one is refused.
    """
    from mlflow.exceptions import MlflowException

    try:
        write()
    except MlflowException:
        write()


def delete(store: Store, track: str, number: int) -> None:
    """Deletes a version from MLflow, which drops its aliases without a word: nothing is asked here.

    MLflow keeps its row and its tags as deleted, and its bytes in the artifact store.
    """
    open_store(store).delete_model_version(track, str(number))


@contextmanager
def files(store: Store, version: Version, path: str = "") -> Iterator[Path]:
    """Yields a version's files, or one of them: in place where they are local, else a copy for the block's length.

    Raises: RegistryError when the artifact store no longer has them.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    open_store(store)
    uri = f"models:/{version.track}/{version.number}" + (f"/{path}" if path else "")
    with TemporaryDirectory() as beside:
        try:
            with addressed(store):
                found = Path(download_artifacts(artifact_uri=uri, dst_path=beside if store.served else None))
        except (MlflowException, OSError) as error:
            found, reason = Path(beside) / "missing", str(error)
        else:
            reason = "not there"
        if not found.exists():
            raise RegistryError(
                f"'{version.track}' version {version.number} has lost its files ({path or 'all'}: {reason}). "
                "Artifact paths are absolute: put the folder back where it was, or restore a backup."
            )
        yield found


def _store_bytes(store: Store, track: str, bundle: Path, fingerprint: str, run_id: str | None) -> str:
    """Uploads a bundle as a logged model and returns its id.

    One that a kill left, or a deleted version, is taken up and its files are written anew: the tags of the version to
    come vouch for this bundle's.
    """
    client, home = open_store(store), experiment(store, track)
    found = client.search_logged_models([home], filter_string=f"tags.`{FINGERPRINT}` = '{fingerprint}'")
    model = found[0] if found else client.create_logged_model(home, track, run_id, tags={FINGERPRINT: fingerprint})
    client.log_model_artifacts(model.model_id, str(bundle))
    if str(model.status) != "READY":
        client.finalize_logged_model(model.model_id, "READY")
    return model.model_id


def _aliases(client: Any, track: str) -> dict[int, tuple[str, ...]] | None:
    """Returns alias names by version: MLflow's version search leaves them out."""
    from mlflow.exceptions import MlflowException

    try:
        aliases = client.get_registered_model(track).aliases
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise
    holders: dict[int, tuple[str, ...]] = {}
    for alias, number in sorted(aliases.items()):
        holders[int(number)] = (*holders.get(int(number), ()), alias)
    return holders


def _version(made: Any, holders: dict[int, tuple[str, ...]]) -> Version:
    number = int(made.version)
    return Version(
        track=made.name,
        number=number,
        tags=dict(made.tags),
        aliases=holders.get(number, ()),
        run_id=made.run_id or None,
        source=made.source,
    )


def pages(search: Any, query: str | None = None) -> Iterator[Any]:
    """Yields all that a search of MLflow's finds, page by page."""
    token = None
    while True:
        page = search(filter_string=query, page_token=token)
        yield from page
        token = page.token
        if not token:
            return
