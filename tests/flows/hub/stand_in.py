"""A Hugging Face Hub on this machine: as much of its HTTP interface as the real client asks for, in memory.

Repositories are made, files announced, large ones sent to a storage of another address, commits made on a parent, and
files resolved at a commit, large ones by a redirect. It keeps every request with its headers. A test may change bytes
behind its back, or have it answer with an error.
"""

import base64
import hashlib
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from ruamel.yaml import YAML, YAMLError

TOKEN = "hf_may_write"
READER = "hf_may_read"
LARGE = (".onnx", ".safetensors")
FIRST = {".gitattributes": b"*.onnx filter=lfs\n*.safetensors filter=lfs\n"}


@dataclass
class Repository:
    private: bool
    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)  # commit → path → bytes
    head: str = ""

    def commit(self, files: dict[str, bytes]) -> str:
        listed = [(path, hashlib.sha256(data).hexdigest()) for path, data in sorted(files.items())]
        self.head = hashlib.sha1(json.dumps([self.head, listed]).encode()).hexdigest()
        self.commits[self.head] = files
        return self.head

    def files(self, revision: str) -> dict[str, bytes] | None:
        return self.commits.get(self.head if revision == "main" else revision)


@dataclass(frozen=True)
class Request:
    where: str  # hub, storage
    method: str
    path: str
    authorization: str | None


@dataclass
class StandIn:
    """What the servers hold; `served` changes a file on its way out."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)  # sha256 → bytes
    requests: list[Request] = field(default_factory=list)
    served: Callable[[str, bytes], bytes] = lambda path, data: data
    failing: dict[str, int] = field(default_factory=dict)  # a regular expression of "METHOD path" → status
    before_commit: Callable[[], None] = lambda: None
    endpoint: str = ""
    storage: str = ""

    def publish(self, name: str, files: dict[str, bytes]) -> str:
        """Commits files as somebody else would."""
        repository = self.repositories.setdefault(name, Repository(private=False))
        return repository.commit((repository.files("main") or FIRST) | files)


class Handler(BaseHTTPRequestHandler):
    """What both servers have in common."""

    protocol_version = "HTTP/1.1"
    where: str
    hub: StandIn

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def handle_one(self) -> None:
        path = unquote(urlsplit(self.path).path)
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        self.hub.requests.append(Request(self.where, self.command, path, self.headers.get("Authorization")))
        for pattern, status in self.hub.failing.items():
            if re.fullmatch(pattern, f"{self.command} {path}"):
                return self.refuse(status, "as the test wants it")
        return self.answer(path, body)

    # by these names the server looks for what answers
    do_GET = do_HEAD = do_POST = do_PUT = handle_one  # noqa: N815

    def answer(self, path: str, body: bytes) -> None:
        raise NotImplementedError

    def send(self, data: bytes, status: int = 200, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def send_json(self, value: Any, status: int = 200, **headers: str) -> None:
        self.send(json.dumps(value).encode(), status, Content_Type="application/json", **headers)

    def refuse(self, status: int, message: str, code: str = "") -> None:
        self.send_json({"error": message}, status, X_Error_Message=message, **({"X_Error_Code": code} if code else {}))


class Storage(Handler):
    """Where large files lie: signed addresses, so that no token has any business here."""

    where = "storage"

    def answer(self, path: str, body: bytes) -> None:
        sha = path.removeprefix("/")
        if self.command == "PUT":
            if hashlib.sha256(body).hexdigest() != sha:
                return self.refuse(400, "the content is not what it was announced to be")
            self.hub.large[sha] = body
            return self.send(b"")
        return self.send(self.hub.served(f"sha256:{sha}", self.hub.large[sha]))


class Front(Handler):
    """The interface itself; its addresses are those that the client asks for."""

    where = "hub"

    def answer(self, path: str, body: bytes) -> None:
        routes: dict[str, Callable[..., None]] = {
            r"POST /api/repos/create": self.create,
            r"POST /api/validate-yaml": self.validate,
            r"GET /api/models/([^/]+/[^/]+)(?:/revision/([^/]+))?": self.info,
            r"GET /api/models/([^/]+/[^/]+)/tree/([^/]+)": self.tree,
            r"POST /api/models/([^/]+/[^/]+)/preupload/([^/]+)": self.preupload,
            r"POST /api/models/([^/]+/[^/]+)/commit/([^/]+)": self.commit,
            r"POST /([^/]+/[^/]+)\.git/info/lfs/objects/batch": self.batch,
            r"(?:GET|HEAD) /([^/]+/[^/]+)/resolve/([^/]+)/(.+)": self.resolve,
        }
        for pattern, method in routes.items():
            if found := re.fullmatch(pattern, f"{self.command} {path}"):
                if self.command == "POST":
                    if self.token() != TOKEN:
                        return self.refuse(401 if not self.token() else 403, "Invalid username or password.")
                    return method(body, *found.groups())
                return method(*found.groups())
        return self.refuse(404, f"no such address: {path}")

    def token(self) -> str:
        return (self.headers.get("Authorization") or "").removeprefix("Bearer ")

    def repository(self, name: str) -> Repository | None:
        """Returns what the one who asks may see; else says that there is none."""
        found = self.hub.repositories.get(name)
        if found is None or (found.private and self.token() not in (TOKEN, READER)):
            self.refuse(401 if not self.token() else 404, "Repository not found", "RepoNotFound")
            return None
        return found

    def files(self, name: str, revision: str) -> dict[str, bytes] | None:
        if (repository := self.repository(name)) is None:
            return None
        files = repository.files(revision)
        if files is None:
            self.refuse(404, f"Invalid rev id: {revision}", "RevisionNotFound")
        return files

    def create(self, body: bytes) -> None:
        asked = json.loads(body)
        name = f"{asked['organization']}/{asked['name']}"
        if name in self.hub.repositories:
            return self.send_json({"error": "You already created this model repo", "url": self.url(name)}, 409)
        made = self.hub.repositories[name] = Repository(private=asked.get("visibility") == "private")
        made.commit(dict(FIRST))
        return self.send_json({"url": self.url(name)})

    def url(self, name: str) -> str:
        return f"{self.hub.endpoint}/{name}"

    def validate(self, body: bytes) -> None:
        content = json.loads(body)["content"]
        head = re.match(r"---\n(.*?)\n---\n", content, re.DOTALL)
        try:
            read = YAML(typ="safe").load(head[1]) if head else None
        except YAMLError as error:
            return self.send_json({"errors": [{"message": str(error)}], "warnings": []}, 400)
        warnings = [] if isinstance(read, dict) else [{"message": "empty or missing yaml metadata in repo card"}]
        return self.send_json({"errors": [], "warnings": warnings})

    def info(self, name: str, revision: str | None) -> None:
        if (repository := self.repository(name)) is None:
            return None
        if self.files(name, revision or "main") is None:
            return None
        sha = repository.head if revision in (None, "main") else revision
        return self.send_json({"id": name, "sha": sha, "private": repository.private})

    def tree(self, name: str, revision: str) -> None:
        if (files := self.files(name, revision)) is None:
            return None
        return self.send_json([self.entry(path, data) for path, data in sorted(files.items())])

    def entry(self, path: str, data: bytes) -> dict[str, Any]:
        entry = {"type": "file", "path": path, "size": len(data), "oid": _blob(data)}
        if path.endswith(LARGE):
            entry["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
        return entry

    def preupload(self, body: bytes, name: str, revision: str) -> None:
        if (files := self.files(name, revision)) is None:
            return None
        told = []
        for asked in json.loads(body)["files"]:
            path, mode = asked["path"], "lfs" if asked["path"].endswith(LARGE) else "regular"
            oid = None
            if path in files:
                oid = hashlib.sha256(files[path]).hexdigest() if mode == "lfs" else _blob(files[path])
            told.append({"path": path, "uploadMode": mode, "shouldIgnore": False, "oid": oid})
        return self.send_json({"files": told})

    def batch(self, body: bytes, name: str) -> None:
        objects = []
        for asked in json.loads(body)["objects"]:
            there = asked["oid"] in self.hub.large
            actions = {} if there else {"actions": {"upload": {"href": f"{self.hub.storage}/{asked['oid']}"}}}
            objects.append({"oid": asked["oid"], "size": asked["size"], **actions})
        return self.send_json({"transfer": "basic", "objects": objects})

    def commit(self, body: bytes, name: str, revision: str) -> None:
        self.hub.before_commit()
        repository = self.repository(name)
        if repository is None:
            return None
        files = dict(repository.files(revision) or {})
        for line in body.splitlines():
            said = json.loads(line)
            value = said["value"]
            if said["key"] == "header":
                if value.get("parentCommit") not in (None, repository.head):
                    return self.refuse(412, "A commit has happened since. Please refresh and try again.")
            elif said["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif said["key"] == "lfsFile":
                files[value["path"]] = self.hub.large[value["oid"]]
            elif said["key"] == "deletedFile":
                del files[value["path"]]
        oid = repository.commit(files)
        return self.send_json({"commitUrl": f"{self.url(name)}/commit/{oid}", "commitOid": oid})

    def resolve(self, name: str, revision: str, path: str) -> None:
        if (files := self.files(name, revision)) is None:
            return None
        if path not in files:
            return self.refuse(404, f"Entry not found: {path}", "EntryNotFound")
        data, sha = files[path], hashlib.sha256(files[path]).hexdigest()
        if path.endswith(LARGE):
            self.hub.large[sha] = data
            return self.send(
                b"",
                302,
                Location=f"{self.hub.storage}/{sha}",
                X_Repo_Commit=revision,
                X_Linked_Etag=f'"{sha}"',
                X_Linked_Size=str(len(data)),
            )
        return self.send(self.hub.served(path, data), X_Repo_Commit=revision, ETag=f'"{_blob(data)}"')


def _blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@contextmanager
def stand_in() -> Iterator[StandIn]:
    """Serves an empty Hub and its storage, each at an address of its own."""
    hub = StandIn()
    with ExitStack() as ended:
        for kind in (Front, Storage):
            server = ThreadingHTTPServer(("127.0.0.1", 0), type(kind.__name__, (kind,), {"hub": hub}))
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
            thread.start()
            ended.callback(server.server_close)  # called last
            ended.callback(thread.join)
            ended.callback(server.shutdown)
            address = f"http://127.0.0.1:{server.server_address[1]}"
            if kind is Front:
                hub.endpoint = address
            else:
                hub.storage = address
        yield hub
