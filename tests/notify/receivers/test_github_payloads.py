"""Push events as GitHub sends them, with every field that its documentation names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from penstock.api.work import Hint
from penstock.notify.receivers.github import receive

from tests.notify.receivers.test_github import SECRET, delivered

if TYPE_CHECKING:
    from penstock.notify.receivers.delivery import Ignored

PUSHED = (Path(__file__).parent / "push.json").read_bytes()
"""All fields of https://docs.github.com/webhooks/webhook-events-and-payloads#push; the values are ours."""
PAYLOAD: dict[str, Any] = orjson.loads(PUSHED)


def received(body: bytes) -> Hint | Ignored:
    return receive([SECRET], delivered(body), body, depth=64)


@pytest.mark.parametrize("body", [PUSHED, orjson.dumps(PAYLOAD)])
def test_a_push_gives_the_repositorys_addresses_and_the_ref(body: bytes) -> None:
    assert received(body) == Hint(
        (
            "https://github.com/acme/fleet.git",
            "git@github.com:acme/fleet.git",
            "git://github.com/acme/fleet.git",
            "https://github.com/acme/fleet",
            "https://api.github.com/repos/acme/fleet",
        ),
        "refs/heads/main",
        "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    )


@pytest.mark.parametrize(
    ("change", "known"),
    [
        ({"ref": "refs/tags/v1.0.0", "created": True, "before": "0" * 40}, True),
        ({"created": True, "before": "0" * 40, "commits": [], "head_commit": None}, True),
        ({"deleted": True, "after": "0" * 40, "head_commit": None, "commits": []}, False),
        ({"repository": {**PAYLOAD["repository"], "url": "https://github.com/acme/fleet"}}, True),
    ],
)
def test_new_branches_and_tags_are_work_and_deleted_ones_are_not(change: dict[str, Any], known: bool) -> None:
    assert isinstance(received(orjson.dumps({**PAYLOAD, **change})), Hint) is known
