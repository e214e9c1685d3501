"""Which GitRepositories a push concerns (threats A-07, A-10)."""

from typing import Any

import pytest
from penstock.api.refs import git_repository
from penstock.api.work import Hint
from penstock.source.hints import concerned

HINT = Hint(("https://github.com/Acme/fleet", "git@github.com:Acme/fleet.git"), "refs/heads/main")


def repository(name: str, url: str = "https://github.com/acme/fleet", **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "source.toolkit.fluxcd.io/v1",
        "kind": "GitRepository",
        "metadata": {"namespace": "apps", "name": name},
        "spec": {"url": url, "interval": "1m", "ref": {"branch": "main"}, **spec},
    }


def test_every_object_of_that_repository_and_reference_is_concerned() -> None:
    objects = [
        repository("same"),
        repository("ssh", "ssh://git@github.com/acme/fleet.git"),
        repository("other-repository", "https://github.com/acme/fleet2"),
        repository("fork", "https://github.com/eve/fleet"),
        repository("longer", "https://github.com/acme/fleet/more"),
        repository("other-host", "https://github.com.evil.example/acme/fleet"),
        repository("before-it-was-renamed", "https://github.com/acme/old-fleet"),
        repository("case", "https://GitHub.com/ACME/Fleet.git/"),
        repository("other-branch", ref={"branch": "dev"}),
        repository("default-branch", ref=None),
        repository("tag", ref={"tag": "main"}),
        repository("commit", ref={"commit": "1" * 40}),
    ]
    assert concerned(objects, HINT) == tuple(
        git_repository("apps", name) for name in ("case", "commit", "same", "ssh")
    )


def test_suspended_deleted_and_broken_objects_are_left_out() -> None:
    deleted = repository("deleted")
    deleted["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    broken = repository("broken", interval="soon")
    strange = repository("strange", ref={"branch": "-x"})
    foreign = {**repository("foreign"), "kind": "Bucket"}
    objects = [repository("suspended", suspend=True), deleted, broken, strange, foreign, {}]
    assert concerned(objects, HINT) == ()


@pytest.mark.parametrize("urls", [(), ("",), ("nonsense", "https://")])
def test_a_hint_without_an_address_concerns_nobody(urls: tuple[str, ...]) -> None:
    assert concerned([repository("same"), repository("odd", "https://")], Hint(urls, "refs/heads/main")) == ()
