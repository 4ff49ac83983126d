"""`signloop hub`: a version's published files on a Hugging Face Hub, and back; the only place that imports its client.

Traps of the client: without `token=False` it sends a token that was once saved on this machine; `private` is ignored
where the repository exists already; a download's error hides in the cause of another.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows import published
from flows.environment import Hub
from pipeline.errors import InputError, SignloopError, TransientError
from pipeline.files import replacing
from registry.reach import reach

if TYPE_CHECKING:
    from huggingface_hub import HfApi

INSTALL = 'python -m pip install "huggingface_hub>=1.0"'
COMMIT = re.compile(r"[0-9a-f]{40}")
REPO = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class Pulled:
    """What lies in a folder now, and the commit that it is pinned to."""

    contents: published.Contents
    revision: str


def push(hub: Hub, repo: str, folder: Path, contents: published.Contents, *, private: bool = False) -> str:
    """Puts a folder that `published.write` wrote into a model repository, made where needed; returns the commit.

    Files of ours that the version does not have are removed there; others are left alone.

    Raises: InputError when the Hub refuses, TransientError when it is away or another pushed meanwhile.
    """
    if not hub.token:
        raise InputError("HF_TOKEN is not set: pushing needs a token that may write. It is read from there alone.")
    api = _client(hub, repo)
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

    with _asking(hub, repo):
        api.create_repo(repo, private=private or None, exist_ok=True)
        there = api.model_info(repo)
        if private and not there.private:
            raise InputError(f"'{repo}' exists and is public. Make it private at {hub.endpoint}, or give another name.")
        listed = set(api.list_repo_files(repo, revision=there.sha))
        sent = {*contents.files, published.LIST}
        adds = [CommitOperationAdd(path_in_repo=name, path_or_fileobj=folder / name) for name in sorted(sent)]
        drops = [CommitOperationDelete(path_in_repo=name) for name in sorted(listed & published.NAMES - sent)]
        message = f"{contents.track}, version {contents.version}"
        done = api.create_commit(repo, [*adds, *drops], commit_message=message, parent_commit=there.sha)
    return done.oid


def pull(hub: Hub, repo: str, out: Path, *, revision: str | None = None) -> Pulled:
    """Fetches a published model into a new folder, whole and with every hash compared, or not at all.

    revision  a commit, whole; None: the newest, which the answer names

    Raises: InputError when a hash differs or the model is none of ours, TransientError when the Hub is away.
    """
    if revision is not None and not COMMIT.fullmatch(revision):
        raise InputError(
            f"--revision: expected the 40 digits of a commit, got '{revision}'. Branches and tags move: "
            "leave it out to get the newest one, whose commit is then named."
        )
    if out.exists():
        raise InputError(f"'{out}' is there already. Give a new folder: signloop hub pull {repo} -o DIR")
    api = _client(hub, repo)
    with replacing(out) as beside:
        with _asking(hub, repo, revision):
            commit = revision or str(api.model_info(repo).sha)
            contents = _read(_fetch(api, repo, commit, published.LIST, beside), repo, commit)
            for name in contents.files:
                _fetch(api, repo, commit, name, beside)
        shutil.rmtree(beside / ".cache")  # what the client notes of its downloads
        try:
            published.check(beside, contents)
        except InputError as error:
            raise InputError(f"'{repo}' at {commit[:12]} was refused, nothing is kept: {error}") from None
    return Pulled(contents, commit)


def _read(path: Path, repo: str, commit: str) -> published.Contents:
    try:
        return published.read(path)
    except InputError as error:
        raise InputError(f"'{repo}' at {commit[:12]} was refused, nothing is kept: {error}") from None


def _fetch(api: "HfApi", repo: str, commit: str, name: str, folder: Path) -> Path:
    return Path(api.hf_hub_download(repo, name, revision=commit, local_dir=folder, cache_dir=folder / ".cache"))


def _client(hub: Hub, repo: str) -> "HfApi":
    """Returns a client that uses our token or none.

    Raises: InputError where the client is not installed, TransientError where nothing answers.
    """
    if not REPO.fullmatch(repo):
        raise InputError(f"expected OWNER/NAME, as in ada/letters, got '{repo}'.")
    try:
        from huggingface_hub import HfApi
    except ModuleNotFoundError:
        raise InputError(f"`signloop hub` needs huggingface_hub, which is not installed: {INSTALL}") from None
    try:
        reach(hub.endpoint)
    except ConnectionError as why:
        raise TransientError(f"{hub.endpoint} cannot be reached ({why}). Try again, or correct HF_ENDPOINT.") from None
    return HfApi(endpoint=hub.endpoint, token=hub.token or False, library_name="signloop")


@contextmanager
def _asking(hub: Hub, repo: str, revision: str | None = None) -> Iterator[None]:
    """Turns what the client raises into a line for a person."""
    from huggingface_hub import errors

    transport = errors.HTTPError  # pyright: ignore[reportPrivateImportUsage] of httpx or httpx2, as the client has it
    try:
        yield
    except errors.LocalEntryNotFoundError as error:
        raise _told(hub, repo, revision, error.__cause__ or error) from error
    except (transport, OSError, errors.HFValidationError) as error:
        if isinstance(error, OSError) and error.errno is not None:  # of a disk: the client's own have no number
            raise InputError(f"'{repo}' cannot be written here: {error}") from error
        raise _told(hub, repo, revision, error) from error


def _told(hub: Hub, repo: str, revision: str | None, error: BaseException) -> SignloopError:
    from huggingface_hub import errors

    response = getattr(error, "response", None)
    status = response.status_code if response is not None else None
    said = (getattr(error, "server_message", None) or str(error)).strip().partition("\n")[0]
    if isinstance(error, errors.RevisionNotFoundError):
        return InputError(f"'{repo}' has no commit {revision}. Leave --revision out to get the newest.")
    if isinstance(error, errors.EntryNotFoundError):
        return InputError(f"'{repo}' lacks a file: {said}. Was it pushed by `signloop hub push`?")
    if status in (401, 403, 404):
        token = "HF_TOKEN does not allow it" if hub.token else "it is private and HF_TOKEN is not set"
        return InputError(f"{hub.endpoint} refuses '{repo}' ({status}): there is no such model, or {token}. {said}")
    if status in (409, 412):
        return TransientError(f"'{repo}' was changed meanwhile ({status}): {said}. Push again.")
    if status is None or status == 429 or status >= 500:
        return TransientError(f"{hub.endpoint} does not answer as it should ({status or 'no answer'}): {said}")
    return InputError(f"{hub.endpoint} refuses '{repo}' ({status}): {said}")
