"""`penstock export` on the real API server: what it prints can be applied as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from penstock.cli import main

from tests.kustomize.builders import make

if TYPE_CHECKING:
    from tests.kustomize.live import Live


@pytest.fixture
def fleet(live: Live) -> Live:
    """Two Kustomizations; GitRepository `fleet` has a Secret."""
    secret = make("v1", "Secret", "login", live.namespace, stringData={"password": "hunter2"}, type="Opaque")
    live.cluster.create(secret)
    live.patch(
        live.repository, {"spec": {"secretRef": {"name": "login"}}, "metadata": {"labels": {"a": "b"}}}
    )
    for name in ("apps", "web"):
        live.add(name, postBuild={"substitute": {"x": "1e3", "y": "0x1F", "z": "a\nb"}})
    return live


def test_one_or_all_are_printed_and_can_be_applied(fleet: Live, capsys: pytest.CaptureFixture[str]) -> None:
    place = ["-n", fleet.namespace]
    assert main.run(["export", "ks", "apps", *place]) == main.EXIT_OK
    (apps,) = yaml.safe_load_all(capsys.readouterr().out)
    assert apps["metadata"] == {"name": "apps", "namespace": fleet.namespace}
    assert apps["spec"]["postBuild"] == {"substitute": {"x": "1e3", "y": "0x1F", "z": "a\nb"}}
    assert "status" not in apps
    before = fleet.get("Kustomization", "apps", "kustomize.toolkit.fluxcd.io")
    after = fleet.cluster.apply(apps, field_manager="test")
    assert before is not None
    assert (after["spec"], after["metadata"]["generation"]) == (before["spec"], 1)
    assert main.run(["export", "kustomization", "--all", *place]) == main.EXIT_OK
    told = capsys.readouterr().out
    assert told.startswith("---\napiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\n")
    assert [one["metadata"]["name"] for one in yaml.safe_load_all(told)] == ["apps", "web"]


def test_secrets_are_printed_for_who_asks_for_credentials_only(
    fleet: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["export", "source", "git", "fleet", "-n", fleet.namespace]
    assert main.run(arguments) == main.EXIT_OK
    (source,) = yaml.safe_load_all(capsys.readouterr().out)
    assert source["metadata"]["labels"] == {"a": "b"}
    for asked in (
        [*arguments, "--with-credentials"],
        [*arguments[:3], "--all", *arguments[4:], "--with-credentials"],
    ):
        assert main.run(asked) == main.EXIT_OK
        again, secret = yaml.safe_load_all(capsys.readouterr().out)
        assert again == source
        assert secret == make(
            "v1", "Secret", "login", fleet.namespace, data={"password": "aHVudGVyMg=="}, type="Opaque"
        )


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (["ks"], 2, "name is required, or --all"),
        (["source", "git", "none"], 1, "✗ GitRepository object 'none' not found in"),
        (["ks", "--all"], 1, "✗ no Kustomization objects found in"),
        (["hr", "--all"], 1, "✗ HelmRelease is not built here yet"),
    ],
)
def test_what_is_wrong_is_told(
    live: Live, arguments: list[str], code: int, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["export", *arguments, "-n", live.namespace]) == code
    told = capsys.readouterr()
    assert (told.out, why in told.err) == ("", True)


def test_a_secret_that_is_missing_is_named_and_nothing_is_printed(
    live: Live, capsys: pytest.CaptureFixture[str]
) -> None:
    live.patch(live.repository, {"spec": {"secretRef": {"name": "gone"}}})
    arguments = ["export", "source", "git", "--all", "--with-credentials", "-n", live.namespace]
    assert main.run(arguments) == main.EXIT_FAILED
    told = capsys.readouterr()
    assert (told.out, "✗ failed to retrieve secret gone" in told.err) == ("", True)
