"""What lies in the folder of a queue: files of ours that are damaged, half written or not ours."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from penstock.api.work import Function, Hint, WorkItem
from penstock.base.errors import Transient

from tests.queue.folders import apply, claimed, opened

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.clock import FakeClock


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b'{"item": 7}',
        b'{"item": {"function": "x"}}',
        b'{"item":{},"version":9}',
        pytest.param(b" " * 2_100_000 + b'{"item": {"function": "tick"}}', id="two megabytes"),
    ],
)
def test_a_file_that_cannot_be_read_is_parked_as_it_is_and_stops_nothing(
    tmp_path: Path, content: bytes
) -> None:
    queue = opened(tmp_path)
    queue.put(apply("a"))
    queue.put(apply("b"))
    (tmp_path / "pending" / sorted(p.name for p in (tmp_path / "pending").iterdir())[0]).write_bytes(content)
    assert claimed(queue).item == apply("b")
    (dead,) = (tmp_path / "dead").iterdir()
    assert dead.read_bytes() == content


def test_the_largest_item_there_may_be_comes_back_from_its_file(tmp_path: Path) -> None:
    widest = "\x01" * 4096
    hint = Hint((widest,) * 64, widest, widest)
    item = WorkItem(Function.FETCH, reason=widest, token=widest, hint=hint)
    queue = opened(tmp_path)
    queue.put(item)
    assert claimed(queue).item == item


def test_a_put_replaces_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    queue = opened(tmp_path)
    queue.put(apply("a"))
    (file,) = (tmp_path / "pending").iterdir()
    file.write_bytes(b"{")
    queue.put(apply("a"))
    assert claimed(queue).item == apply("a")


def test_a_claimed_file_that_cannot_be_read_is_parked_when_its_owner_is_gone(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.put(apply("a"))
    claimed(first)
    (file,) = (tmp_path / "claimed").iterdir()
    file.write_bytes(b"{")
    first.close()
    second = opened(tmp_path)
    assert second.claim() is None
    assert second.counts() == (0, 0, 1)
    second.put(apply("a"))
    assert claimed(second).item == apply("a")


def test_the_latest_thousand_of_the_dead_are_kept(tmp_path: Path) -> None:
    queue = opened(tmp_path)
    for n in range(1005):
        (tmp_path / "dead" / f"{n:020d}-{0:013d}-{'0' * 40}.json").touch()
    (tmp_path / ".lock").write_bytes((2000).to_bytes(8, "big"))
    queue.put(apply("a"))
    queue.park(claimed(queue), "poison")
    assert queue.counts() == (0, 0, 1000)
    assert any("poison" in path.read_text() for path in (tmp_path / "dead").iterdir())


def test_files_of_other_people_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "pending").mkdir()
    (tmp_path / "pending" / ".DS_Store").write_bytes(b"x")
    queue = opened(tmp_path)
    queue.put(apply("a"))
    assert claimed(queue).item == apply("a")
    assert (tmp_path / "pending" / ".DS_Store").exists()


def test_a_crash_between_the_two_steps_of_a_put_leaves_one_item(tmp_path: Path, clock: FakeClock) -> None:
    queue = opened(tmp_path, clock)
    queue.put(apply("a"))
    queue.retry(claimed(queue), 300, "no answer")
    (resting,) = (tmp_path / "pending").iterdir()
    content = resting.read_bytes()
    queue.put(apply("a", "requested", "x"))
    resting.write_bytes(content)
    again = opened(tmp_path, clock)
    assert again.counts() == (1, 0, 0)
    assert claimed(again).item.token == "x"


@pytest.mark.parametrize(("data", "kept"), [(b"no item", "no item"), (b"\xff", "/w==")])
def test_what_came_from_elsewhere_and_is_no_item_is_kept_among_the_dead(
    tmp_path: Path, data: bytes, kept: str
) -> None:
    queue = opened(tmp_path)
    queue.bury(data, {"reason": "the body is no work item", "message_id": "7", "key": ""})
    assert queue.counts() == (0, 0, 1)
    (file,) = (tmp_path / "dead").iterdir()
    stored = json.loads(file.read_text())
    assert (stored["item"], stored["reason"]) == (kept, "reason: the body is no work item; message_id: 7")
    queue.close()


def test_half_written_files_of_the_dead_are_swept(tmp_path: Path) -> None:
    opened(tmp_path).close()
    (tmp_path / "tmp" / "0123-1").write_bytes(b"{")
    opened(tmp_path)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_folder_that_cannot_be_written_is_a_transient_error_that_names_it(tmp_path: Path) -> None:
    queue = opened(tmp_path / "queue")
    (tmp_path / "queue" / "tmp").rmdir()
    with pytest.raises(Transient, match=str(tmp_path)):
        queue.put(apply("a"))
    (tmp_path / "queue" / "tmp").mkdir()
    (tmp_path / "queue" / "pending").rename(tmp_path / "gone")
    with pytest.raises(Transient, match=str(tmp_path)):
        queue.put(apply("a"))
    assert list((tmp_path / "queue" / "tmp").iterdir()) == []
    (tmp_path / "gone").rename(tmp_path / "queue" / "pending")
    queue.put(apply("a"))
    assert queue.counts() == (1, 0, 0)


def test_a_place_that_is_no_folder_is_a_transient_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Transient, match="file"):
        opened(tmp_path / "file")
