"""Who holds a port of this machine, in words, as far as the kernel tells us."""

from pathlib import Path

LISTENING = "0A"
PROC = Path("/proc")


def holder(port: int) -> str:
    """Returns the process that listens there, as `mlflow server … (pid 4711)`; "" where it cannot be known."""
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    if not sockets:
        return ""
    for process in (entry for entry in PROC.iterdir() if entry.name.isdecimal()):
        try:
            if any(str(opened.readlink()) in sockets for opened in (process / "fd").iterdir()):
                words = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                return f"`{words[:120]}` (pid {process.name})"
        except OSError:  # another user's, or gone meanwhile
            continue
    return "a process of another user"


def _listening(port: int) -> list[str]:
    found = []
    for table in ("tcp", "tcp6"):
        try:
            lines = (PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:  # not Linux
            continue
        for line in lines:
            fields = line.split()
            if fields[3] == LISTENING and int(fields[1].rpartition(":")[2], 16) == port:
                found.append(fields[9])
    return found
