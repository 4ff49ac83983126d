"""Who asked, without saying who: a keyed hash, the same for a client each time; only the secret leads back."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from pipeline.errors import InputError

NUM_BYTES = 32


def client_key(secret: bytes, client: str) -> str:
    """Returns the log's name for a client, 32 hex digits; "" stays "", nobody."""
    return hmac.new(secret, client.encode(), hashlib.sha256).hexdigest()[:32] if client else ""


def secret_at(file: Path) -> bytes:
    """Reads the secret, and makes one where there is none; whoever comes at the same time reads the same.

    Lost, it leaves the log readable, and no client's rows can be found by the client's name again.
    """
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        beside = file.with_name(f".{file.name}.{os.getpid()}.part")
        beside.unlink(missing_ok=True)
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as made:
            made.write(secrets.token_hex(NUM_BYTES) + "\n")
            made.flush()
            os.fsync(made.fileno())
        try:
            os.link(beside, file)  # unlike a rename it never replaces the one that another process made
        except FileExistsError:
            pass
        finally:
            beside.unlink()
    try:
        found = bytes.fromhex(file.read_text(encoding="ascii").strip())
    except ValueError:
        found = b""
    if len(found) < NUM_BYTES:
        raise InputError(
            f"'{file}': expected {2 * NUM_BYTES} hex digits. Bring back a copy; or remove it, and clients get new keys."
        )
    return found
