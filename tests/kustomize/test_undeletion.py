"""Which deletions are meant, and what becomes of each object."""

from __future__ import annotations

import msgspec
import pytest
from penstock.kustomize.owner import Mark, marked
from penstock.kustomize.scope import Target
from penstock.kustomize.undeletion import Fate, NothingDeleted, choose, kept, refs_of, sort_out
from penstock.store.records import Applied
from penstock.store.runs import RunChange, RunRecord

from tests.kustomize.builders import config_map, make, ref

FIRST, SECOND = "main@sha1:" + "1" * 40, "main@sha1:" + "2" * 40
BEFORE = Applied(FIRST, "a.tar.gz", "sha256:a", 3)
RUN = RunRecord(started_at="", ended_at="", ok=True, reason="", message="", revision=SECOND, before=BEFORE)
OTHER = msgspec.structs.replace(RUN, revision=FIRST, before=None)
RUNS = (("4", RUN), ("3", RUN), ("2", OTHER), ("1", RUN))


@pytest.mark.parametrize(
    ("run", "revision", "chosen"),
    [
        ("", "", ["4", "3", "1"]),
        ("2", "", ["2"]),
        ("", SECOND, ["4", "3", "1"]),
        ("", "1" * 40, ["2"]),
        ("", "1" * 7, ["2"]),
    ],
)
def test_what_was_deleted_last_is_meant_unless_something_else_is_named(
    run: str, revision: str, chosen: list[str]
) -> None:
    assert [name for name, _ in choose(RUNS, run=run, revision=revision)] == chosen


@pytest.mark.parametrize(
    ("run", "revision"), [("9", ""), ("", "main@sha1:9"), ("", "111111"), ("", "2" * 41)]
)
def test_what_is_not_there_is_told_with_what_is(run: str, revision: str) -> None:
    with pytest.raises(NothingDeleted, match="there are 4, 3, 2, 1"):
        choose(RUNS, run=run, revision=revision)
    with pytest.raises(NothingDeleted, match=r"no run record tells of a deletion$"):
        choose(())


def test_ids_that_name_nothing_are_left_out() -> None:
    changes = [RunChange("x_a__ConfigMap", "v1", "deleted"), RunChange("nonsense", "v1", "deleted")]
    assert refs_of(changes) == (ref("ConfigMap", "a", "x"),)


def test_each_object_has_one_fate_in_the_order_of_applying() -> None:
    names = ("made", "there", "ending", "missing")
    wanted = [ref("ConfigMap", name, "default") for name in names]
    space = ref("Namespace", "team")
    built = [Target(space, make("v1", "Namespace", "team"))]
    built += [Target(one, config_map(one.name)) for one in wanted[:3]]
    live = {wanted[1]: config_map("there"), wanted[2]: config_map("ending")}
    live[wanted[2]]["metadata"]["deletionTimestamp"] = "2030-01-01T00:00:00Z"
    items = sort_out([*wanted, space], built, live)
    assert [(item.ref.name, item.fate) for item in items] == [
        ("team", Fate.CREATE),
        ("ending", Fate.ENDING),
        ("made", Fate.CREATE),
        ("missing", Fate.MISSING),
        ("there", Fate.THERE),
    ]
    assert [item.ref.name for item in items if item.obj] == ["team", "made"]


def test_what_is_brought_back_is_marked_and_keeps_what_it_had() -> None:
    obj = kept(config_map("a", annotations={"x": "y"}, labels={"l": "m"}))
    assert marked(obj, Mark.PRUNE_DISABLED)
    assert obj["metadata"]["annotations"]["x"] == "y"
    assert obj["metadata"]["labels"] == {"l": "m"}
