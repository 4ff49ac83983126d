"""One project through its life by `dvc repro`: each test goes on where the one before it stopped."""

import shutil
from html.parser import HTMLParser

import mlflow.onnx
import pytest

from pipeline import samples as store
from registry.load import load
from registry.store import local_store, open_store
from registry.versions import PRODUCTION, versions
from tests.factories import make_samples
from tests.flows.project import STAGES, Project, Undisturbed, commit, invoke, ran, undisturbed

LEARNING_RATE = "tracks.letters.train.learning_rate"
FLOOR = "tracks.letters.gates.accuracy.min"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    return undisturbed(tmp_path_factory)


@pytest.fixture(scope="module")
def project(first: Undisturbed) -> Project:
    return first.project


def of_letters(*stages: str) -> list[str]:
    return [f"{stage}@letters" for stage in stages]


def fetched(page: str) -> list[str]:
    """Returns the addresses that a browser would load."""
    found: list[str] = []

    class Addresses(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.extend(value or "" for name, value in attrs if name in ("src", "href"))

    Addresses().feed(page)
    return found


def cloned(project: Project) -> Project:
    return Project(project.root.parent / "clone")


def one_story(project: Project) -> tuple[int, int]:
    """Returns what is in Production, where registry, decision.json and `models show` agree, and how many versions."""
    held = versions(local_store(project.root / ".signloop"), "letters")
    (number,) = (version.number for version in held if PRODUCTION in version.aliases)
    assert project.json("artifacts/letters/decision.json")["production"] == number
    shown = invoke(project, "models", "show")
    assert shown.startswith(f"letters: version {number} [")
    assert "lacks" not in shown
    return number, len(held)


def test_a_fresh_project_ends_with_a_model_in_production(first: Undisturbed, project: Project) -> None:
    assert ran(first.output) == of_letters(*STAGES)
    assert one_story(project) == (1, 1)
    decision = project.json("artifacts/letters/decision.json")
    assert (decision["version"], decision["status"]) == (1, "passed")
    commit(project)


def test_a_second_repro_runs_nothing(project: Project) -> None:
    before = (project.root / "dvc.lock").read_bytes()
    said = project.run("dvc", "repro")
    assert ran(said) == []
    assert "Data and pipelines are up to date." in said
    assert (project.root / "dvc.lock").read_bytes() == before


def test_corrections_run_extract_and_what_follows_and_none_leave_all_as_it_is(project: Project) -> None:
    """Taken back, they leave the very files that were there, restored without a stage that runs."""
    before = project.lock
    feedback = make_samples(num_groups=2, frames=4, seed=3)
    store.write(project.root / "feedback" / "letters" / "trained.h5", feedback)
    assert project.run("git", "status", "--porcelain") == ""
    assert project.repro("train@letters") == of_letters("extract", "prepare", "pretrain", "train")
    assert project.repro("train@letters") == []
    shutil.rmtree(project.root / "feedback" / "letters")
    assert project.repro("train@letters") == []
    assert project.lock == before


def test_metrics_and_plots_show_offline(project: Project) -> None:
    assert "fp32.accuracy" in project.run("dvc", "metrics", "show")
    project.run("dvc", "plots", "show", "-o", "plots")
    page = (project.root / "plots/index.html").read_text(encoding="utf-8")
    assert all(
        name in page for name in ("letters: Confusion on the test groups", "letters: Recall by class", "Reliability")
    )
    shown = fetched(page)
    assert sorted(address.rpartition("evaluation_")[2] for address in shown) == ["importance.png", "moments.png"]
    assert all((project.root / "plots" / address).is_file() for address in shown)
    assert "{plot_divs}" not in page
    shutil.rmtree(project.root / "plots")


def test_a_gate_runs_only_promote(project: Project) -> None:
    project.set(FLOOR, 0.02)
    assert project.repro() == of_letters("promote")
    assert project.json("artifacts/letters/decision.json")["gates"]["accuracy"]["min"] == 0.02
    assert one_story(project) == (1, 1)


def test_a_learning_rate_runs_from_train_on(project: Project) -> None:
    project.set(LEARNING_RATE, 0.01)
    assert project.repro() == of_letters("train", "export", "evaluate", "promote")
    number, count = one_story(project)
    assert (number, count) == (2, 2)


@pytest.mark.slow
def test_a_version_of_uncommitted_parameters_is_made_again_from_its_commit(project: Project) -> None:
    project.set(LEARNING_RATE, 0.01)
    project.repro()
    story = number, _ = one_story(project)
    said = project.run("signloop", "models", "reproduce", "letters", str(number))
    assert "model.onnx identical" in said
    assert f"letters version {number}: reproduced. Largest difference of a logit 0 " in said
    assert project.run("git", "worktree", "list").count("\n") == 1
    assert one_story(project) == story


def test_parameters_put_back_tell_one_story_again(first: Undisturbed, project: Project) -> None:
    project.run("git", "checkout", "params.yaml")
    assert project.repro() == of_letters("promote")
    assert one_story(project) == (1, 2)
    assert project.lock["train@letters"] == first.lock["train@letters"]
    commit(project)


def test_an_experiment_judges_and_moves_no_alias(project: Project) -> None:
    said = project.run("dvc", "exp", "run", "-n", "faster", "-S", f"{LEARNING_RATE}=0.01", "-S", f"{FLOOR}=0.03")
    assert ran(said)[-1] == "promote@letters"
    decision = project.json("artifacts/letters/decision.json")
    assert (decision["version"], decision["status"], decision["production"]) == (2, "passed", 1)
    assert one_story(project) == (1, 2)
    project.run("git", "checkout", "params.yaml", "dvc.lock")
    assert project.repro() == of_letters("promote")


@pytest.mark.slow
def test_an_experiment_elsewhere_records_in_the_same_registry(project: Project) -> None:
    story, status = one_story(project), project.run("git", "status", "--short")
    said = project.run("dvc", "exp", "run", "--temp", "-n", "elsewhere", "-S", f"{FLOOR}=0.04")
    assert ran(said) == of_letters("promote")
    assert one_story(project) == story
    assert project.run("git", "status", "--short") == status


def test_a_second_track_runs_alone(project: Project) -> None:
    project.set("tracks.plain", project.params["tracks"]["letters"] | {"model": {"name": "linear"}})
    assert project.repro("train@letters", "train@plain") == [f"{stage}@plain" for stage in STAGES[:5]]


def test_a_models_file_retrains_the_track_that_uses_it(first: Undisturbed, project: Project) -> None:
    with project.appended({"pipeline/models/mlp.py": "\n\nADDED = 1\n"}):
        assert project.repro("train@letters", "train@plain") == ["code@letters", "code@plain", "train@letters"]
    assert not set(project.repro("train@letters", "train@plain")) & {"train@letters", "train@plain"}
    assert project.lock["train@letters"] == first.lock["train@letters"]


IMPORT = "\n\nfrom pipeline.models import joined  # noqa: E402, F401\n"


@pytest.mark.parametrize(
    ("added", "retrained"),
    [
        ({"pipeline/models/frames.py": "\n\nADDED = 1\n"}, ["train@letters", "train@plain"]),
        ({"pipeline/models/joined.py": "", "pipeline/models/mlp.py": IMPORT}, ["train@letters"]),
        ({"pipeline/models/joined.py": "", "pipeline/models/linear.py": IMPORT}, ["train@plain"]),
        ({"pipeline/sources/landmark_table.py": "\n\nADDED = 1\n"}, []),
    ],
)
def test_a_helper_retrains_exactly_the_tracks_that_import_it(
    project: Project, added: dict[str, str], retrained: list[str]
) -> None:
    """DVC decides; `--dry` has it say so without the training."""
    with project.appended(added):
        project.repro("code@letters", "code@plain")
        assert ran(project.run("dvc", "repro", "--dry", "train@letters", "train@plain")) == retrained


def test_collected_garbage_leaves_production(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Production is version 1; the files of another training are in the workspace when DVC collects."""
    project.set(LEARNING_RATE, 0.01)
    project.repro("export@letters")
    project.run("dvc", "gc", "-w", "-f")
    store = local_store(project.root / ".signloop")
    open_store(store)
    assert mlflow.onnx.load_model("models:/letters@production").graph.node
    monkeypatch.chdir(project.root / "artifacts")
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    loaded = load("letters")
    assert loaded.version == 1
    assert loaded.contract.class_names == ("A", "B", "C")


def test_a_fresh_clone_with_the_landed_lock_ends_with_a_model_in_production(project: Project) -> None:
    project.run("git", "checkout", "params.yaml", "dvc.lock")
    project.run("git", "clone", "-q", ".", "../clone")
    clone = cloned(project)
    landed = clone.lock
    assert clone.repro() == of_letters(*STAGES)
    assert one_story(clone) == (1, 1)
    assert {name: outs for name, outs in clone.lock.items() if name != "promote@letters"} == {
        name: outs for name, outs in landed.items() if name != "promote@letters"
    }


def test_a_lost_registry_is_said_with_the_command_that_mends_it(project: Project) -> None:
    """By processes: this one still has the lost database open."""
    clone = cloned(project)
    shutil.rmtree(clone.root / ".signloop")
    shown = clone.run("signloop", "models", "show")
    assert "letters: nothing in Production" in shown
    assert "decision.json names version 1, which the registry at sqlite:///" in shown
    mend = shown.partition("Mend it: ")[2].strip()
    assert ran(clone.run(*mend.split())) == of_letters("promote")
    shown = clone.run("signloop", "models", "show")
    assert shown.startswith("letters: version 1 [candidate, production]")
    assert "Mend it" not in shown
