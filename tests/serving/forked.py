"""`signloop serve` again and again, to be killed; forked from a parent that has imported it, which takes seconds.

`python -m tests.serving.forked` reads what follows `signloop` from stdin, a JSON list a line, answers with the
process of a child that does it, and with the child's exit status when that has ended.
"""

import json
import os
import sys
from importlib import import_module

SLOW = (
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.tracking.sqlalchemy_store",
    "onnxruntime",
    "flows.serving",
    "serving.app",
    "serving.settings",
)


def main() -> None:
    from flows import command, environment

    environment.silence()
    for name in SLOW:
        import_module(name)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            sys.argv = ["signloop", *json.loads(line)]
            command.main()
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
