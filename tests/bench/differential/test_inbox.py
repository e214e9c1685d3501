from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

from bench.differential.inbox import Inbox
from tests.runtime.processes import ask


def event(namespace: str, number: int) -> bytes:
    return json.dumps({"involvedObject": {"namespace": namespace}, "message": str(number)}).encode()


def test_what_is_posted_is_kept_by_namespace() -> None:
    with Inbox() as inbox, ThreadPoolExecutor(4) as pool:
        bodies = [event(f"ns-{number % 2}", number) for number in range(20)]
        answers = list(pool.map(lambda body: ask(inbox.url, "/", body)[0], bodies))
        assert answers == [202] * 20
        told = [{int(one["message"]) for one in inbox.of(namespace)} for namespace in ("ns-0", "ns-1")]
        assert told == [set(range(0, 20, 2)), set(range(1, 20, 2))]
        assert inbox.of("other") == ()
