"""A real cluster of two worker processes on this machine, its dashboard off."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from flows.executors import build
from flows.executors.dask import OnDask, made_of
from pipeline.detect.detected import Failure
from pipeline.errors import InputError, TransientError
from tests.flows.executors import jobs
from tests.flows.executors.test_feed import Counted

dask = pytest.importorskip("dask", reason="Dask is an extra: python -m pip install -e '.[dask]'")
distributed = pytest.importorskip("distributed", reason="Dask is an extra: python -m pip install -e '.[dask]'")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    few = {"distributed.scheduler.allowed-failures": 1}
    with (
        dask.config.set(few),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
        ) as cluster,
    ):
        yield cluster


def test_every_job_is_done_once_by_both_workers(cluster: Any) -> None:
    executor = build(f"dask:{cluster.scheduler_address}")
    assert sorted(executor.run(jobs.double, range(40))) == [(n, 2 * n) for n in range(40)]
    assert len({pid for _, pid in executor.run(jobs.process, range(12))}) == 2
    assert list(executor.run(jobs.double, [])) == []


def test_jobs_are_read_as_they_are_done(cluster: Any) -> None:
    million = Counted()
    answers = OnDask(cluster.scheduler_address).run(jobs.double, million)
    next(answers)
    assert million.looked_at <= 8
    answers.close()  # pyright: ignore[reportAttributeAccessIssue]


def test_workers_that_all_left_are_not_waited_for_for_ever() -> None:
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=None, silence_logs=logging.CRITICAL
    ) as own:
        executor = OnDask(own.scheduler_address)
        answers = executor.run(jobs.double, Counted())
        next(answers)
        executor.patience_s = 2
        own.scale(0)
        with pytest.raises(TransientError, match="no worker is left"):
            list(answers)


def test_what_crashes_or_hangs_costs_itself_alone(cluster: Any) -> None:
    work = [("ok", n) for n in range(8)]
    work[2:2] = [("segfault", 0), ("hang", 0), ("memory", 0)]
    answers = dict(OnDask(cluster.scheduler_address).run(jobs.mischief, work, timeout_s=1))
    assert [answers[n] for n in (0, 1, *range(5, 11))] == list(range(8))
    failed = {work[n][0]: answer for n, answer in answers.items() if isinstance(answer, Failure)}
    assert {name: failure.kind for name, failure in failed.items()} == {
        "segfault": "crashed",
        "hang": "timed out",
        "memory": "out of memory",
    }
    assert "workers died while it was at work" in failed["segfault"].reason
    assert sorted(OnDask(cluster.scheduler_address).run(jobs.double, [1, 2])) == [(0, 2), (1, 4)]


@pytest.mark.parametrize(("name", "kind"), [("raise", ZeroDivisionError), ("late", TimeoutError)])
def test_what_the_work_raises_is_raised_here(cluster: Any, name: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=r"ours|own"):
        list(OnDask(cluster.scheduler_address).run(jobs.mischief, [("ok", 1), (name, 2)]))


def test_a_worker_of_other_code_is_refused(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(made_of(), "mediapipe", "0.9")  # as if we, not it, were another version
    with pytest.raises(InputError, match=r"Dask worker tcp://\S+ is not made as we are: mediapipe: expected 0.9, got"):
        list(OnDask(cluster.scheduler_address).run(jobs.double, [1]))


def test_a_scheduler_that_is_not_there_or_has_no_worker_is_told_with_the_command() -> None:
    with pytest.raises(TransientError, match=r"no Dask scheduler answered at tcp://127.0.0.1:9 .*`dask scheduler"):
        list(OnDask("tcp://127.0.0.1:9", patience_s=0.5).run(jobs.double, [1]))
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=None) as empty,
        pytest.raises(TransientError, match=f"`dask worker {empty.scheduler_address} --nthreads 1"),
    ):
        list(OnDask(empty.scheduler_address, patience_s=0.5).run(jobs.double, [1]))
