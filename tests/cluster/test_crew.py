"""Threads that are kept for a while."""

from __future__ import annotations

import threading

from penstock.cluster.crew import Crew

from tests.support.waiting import eventually


def _done(crew: Crew, jobs: int) -> list[int]:
    """The threads that did so many jobs, each of which waits until all of them have begun."""
    together = threading.Barrier(jobs + 1, timeout=10)
    seen: list[int] = []

    def job() -> None:
        seen.append(threading.get_ident())
        together.wait()

    for _ in range(jobs):
        crew.do(job)
    together.wait()
    return seen


def _idle(crew: Crew) -> int:
    """How many are back: nothing else tells it."""
    return len(crew._idle)


def test_no_job_waits_for_another() -> None:
    assert len(set(_done(Crew(), 20))) == 20


def test_threads_are_used_again() -> None:
    crew = Crew()
    first = _done(crew, 3)
    eventually(lambda: _idle(crew) == 3, "all are back")
    assert set(_done(crew, 3)) == set(first)
    eventually(lambda: _idle(crew) == 3, "all are back")
    assert set(_done(crew, 5)) > set(first)


def test_a_thread_ends_that_has_nothing_to_do() -> None:
    crew = Crew(idle_s=0.01)
    threads = set(_done(crew, 3))
    eventually(lambda: not threads & {thread.ident for thread in threading.enumerate()}, "they ended")
    assert _idle(crew) == 0


def test_a_job_that_comes_when_a_thread_is_about_to_end_is_done() -> None:
    crew = Crew(idle_s=0.0)
    done = threading.Semaphore(0)
    for _ in range(2000):
        crew.do(done.release)
    for _ in range(2000):
        assert done.acquire(timeout=10)
