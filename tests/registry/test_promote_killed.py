"""The stage `promote` killed after any step: the same command again ends as if nothing had been."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from registry import versions
from registry.store import Store, experiment, local_store, open_store
from tests.registry.test_promote import PAIRED, aliases, good_and_worse

KILLED = """
import json, os, sys
from pathlib import Path
import mlflow.onnx, pandas
from mlflow import MlflowClient
from registry.store import local_store
from tests.registry.factories import Artifacts
from tests.registry.test_promote import PAIRED

folder, jobs = sys.argv[1], json.loads(sys.argv[2])

def die_after(method, after):
    called, left = getattr(MlflowClient, method), [after]

    def dying(self, *arguments, **named):
        answer = called(self, *arguments, **named)
        left[0] -= 1
        if left[0] == 0:
            os._exit(9)
        return answer

    setattr(MlflowClient, method, dying)

for state, method, after in jobs:  # a fork for each, since imports are what takes long
    child = os.fork()
    if child == 0:
        die_after(method, after)
        Artifacts(Path(folder)).promote(local_store(Path(state)), PAIRED)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""

STEPS = [
    ("log_batch", 2),
    ("create_logged_model", 1),
    ("log_model_artifacts", 1),
    ("finalize_logged_model", 1),
    ("create_model_version", 1),
    ("create_model_version", 2),  # the ledger's entry
    ("set_model_version_tag", 2),
    ("set_registered_model_alias", 2),
    ("set_registered_model_alias", 3),
]


@pytest.mark.slow
def test_a_kill_after_any_step_and_the_same_command_again_end_well(store: Store, tmp_path: Path) -> None:
    good, worse = good_and_worse(tmp_path)
    worse.promote(store, PAIRED)
    states = [tmp_path / f"{method}-{after}" for method, after in STEPS]
    for state in states:  # artifact paths are absolute: the copies share the first one's artifacts, as they may
        (state / "mlflow").mkdir(parents=True)
        shutil.copyfile(store.artifacts.parent / "mlflow.db", state / "mlflow/mlflow.db")
    jobs = [[str(state), method, after] for state, (method, after) in zip(states, STEPS, strict=True)]
    script = [sys.executable, "-c", KILLED, str(good.folder), json.dumps(jobs)]
    killed = subprocess.run(script, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert killed.stdout.split() == ["9"] * len(STEPS), killed.stderr
    assert not (good.folder / "decision.json").exists()
    expected = good.promote(store, PAIRED)
    for state in states:
        again = local_store(state)
        assert good.promote(again, PAIRED) == expected, state.name
        assert aliases(again) == {"candidate": 2, "production": 2, "previous": 1}
        found = versions.versions(again, "letters")
        assert [v.number for v in found] == [2, 1]
        assert found[0].decision == expected
        client, home = open_store(again), experiment(again, "letters")
        assert len(client.search_logged_models([home])) == 2, f"a stored model was left over after {state.name}"
        assert len(client.search_runs([home])) == 2, f"a run was left over after {state.name}"
