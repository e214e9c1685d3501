"""A push to a real Gitea, told by its own webhook, is fetched with a key that was made for it and applied."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from penstock.forge.port import DeployKey, WantedRepository, Webhook

from tests.e2e.fleet import Fleet, config_map, ready
from tests.e2e.leaks import leaks
from tests.fixtures_git import WorkingCopy
from tests.fixtures_ssh import exported, new_key
from tests.forge.logging_in import gitea_of
from tests.runtime.requesting import SECRET
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.forge.port import Forge, Repository

    from tests.e2e.fleet import Functions
    from tests.support.gitea_server import GiteaServer, Person
    from tests.support.kube import Kube
    from tests.support.kubectl import Kubectl


@pytest.fixture
def forge(gitea: GiteaServer, person: Person) -> Forge:
    """Gitea, as a person with an account there asks it."""
    return gitea_of(gitea, person.token)


@pytest.fixture
def hosted(forge: Forge, person: Person, functions: Functions) -> Repository:
    """A private repository of that person, with a webhook to penstock."""
    made, _ = forge.ensure_repository(WantedRepository(person.login, "fleet", personal=True))
    forge.ensure_webhook(made, Webhook(functions.url + forge.receiver_path, SECRET))
    return made


@pytest.fixture
def copy(gitea: GiteaServer, hosted: Repository, person: Person, tmp_path: Path) -> WorkingCopy:
    """The person's clone, pushed from over https with the token."""
    copy = WorkingCopy(tmp_path / "clone", hosted.https_url)
    copy.path.mkdir()
    copy.git("init", "--quiet", "--initial-branch=main")
    copy.git("config", "http.sslCAInfo", str(gitea.ca_file))
    copy.git("config", "http.extraHeader", f"Authorization: token {person.token}")
    return copy


@pytest.fixture
def fleet(kube: Kube, functions: Functions, namespace: str, copy: WorkingCopy) -> Fleet:
    """A fleet of that repository, with a Secret `login` that is not there yet."""
    return Fleet(kube, functions, namespace, copy)


def keep(fleet: Fleet, **data: bytes) -> None:
    encoded = {key: b64encode(value).decode() for key, value in data.items()}
    fleet.kube.post(fleet.path("Secret"), {"metadata": {"name": "login"}, "data": encoded})


def told(fleet: Fleet, **fields: object) -> int:
    """How many deliveries were answered so."""
    lines = fleet.functions.running.logged("POST /github")
    return sum(fields.items() <= line.items() for line in lines)


def test_a_push_over_https_is_told_by_giteas_own_webhook_and_applied(
    fleet: Fleet, gitea: GiteaServer, person: Person, kubectl: Kubectl
) -> None:
    keep(fleet, **{"username": person.login.encode(), "password": person.token.encode(), "ca.crt": gitea.ca})
    fleet.add_source(secretRef={"name": "login"})
    fleet.add_kustomization()
    for value in ("1", "2"):
        commit = fleet.copy.publish({"a.yaml": config_map("a", key=value)})
        fleet.wait_applied(commit)
        assert fleet.the("ConfigMap", "a")["data"] == {"key": value}
    assert leaks(person.token, fleet, kubectl) == leaks(SECRET, fleet, kubectl) == []


def test_a_push_is_fetched_over_ssh_with_the_key_that_was_added(
    fleet: Fleet, forge: Forge, hosted: Repository, gitea: GiteaServer
) -> None:
    key = new_key()
    forge.ensure_deploy_key(hosted, DeployKey("flux", key.export_public_key().decode()))
    keep(fleet, identity=exported(key), known_hosts=gitea.known_hosts())
    fleet.add_source(url=hosted.ssh_url, secretRef={"name": "login"})
    fleet.add_kustomization()
    fleet.wait_applied(fleet.copy.publish({"a.yaml": config_map("a", key="1")}))


def test_a_tag_is_told_like_a_branch_and_what_is_deleted_is_no_work(
    fleet: Fleet, gitea: GiteaServer, person: Person
) -> None:
    keep(fleet, **{"username": person.login.encode(), "password": person.token.encode(), "ca.crt": gitea.ca})
    fleet.add_source(secretRef={"name": "login"}, ref={"semver": ">=1.0.0"})
    fleet.add_kustomization()
    commit = fleet.copy.publish({"a.yaml": config_map("a")})
    fleet.copy.git("tag", "v1.0.0")
    fleet.copy.push("v1.0.0")
    eventually(
        lambda: ready(fleet.the("Kustomization", "apps"))[2] == f"Applied revision: v1.0.0@sha1:{commit}",
        "the tag is applied",
    )
    before = told(fleet, ignored="the ref was deleted", status=202)
    fleet.copy.push(":refs/tags/v1.0.0")
    eventually(lambda: told(fleet, ignored="the ref was deleted", status=202) > before, "the end of the tag")


def test_another_secret_is_refused_and_the_right_one_taken_again(
    fleet: Fleet, forge: Forge, hosted: Repository, gitea: GiteaServer, person: Person
) -> None:
    keep(fleet, **{"username": person.login.encode(), "password": person.token.encode(), "ca.crt": gitea.ca})
    fleet.add_source(secretRef={"name": "login"})
    fleet.add_kustomization()
    url = fleet.functions.url + forge.receiver_path
    forge.ensure_webhook(hosted, Webhook(url, "another-secret"))
    before = told(fleet, status=401)
    fleet.copy.publish({"a.yaml": config_map("a", key="1")})
    eventually(lambda: told(fleet, status=401) > before, "the refusal")
    forge.ensure_webhook(hosted, Webhook(url, SECRET))
    fleet.wait_applied(fleet.copy.publish({"a.yaml": config_map("a", key="2")}))
