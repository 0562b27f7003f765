"""Who does the work: processes on this machine, or the workers of a Dask cluster; both are executors of `concurrent.futures`."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.forkserver
from collections.abc import Callable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from typing import Any

from course.grading import forkserver
from course.paths import CourseError


class Workers:
    """An executor that can be made anew when its processes died."""

    def __init__(self, make: Callable[[], Executor], count: int):
        self.make, self.count = make, count
        self.executor = make()

    def submit(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        try:
            return self.executor.submit(function, *args)
        except BrokenExecutor:
            self.renew()
            return self.executor.submit(function, *args)

    def renew(self) -> None:
        """Replace an executor that is broken."""
        if getattr(self.executor, "_broken", False):
            self.executor.shutdown(wait=False, cancel_futures=True)
            self.executor = self.make()


def prepare() -> None:
    """Start what takes seconds to load while the caller does something else: the fork server, and the process that workers are forked from."""
    if forkserver.supported():
        forkserver.address()
        multiprocessing.set_forkserver_preload(["course.grading.engine"])
        multiprocessing.forkserver.ensure_running()


@contextlib.contextmanager
def processes(jobs: int) -> Iterator[Workers]:
    """Worker processes on this machine, which share one fork server of warm processes."""
    prepare()
    warm = forkserver.supported()
    context = multiprocessing.get_context("forkserver" if warm else "spawn")
    workers = Workers(lambda: ProcessPoolExecutor(jobs, context, _begin, (forkserver.address() if warm else None,)), jobs)
    try:
        yield workers
    finally:
        workers.executor.shutdown(cancel_futures=True)


def _begin(server: str | None) -> None:
    """In a new worker process: end with the grader, and use its fork server."""
    forkserver.die_with_parent()
    if server:
        forkserver.use(server)


@contextlib.contextmanager
def cluster(scheduler: str) -> Iterator[Workers]:
    """The workers of a Dask cluster; they need this package, neither the gradebook nor a shared disk."""
    from distributed import Client

    from course.checks.compare import said

    try:
        client = Client(scheduler, timeout=10, set_as_default=False)
    except (OSError, ValueError) as error:
        raise CourseError(
            f"no Dask scheduler answers at {scheduler} ({said(error)}): start one with `dask scheduler`, and workers with `dask worker`"
        ) from None
    with client:
        threads = sum(client.nthreads().values())
        if threads == 0:
            raise CourseError(f"the scheduler at {scheduler} has no workers: start some with `dask worker {scheduler}`")
        workers = Workers(lambda: client.get_executor(pure=False), threads)
        try:
            yield workers
        finally:
            workers.executor.shutdown(wait=False)
