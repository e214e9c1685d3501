"""Version ranges as Flux reads them: Masterminds' constraints over Git tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.tools.upstream import InvalidRange

if TYPE_CHECKING:
    from penstock.tools.upstream import Upstream

TAGS = ("v1.2.3", "1.10.0", "1.9.9", "v2.0.0-rc.1", "2.0.0-alpha", "0.9.0", "1.3", "latest", "v02.01.00")


@pytest.mark.parametrize(
    ("expression", "chosen"),
    [
        ("*", "v02.01.00"),
        (">=1.0.0", "v02.01.00"),
        ("1.x", "1.10.0"),
        ("~1.2", "v1.2.3"),
        ("^1.2.3", "1.10.0"),
        ("<1.0.0", "0.9.0"),
        (">=1.0.0 <1.10.0", "1.9.9"),
        (">=1.0.0, <1.10.0", "1.9.9"),
        ("~1.2 || ~1.9", "1.9.9"),
        ("1.2 - 1.9", "1.9.9"),
        (">=2.0.0-0 <2.0.0", "v2.0.0-rc.1"),
        ("1.3.0", None),
        ("=1.2.3", "v1.2.3"),
        (">=3", None),
    ],
)
def test_a_range_chooses_the_highest_version_in_it(
    expression: str, chosen: str | None, upstream: Upstream
) -> None:
    assert upstream.semver(expression, TAGS) == chosen


@pytest.mark.parametrize("expression", ["", "main", ">=a", "1.2.3.4", ">> 1", "^", "1." * 300])
def test_what_is_no_range_says_so(expression: str, upstream: Upstream) -> None:
    with pytest.raises(InvalidRange, match="semver parse error"):
        upstream.semver(expression, TAGS)


def test_no_versions_give_none(upstream: Upstream) -> None:
    assert upstream.semver("*", ()) is None
    assert upstream.semver_equals("*", ()) == ()


def test_versions_that_differ_in_build_metadata_only_are_told_apart_by_time(upstream: Upstream) -> None:
    tags = ("v1.0.0+2", "1.0.0+1", "v1.0.0+3", "0.9.0")
    assert upstream.semver_equals("1.x", tags) == ("1.0.0+1", "v1.0.0+2", "v1.0.0+3")
    assert upstream.semver("1.x", tags) == "v1.0.0+3"
    assert upstream.semver("1.x", tags, {"1.0.0+1": 30, "v1.0.0+2": 20, "v1.0.0+3": 10}) == "1.0.0+1"


def test_the_same_version_written_in_two_ways_is_one_choice(upstream: Upstream) -> None:
    assert upstream.semver("*", ("v1.0.0", "1.0.0"), {"v1.0.0": 1, "1.0.0": 2}) == "1.0.0"
