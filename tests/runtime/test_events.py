"""What the bucket tells, at the door (the effects are in tests/e2e/test_cloud_storage.py)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.api.work import Function, WorkItem
from penstock.base.errors import Transient
from penstock.base.location import CloudBucket
from penstock.runtime.answers import Answer
from penstock.runtime.events import Events
from penstock.runtime.gate import Gate

from tests.runtime.eventing import FINALIZED, finalized
from tests.runtime.requesting import LIMITS, TOKEN, Site, bearer, request

if TYPE_CHECKING:
    from collections.abc import Mapping

PLACE = CloudBucket("artifacts", "prod/")
DIGEST = "a" * 64
NAME = f"prod/gitrepository/apps/fleet/{DIGEST}.tar.gz"
WORK = WorkItem(Function.APPLY, "GitRepository", "apps", "fleet", "artifact written")


class Door(Site):
    def __init__(self, *namespaces: str) -> None:
        self.taken: list[WorkItem] = []
        self.failure: Exception | None = None
        super().__init__("/events", Events(Gate((TOKEN,)), PLACE, namespaces, LIMITS, self.take))

    def take(self, item: WorkItem) -> Answer:
        if self.failure is not None:
            raise self.failure
        self.taken.append(item)
        return Answer(202, {"status": "accepted"})

    def hear(
        self, name: str = NAME, bucket: str = "artifacts", headers: Mapping[str, str] | None = None
    ) -> int:
        given, body = finalized(bucket, name)
        return self.ask(request("/events", body, headers={**bearer(), **given, **(headers or {})}))[0]


def test_a_new_artifact_is_work_for_its_source() -> None:
    door = Door()
    assert door.hear() == 202
    assert door.taken == [WORK]


def test_structured_events_are_taken_too() -> None:
    door = Door()
    headers, body = finalized("artifacts", NAME, structured=True)
    assert door.ask(request("/events", body, headers={**bearer(), **headers}))[0] == 202
    assert door.taken == [WORK]


@pytest.mark.parametrize(
    "name",
    [
        f"prod/gitrepository/apps/fleet/{DIGEST}.files.json",
        f"prod/gitrepository/apps/fleet/{DIGEST}.tar.gz/x",
        f"prod/gitrepository/apps/fleet/{DIGEST[1:]}.tar.gz",
        f"prod/gitrepository/apps/{DIGEST}.tar.gz",
        f"prod/gitrepository/apps/../{DIGEST}.tar.gz",
        f"prod/gitrepository/Apps/fleet/{DIGEST}.tar.gz",
        f"prod/gitrepository/a.b/fleet/{DIGEST}.tar.gz",
        f"prod/ocirepository/apps/fleet/{DIGEST}.tar.gz",
        f"gitrepository/apps/fleet/{DIGEST}.tar.gz",
        f"staging/gitrepository/apps/fleet/{DIGEST}.tar.gz",
        "prod/records/uid-1/GitRepository/apps/fleet.json",
        "prod/",
        "x",
    ],
)
def test_other_objects_of_the_bucket_are_ignored(name: str) -> None:
    door = Door()
    assert door.hear(name) == 200
    assert door.taken == []


def test_other_buckets_types_and_namespaces_are_ignored() -> None:
    door = Door("team-a")
    assert door.hear() == 200
    assert door.hear(bucket="artifacts-2") == 200
    assert door.hear(headers={"ce-type": "google.cloud.storage.object.v1.archived"}) == 200
    assert door.taken == []
    assert {line["ignored"] for line in door.logged} == {
        "the artifact's namespace is not served here",
        "the object is no artifact of this bucket",
        f"type google.cloud.storage.object.v1.archived is not used; {FINALIZED} is",
    }


def test_what_is_no_event_is_refused() -> None:
    door = Door()
    assert door.ask(request("/events", b"{}", headers=bearer()))[0] == 400
    assert door.hear(headers={"ce-id": ""}) == 400
    assert door.hear(headers={"Content-Type": "text/plain"}) == 415
    assert door.hear(headers={"Content-Encoding": "gzip"}) == 415
    assert door.ask(request("/events", b" " * 1001, headers=bearer()))[0] == 413
    assert door.taken == []


def test_nobody_without_a_token_is_heard() -> None:
    door = Door()
    headers, body = finalized("artifacts", NAME)
    assert door.ask(request("/events", body, headers=headers))[0] == 401
    assert door.taken == []


def test_what_may_succeed_later_is_to_be_sent_again() -> None:
    door = Door()
    door.failure = Transient("the API server is down")
    assert door.hear() == 503
