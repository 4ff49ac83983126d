"""Starts small servers as `signloop up` starts the real ones: `python -m tests.flows.upping PORT…`.

Each forks a child that sleeps, as MLflow's and Prefect's do; a request to /end has it end with status 3.
"""

import sys

from flows import up
from flows.up import Service
from pipeline.errors import SignloopError

SERVER = """
import http.server, os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print("child", child.pid, flush=True)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/end":
            os._exit(3)
        self.send_response(200); self.end_headers()
    def log_message(self, *args): pass
print("listens", os.getpid(), flush=True)
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


def service(port: int) -> Service:
    command = [sys.executable, "-c", SERVER, str(port)]
    return Service(name=f"s{port}", port=port, option="--port", command=command, ready="/", shown={"page": "/page"})


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(ports: list[int]) -> int:
    try:
        up.run([service(port) for port in ports], say=say)
    except SignloopError as error:
        say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main([int(port) for port in sys.argv[1:]]))
