"""A secret in the text of any error is shown nowhere: every call of every port fails with it, one after the
other (threats A-57, A-62; promise C-17)."""

from __future__ import annotations

import itertools
import json
import re
from base64 import b64encode, urlsafe_b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest
from penstock.api.refs import kustomization
from penstock.api.work import Function, WorkItem, encode
from penstock.base.errors import Terminal, Transient
from penstock.base.limits import Limits
from penstock.base.log import Log
from penstock.base.masking import Masker
from penstock.cluster.errors import Forbidden
from penstock.kustomize.flow import apply
from penstock.queue.folder import FolderQueue
from penstock.runtime.dispatch import Dispatcher
from penstock.runtime.routes import Route, Routes
from penstock.runtime.standdown import StandDown
from penstock.runtime.work import done
from penstock.runtime.worker import Worker
from penstock.source.flow import fetch
from penstock.store.artifacts import Artifacts
from penstock.store.records import Records
from penstock.store.runs import Runs
from penstock.tools.giterrors import GitFailed

from tests.fakes.clock import FakeClock
from tests.fakes.failing import Fuse, failing
from tests.kustomize import world as kustomize_world
from tests.kustomize.builders import config_map, make
from tests.runtime.requesting import request
from tests.source import world as source_world

if TYPE_CHECKING:
    import io
    from collections.abc import Callable
    from pathlib import Path

    from penstock.api.work import Outcome
    from penstock.runtime.answers import Answer

    from tests.fakes.events import RecordedEvents
    from tests.fakes.queue import FakeQueue

LINE = 'c4nary "s3cr3t"/é+='
SECRET = f"{LINE}\n2nd-c4nary-line\n"
SPELLINGS = (
    LINE,
    "2nd-c4nary-line",
    b64encode(LINE.encode()).decode().rstrip("="),
    urlsafe_b64encode(LINE.encode()).decode().rstrip("="),
    quote(LINE),
    quote(LINE, safe=""),
    quote_plus(LINE),
    json.dumps(LINE)[1:-1],
    json.dumps(LINE, ensure_ascii=False)[1:-1],
    repr(LINE)[1:-1],
    b64encode(SECRET.strip().encode()).decode()[:60].rstrip("="),
)
HOSTILE = "\x1b[31m\x07\u202e<script>alert(1)</script> [link](http://evil.example) "
URL = f"https://ada:{quote(LINE)}@host/r?sig={quote_plus(LINE)}"
TEXT = f"{HOSTILE}{'; '.join(SPELLINGS)}; {URL}; {SECRET}{'x' * 30_000}"
ESCAPES = re.compile(r"[\x1b\x07\u202e]|\\(?:x1b|x07|u001b|u0007|u202e)")
ERRORS = (
    Transient(TEXT),
    Terminal(TEXT, reason="BuildFailed"),
    RuntimeError(TEXT),
    Forbidden(TEXT),
    GitFailed(TEXT),
)


def assert_hidden(text: str) -> None:
    """No spelling of the secret is in it, nothing that a terminal obeys, and no more than people can read."""
    for spelling in SPELLINGS:
        assert spelling not in text
    assert "c4nary" not in text
    assert ESCAPES.search(text) is None
    assert len(text) < 300_000


def dispatcher_of(flow: Any) -> Dispatcher:
    clock, log = FakeClock(), Log(flow.masker, stream=flow.world.output)
    return Dispatcher(dict.fromkeys(Function, flow.run), StandDown(lambda: (), clock), clock, log)


def told_of(flow: Any, folder: Path) -> str:
    """What a worker leaves in its queue's folder of an item that fails for good."""
    clock, dispatcher = FakeClock(), dispatcher_of(flow)
    queue = FolderQueue(folder, clock=clock, most_items=9, most_attempts=1)
    queue.put(flow.item)
    claimed = queue.claim()
    assert claimed is not None
    worker = Worker(queue, dispatcher.run, dispatcher.log, clock, threads=0)
    worker.work(claimed)
    queue.close()
    return "\n".join(path.read_text() for path in folder.rglob("*.json"))


def answered_to(flow: Any) -> str:
    """What a function alone answers over HTTP."""
    dispatcher = dispatcher_of(flow)

    def handle(_: object) -> Answer:
        return done(dispatcher.run(flow.item))

    routes = Routes({"/": Route("POST", handle)}, dispatcher.clock, dispatcher.log, flow.masker)
    body, _, _ = routes(request("/", encode(flow.item)))
    return str(json.loads(body))


class Fetching:
    """fetch with a login, a record, a bucket and a queue."""

    item = source_world.ITEM

    def __init__(self, fuse: Fuse) -> None:
        self.masker = Masker(SECRET)
        self.world = source_world.World(masker=self.masker)
        self.world.fetcher.subject = f"{HOSTILE}Show {LINE} " + "x" * 1_000_000
        self.fuse = fuse

    def run(self, item: WorkItem) -> tuple[Outcome, ...]:
        world, fuse = self.world, self.fuse
        bucket = failing(world.bucket, fuse)
        ports = world.ports(
            cluster=failing(world.cluster, fuse),
            fetcher=failing(world.fetcher, fuse),
            artifacts=Artifacts(bucket, Limits()),
            records=Records(bucket, "uid-1"),
            queue=failing(world.queue, fuse),
        )
        return fetch(ports, item)

    def everything(self) -> str:
        world = self.world
        return said(world.output, world.events, world.bucket, world.status(), world.queue)


class Applying:
    """apply of a first and of a second revision, which deletes; the build has a Secret in it."""

    item = WorkItem(Function.APPLY, "GitRepository", kustomize_world.NAMESPACE, "fleet")

    def __init__(self, fuse: Fuse) -> None:
        self.masker = Masker(SECRET)
        self.world = kustomize_world.World()
        log = Log(self.masker, stream=self.world.output, clock=self.world.clock)
        self.world.ports = replace(self.world.ports, masker=self.masker, log=log)
        world = self.world
        hidden = make("v1", "Secret", "s", "default", stringData={"p": LINE, "q": SECRET})
        world.push({"apps/a.yaml": [config_map("a"), config_map("b"), hidden]})
        world.add()
        assert world.one().ok
        world.push({"apps/a.yaml": [config_map("a", data={"x": "1"}), hidden]})
        self.fuse = fuse

    def run(self, item: WorkItem) -> tuple[Outcome, ...]:
        world, fuse = self.world, self.fuse
        bucket, identity = failing(world.bucket, fuse), world.cluster.identity()
        ports = replace(
            world.ports,
            cluster=failing(world.cluster, fuse),
            artifacts=Artifacts(bucket, Limits()),
            records=Records(bucket, identity),
            runs=Runs(bucket, identity),
            builder=failing(world.builder, fuse),
            queue=failing(world.queue, fuse),
        )
        return apply(ports, item)

    def everything(self) -> str:
        world = self.world
        status = world.status(kustomization(kustomize_world.NAMESPACE, "apps"))
        return said(world.output, world.events, world.bucket, status, world.queue)


def said(output: io.StringIO, events: RecordedEvents, bucket: Any, status: Any, queue: FakeQueue) -> str:
    """All text that left a flow; archives hold what the repository does."""
    stored = ((key, data) for key, (data, _) in bucket._objects.items())
    kept = [data.decode() for key, data in stored if not key.endswith(".tar.gz")]
    return "\n".join((output.getvalue(), *events.lines(), *kept, str(status), str(queue.items)))


def sweep(make_flow: Callable[[Fuse], Any], error: Exception, folder: Path) -> int:
    """Lets each call fail in turn; how many there were."""
    for k in itertools.count(1):
        worked, served = make_flow(Fuse(k, error)), make_flow(Fuse(k, error))
        for text in (told_of(worked, folder / f"{k}"), answered_to(served)):
            assert_hidden(text)
        for flow in (worked, served):
            assert_hidden(flow.everything())
        if not worked.fuse.burnt:
            return k - 1
    raise AssertionError


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize(("flow", "calls"), [(Fetching, 10), (Applying, 20)])
def test_a_secret_in_an_error_is_shown_nowhere_whichever_call_fails(
    flow: Callable[[Fuse], Any], calls: int, error: Exception, quick_path: Path
) -> None:
    assert sweep(flow, error, quick_path) > calls
