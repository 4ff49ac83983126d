"""Clients' keys."""

import subprocess
import sys
from pathlib import Path

import pytest

from monitoring.log.clients import client_key, secret_at
from pipeline.errors import InputError


def test_a_key_is_the_hmac_of_rfc_4231_and_nobody_has_none() -> None:
    assert client_key(b"Jefe", "what do ya want for nothing?") == "5bdcc146bf60754e6a042426089575c7"
    assert client_key(b"Jefe", "") == ""


def test_the_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    """Eight who come at once read the same one."""
    file = tmp_path / "state" / "client.secret"
    code = "import sys; from pathlib import Path; from monitoring.log.clients import secret_at; "
    code += "print(secret_at(Path(sys.argv[1])).hex())"
    root = Path(__file__).parents[3]
    asked = [
        subprocess.Popen([sys.executable, "-c", code, str(file)], cwd=root, stdout=subprocess.PIPE, text=True)
        for _ in range(8)
    ]
    assert {process.communicate(timeout=60)[0].strip() for process in asked} == {secret_at(file).hex()}
    assert len(secret_at(file)) == 32
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["client.secret"]


@pytest.mark.parametrize("content", ["", "not hex", "abcd"])
def test_a_damaged_secret_is_not_used(tmp_path: Path, content: str) -> None:
    (tmp_path / "client.secret").write_text(content)
    with pytest.raises(InputError, match="expected 64 hex digits"):
        secret_at(tmp_path / "client.secret")
