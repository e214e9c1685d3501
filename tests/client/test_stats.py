from __future__ import annotations

import pytest
from penstock.client.kinds import GIT_REPOSITORY
from penstock.client.stats import COUNTED, HEADS, Seen, row, seen, size

from tests.client.objects import condition, git, kustomization


def test_flux_counts_these_kinds_in_this_order() -> None:
    assert [kind.kind for kind in COUNTED] == [
        *("GitRepository", "OCIRepository", "HelmRepository", "HelmChart", "Bucket"),
        *("Kustomization", "HelmRelease", "Alert", "Provider", "Receiver"),
        *("ImageUpdateAutomation", "ImagePolicy", "ImageRepository"),
    ]


def test_what_counts_of_an_object() -> None:
    assert seen(git("a", condition("True", "x"))) == Seen(suspended=False, failing=False, bytes=2048)
    failing = git("a", condition("False", "x"), spec={"suspend": True}, status={"artifact": {"size": True}})
    assert seen(failing) == Seen(suspended=True, failing=True, bytes=0)
    assert seen(kustomization("a", condition("Unknown", "x"))) == Seen(
        suspended=False, failing=False, bytes=0
    )


def test_suspended_objects_do_not_run_and_may_fail_all_the_same() -> None:
    found = [Seen(True, True, 512), Seen(False, True, 512), Seen(False, False, 512)]
    assert row(GIT_REPOSITORY, found) == ("GitRepository", "2", "2", "1", "1.5 KiB")
    assert row(GIT_REPOSITORY, []) == ("GitRepository", "0", "0", "0", "-")
    assert len(HEADS) == 5


@pytest.mark.parametrize(
    ("count", "text"),
    [
        *((0, "-"), (1, "1 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB")),
        *((1024**2 - 1, "1024.0 KiB"), (1024**2, "1.0 MiB"), (5 * 1024**3, "5.0 GiB")),
        *((1024**4, "1.0 TiB"), (1024**5, "1.0 PiB"), (1024**6, "1.0 EiB")),
    ],
)
def test_sizes_are_said_as_flux_says_them(count: int, text: str) -> None:
    assert size(count) == text
