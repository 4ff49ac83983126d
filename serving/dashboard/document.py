"""The page as one document that needs nothing else: styles and scripts inside it, and a policy that knows their hashes.

The scripts are modules beside this file, as the live page's are; here each becomes a function whose names are its own,
so that one element holds them all and one hash vouches for it. The value is data in the document, never a script; `<`
is escaped in it, so that no text of it ends its element.
"""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

FOLDER = Path(__file__).parent
MODULES = ("dom", "charts", "drift", "answering", "ledger", "comparison", "traffic", "heat", "runs", "dashboard")
IMPORT = re.compile(r'^import \{ (?P<names>[^}]+) \} from "\./(?P<module>\w+)\.js";$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const) (?P<name>\w+))", re.MULTILINE)


def document(value: dict[str, Any] | None = None) -> str:
    """Returns the page with its value; without one it asks the server that it came from."""
    parts = {
        "policy": policy(live=value is None),
        "style": _style(),
        "script": _script(),
        "value": "" if value is None else _data(value),
    }
    page = (FOLDER / "dashboard.html").read_text(encoding="utf-8")
    return re.sub(r"\{(policy|style|script|value)\}", lambda found: parts[found[1]], page)


@cache
def policy(*, live: bool) -> str:
    """Returns what the page may do: run and be styled by what is in it, and, served, ask its own server."""
    rules = {
        "default-src": "'none'",
        "script-src": _hash(_script()),
        "style-src": _hash(_style()),
        "img-src": "data:",
        "connect-src": "'self'" if live else "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {allowed}" for name, allowed in rules.items())


@cache
def _style() -> str:
    return (FOLDER / "dashboard.css").read_text(encoding="utf-8")


@cache
def _script() -> str:
    *modules, last = MODULES
    return "\n".join([*(_wrapped(name) for name in modules), _imported(last)])


def _wrapped(module: str) -> str:
    """Returns a module as a constant that has its exports."""
    text = _imported(module)
    names = ", ".join(found["name"] for found in EXPORT.finditer(text))
    return f"const {module}_js = (() => {{\n{EXPORT.sub('', text)}return {{ {names} }};\n}})();"


def _imported(module: str) -> str:
    text = (FOLDER / f"{module}.js").read_text(encoding="utf-8")
    return IMPORT.sub(lambda found: f"const {{ {found['names']} }} = {found['module']}_js;", text)


def _data(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode().replace("<", "\\u003c")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
