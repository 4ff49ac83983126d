"""A port for a server that takes seconds to start, and cannot say which one it was given."""

import random
import socket

BELOW_EPHEMERAL = (20_000, 32_000)  # Linux gives connections a port from 32768 on: one may take what was just free
CHOICE = random.SystemRandom()  # tests set the seed of the other


def free_port() -> int:
    """Returns a port of this machine that nobody listens on."""
    while True:
        port = CHOICE.randint(*BELOW_EPHEMERAL)
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) != 0:
                return port
