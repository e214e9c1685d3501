"""The fake does what the port says, so that flows may be tested on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.forge.errors import OwnerMissing, Refused, Unavailable
from penstock.forge.port import DeployKey, Outcome, Team, TeamAccess, Visibility, WantedRepository, Webhook

from tests.fakes.forge import FakeForge

if TYPE_CHECKING:
    from penstock.forge.port import Forge

KEY = DeployKey("flux", "ssh-ed25519 AAAA flux")
HOOK = Webhook("https://penstock.test/github", "secret-canary")


def test_what_is_made_once_is_found_the_second_time() -> None:
    forge: Forge = FakeForge()
    wanted = WantedRepository("acme", "fleet")
    repository, outcome = forge.ensure_repository(wanted)
    assert outcome is Outcome.CREATED
    assert (repository.https_url, repository.ssh_url) == (
        "https://forge.test/acme/fleet.git",
        "ssh://git@forge.test/acme/fleet",
    )
    for expected in (Outcome.CREATED, Outcome.UNCHANGED):
        assert forge.ensure_deploy_key(repository, KEY) is expected
        assert forge.ensure_webhook(repository, HOOK) is expected
        assert forge.ensure_team(repository, Team("platform")) is expected
        assert forge.set_default_branch(repository, "main") is Outcome.UNCHANGED
    assert forge.ensure_repository(wanted) == (repository, Outcome.UNCHANGED)
    assert forge.find_repository("acme", "fleet") == repository
    assert forge.branch(repository, "main") is None


def test_what_differs_is_changed_and_what_is_removed_is_gone() -> None:
    forge = FakeForge()
    repository, _ = forge.ensure_repository(WantedRepository("ada", "fleet", personal=True))
    forge.ensure_deploy_key(repository, KEY)
    forge.ensure_webhook(repository, HOOK)
    other = DeployKey("flux", "ssh-ed25519 BBBB", read_only=False)
    assert forge.ensure_deploy_key(repository, other) is Outcome.UPDATED
    public = WantedRepository(
        "ada", "fleet", visibility=Visibility.PUBLIC, personal=True, description="x", reconcile=True
    )
    assert forge.ensure_repository(public)[1] is Outcome.UPDATED
    assert [forge.remove_webhook(repository, HOOK.url) for _ in range(2)] == [True, False]
    assert [forge.remove_deploy_key(repository, "flux") for _ in range(2)] == [True, False]


def test_it_refuses_what_a_forge_refuses_and_fails_where_it_is_told_to() -> None:
    forge = FakeForge()
    with pytest.raises(OwnerMissing):
        forge.ensure_repository(WantedRepository("nobody", "fleet"))
    with pytest.raises(Refused):
        forge.ensure_repository(WantedRepository("acme", "fleet", personal=True))
    repository, _ = forge.ensure_repository(WantedRepository("acme", "fleet"))
    with pytest.raises(OwnerMissing):
        forge.ensure_team(repository, Team("nobody", TeamAccess.PULL))
    forge.failures["whoami"] = Unavailable("forge.test cannot be reached")
    with pytest.raises(Unavailable):
        forge.whoami()
    assert forge.calls[-1] == "whoami"


def test_a_webhooks_secret_does_not_show() -> None:
    assert "secret-canary" not in repr(HOOK)
