"""What spec.ref means (contract section 4, threats A-07, A-74)."""

from collections.abc import Collection, Mapping

import pytest
from penstock.api.gitrepository import GitRepositoryRef
from penstock.source.reference import (
    InvalidReference,
    Kind,
    ReferenceNotFound,
    RemoteRef,
    Unresolved,
    Wanted,
    candidates,
    concerns,
    patterns,
    resolve,
    wanted,
)

ONE, TWO, THREE = "1" * 40, "2" * 40, "3" * 40
REFS = (
    RemoteRef("HEAD", ONE),
    RemoteRef("refs/heads/main", ONE),
    RemoteRef("refs/heads/v1.0.0", TWO),
    RemoteRef("refs/pull/1/head", THREE),
    RemoteRef("refs/tags/v1.0.0", TWO, THREE),
    RemoteRef("refs/tags/v1.1.0", TWO),
    RemoteRef("refs/tags/latest", TWO),
)


class Newest:
    """Chooses every version of the highest text in front of a `+`; the range is a prefix."""

    def semver(
        self, expression: str, versions: Collection[str], times: Mapping[str, int] | None = None
    ) -> str | None:
        equals = self.semver_equals(expression, versions)
        return max(equals, key=lambda name: (times or {}).get(name, 0), default=None)

    def semver_equals(self, expression: str, versions: Collection[str]) -> tuple[str, ...]:
        found = sorted(name for name in versions if name.startswith(expression))
        return tuple(name for name in found if name.split("+")[0] == found[-1].split("+")[0])


def ref(**fields: str) -> GitRepositoryRef:
    return GitRepositoryRef(**fields)


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (None, Wanted(Kind.BRANCH, "master", "refs/heads/master", "master")),
        (ref(), Wanted(Kind.BRANCH, "master", "refs/heads/master", "master")),
        (ref(branch="main"), Wanted(Kind.BRANCH, "main", "refs/heads/main", "main")),
        (ref(branch="main", tag="v1"), Wanted(Kind.TAG, "v1", "refs/tags/v1", "v1")),
        (ref(tag="v1", semver="1.x"), Wanted(Kind.SEMVER, "1.x")),
        (ref(semver="1.x", name="refs/x/y"), Wanted(Kind.NAME, "refs/x/y", "refs/x/y", "refs/x/y")),
        (
            ref(name="refs/tags/v1^{}"),
            Wanted(Kind.NAME, "refs/tags/v1^{}", "refs/tags/v1", "refs/tags/v1^{}"),
        ),
        (ref(name="HEAD"), Wanted(Kind.NAME, "HEAD", "HEAD", "HEAD")),
        (ref(commit=ONE, tag="v1"), Wanted(Kind.COMMIT, ONE)),
        (ref(commit=ONE, branch="main"), Wanted(Kind.COMMIT, ONE, "refs/heads/main", "main")),
        (
            ref(commit=ONE, branch="main", name="refs/x/y"),
            Wanted(Kind.COMMIT, ONE, "refs/heads/main", "refs/x/y"),
        ),
        (ref(commit="A" * 40), Wanted(Kind.COMMIT, "a" * 40)),
    ],
)
def test_the_most_exact_field_counts(spec: GitRepositoryRef | None, expected: Wanted) -> None:
    assert wanted(spec) == expected


@pytest.mark.parametrize(
    "spec",
    [
        ref(branch="--upload-pack=x"),
        ref(branch="a b"),
        ref(tag="../../x"),
        ref(tag="-"),
        ref(name="main"),
        ref(name="refs/heads/x:refs/y"),
        ref(name="-x/y"),
        ref(commit="HEAD"),
        ref(commit=ONE[:39]),
        ref(commit=ONE, branch="-x"),
        ref(commit=ONE, name="-x"),
    ],
)
def test_a_name_that_git_cannot_have_is_refused(spec: GitRepositoryRef) -> None:
    with pytest.raises(InvalidReference, match=r"spec\.ref\.") as caught:
        wanted(spec)
    assert caught.value.reason == "GitOperationFailed"


@pytest.mark.parametrize(
    ("spec", "revision", "where"),
    [
        (ref(branch="main"), f"main@sha1:{ONE}", "refs/heads/main"),
        (ref(branch="v1.0.0"), f"v1.0.0@sha1:{TWO}", "refs/heads/v1.0.0"),
        (ref(tag="v1.0.0"), f"v1.0.0@sha1:{THREE}", "refs/tags/v1.0.0"),
        (ref(tag="v1.1.0"), f"v1.1.0@sha1:{TWO}", "refs/tags/v1.1.0"),
        (ref(name="refs/pull/1/head"), f"refs/pull/1/head@sha1:{THREE}", "refs/pull/1/head"),
        (ref(name="refs/tags/v1.0.0^{}"), f"refs/tags/v1.0.0^{{}}@sha1:{THREE}", "refs/tags/v1.0.0"),
        (ref(name="refs/tags/v1.0.0"), f"refs/tags/v1.0.0@sha1:{THREE}", "refs/tags/v1.0.0"),
        (ref(name="HEAD"), f"HEAD@sha1:{ONE}", "HEAD"),
        (ref(commit=THREE), f"sha1:{THREE}", ""),
        (ref(commit=THREE, branch="main"), f"main@sha1:{THREE}", "refs/heads/main"),
    ],
)
def test_a_reference_becomes_the_revision_that_flux_writes(
    spec: GitRepositoryRef, revision: str, where: str
) -> None:
    target = resolve(wanted(spec), REFS)
    assert (str(target.revision), target.ref) == (revision, where)


@pytest.mark.parametrize("spec", [ref(branch="gone"), ref(tag="main")])
def test_a_reference_that_is_not_there_is_named(spec: GitRepositoryRef) -> None:
    with pytest.raises(ReferenceNotFound, match="couldn't find remote ref \"refs/"):
        resolve(wanted(spec), REFS)


def test_a_full_name_that_is_not_there_is_named() -> None:
    with pytest.raises(Unresolved, match="unable to resolve ref 'refs/pull/2/head' to a specific commit"):
        resolve(wanted(ref(name="refs/pull/2/head")), REFS)


def test_a_range_chooses_among_tags_only_and_means_their_commits() -> None:
    (found,) = candidates(wanted(ref(semver="v1.0")), REFS, Newest())
    assert (str(found.revision), found.ref) == (f"v1.0.0@sha1:{THREE}", "refs/tags/v1.0.0")


def test_tags_that_stand_equally_high_are_all_candidates() -> None:
    refs = (
        RemoteRef("refs/tags/v1+a", ONE),
        RemoteRef("refs/tags/v1+b", TWO),
        RemoteRef("refs/tags/v0", TWO),
    )
    found = candidates(wanted(ref(semver="v1")), refs, Newest())
    assert [target.revision.name for target in found] == ["v1+a", "v1+b"]


@pytest.mark.parametrize("refs", [(), REFS])
def test_a_range_without_a_tag_in_it_is_named(refs: tuple[RemoteRef, ...]) -> None:
    with pytest.raises(ReferenceNotFound, match="no match found for semver: v9"):
        candidates(wanted(ref(semver="v9")), refs, Newest())


def test_the_remote_is_asked_for_a_reference_and_what_it_leads_to_or_for_all_tags() -> None:
    assert patterns(wanted(ref(tag="v1"))) == ("refs/tags/v1", "refs/tags/v1^{}")
    assert patterns(wanted(ref(semver="1.x"))) == ()


@pytest.mark.parametrize(
    ("spec", "pushed", "expected"),
    [
        (None, "refs/heads/master", True),
        (ref(branch="main"), "refs/heads/main", True),
        (ref(branch="main"), "refs/heads/main2", False),
        (ref(branch="main"), "refs/tags/main", False),
        (ref(tag="v1"), "refs/tags/v1", True),
        (ref(tag="v1"), "refs/tags/v1.1", False),
        (ref(semver="1.x"), "refs/tags/anything", True),
        (ref(semver="1.x"), "refs/heads/main", False),
        (ref(name="refs/tags/v1^{}"), "refs/tags/v1", True),
        (ref(name="refs/pull/1/head"), "refs/heads/main", False),
        (ref(name="HEAD"), "refs/heads/anything", True),
        (ref(name="HEAD"), "refs/tags/v1", False),
        (ref(commit=ONE), "refs/heads/anything", True),
        (ref(commit=ONE, branch="main"), "refs/heads/main", True),
        (ref(commit=ONE, branch="main"), "refs/heads/other", False),
    ],
)
def test_a_push_concerns_what_it_can_change(
    spec: GitRepositoryRef | None, pushed: str, expected: bool
) -> None:
    assert concerns(wanted(spec), pushed) is expected
