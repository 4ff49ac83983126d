"""A project folder with a small real registry: two versions of `letters`, the first in Production."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from pipeline.files import sha256, write_text
from registry import moves, versions
from registry.store import Store, local_store
from registry.tracking import start_run
from registry.versions import CANDIDATE, ONNX, PRODUCTION, Version
from tests.registry.factories import write_onnx


@dataclass(frozen=True)
class Project:
    root: Path
    store: Store

    @property
    def state(self) -> Path:
        return self.root / ".signloop"

    def register(self, name: str, *, model: int = 0) -> Version:
        """Registers a version whose bytes are an MLflow ONNX model, of a training that ended well."""
        import mlflow.onnx
        import onnx

        bundle = self.root / name
        bundle.parent.mkdir(parents=True, exist_ok=True)
        single = self.root / f"{name}.onnx"
        write_onnx(single, model)
        mlflow.onnx.save_model(onnx.load(single), str(bundle), pip_requirements=["onnx"], save_as_external_data=False)
        shutil.copyfile(single, bundle / ONNX)
        run = start_run(self.store, "letters", key=f"key-of-{name}", params={})
        run.finish(name)
        tags = {"signloop.onnx_sha256": sha256(bundle / ONNX)}
        made = versions.register(
            self.store, "letters", bundle=bundle, fingerprint=name, tags=tags, description=name, run_id=run.id
        )
        shutil.rmtree(bundle)
        return made


def make_project(root: Path, template: Path) -> Project:
    """Makes a project from a database that was migrated once: a migration takes seconds."""
    project = Project(root, local_store(root / ".signloop"))
    project.store.artifacts.mkdir(parents=True)
    shutil.copyfile(template, project.state / "mlflow/mlflow.db")
    for name in ("first", "second"):
        version = project.register(name)
        versions.point(project.store, "letters", CANDIDATE, version.number)
    versions.point(project.store, "letters", PRODUCTION, 1)
    moves.catch_up(project.store, "letters")  # as in a registry from before the ledger
    write_text(project.state / "params.before-use.yaml", "tracks: {}\n")
    write_text(project.state / "checkpoints/letters-0123.pt", "tensors")
    write_text(project.state / "plots/page.html", "<html>")
    return project
