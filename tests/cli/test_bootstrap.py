"""`penstock bootstrap`: what its flags say, before anything is done."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
import yaml
from penstock.cli.main import run

from tests.fixtures_ssh import exported, new_key

if TYPE_CHECKING:
    from pathlib import Path

GITHUB = ("github", "--owner=acme", "--repository=fleet")
_VARIABLES = (
    *("GITHUB_TOKEN", "GITHUB_USER", "GIT_PASSWORD"),
    *("KUBECONFIG", "FLUX_SYSTEM_NAMESPACE", "SSH_AUTH_SOCK"),
)
HTTPS = ("git", "--url=https://git.example.com/fleet")


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of the tester, no cluster, and nothing on stdin."""
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())


@pytest.mark.parametrize("name", ["github", "gitlab", "gitea", "git"])
def test_the_help_teaches_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bootstrap", name, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"penstock bootstrap {name} --" in shown
    assert "GIT_PASSWORD" in shown if name == "git" else f"export {name.upper()}_TOKEN=" in shown


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("github", "--repository=fleet"), "--owner is required"),
        (("gitea", "--owner=acme"), "--repository is required"),
        ((*GITHUB, "--path=../other"), "has .. in it"),
        ((*GITHUB, "--path=/etc"), "begins with /"),
        ((*GITHUB, "--branch=a..b"), "is no name of a branch"),
        ((*GITHUB, "--interval=0s"), "--interval must be longer than nothing"),
        ((*GITHUB, "--interval=soon"), "is no duration"),
        ((*GITHUB, "--secret-name=My_Secret"), "--secret-name 'My_Secret' is no name"),
        ((*GITHUB, "--author-name= "), "--author-name is empty"),
        ((*GITHUB, "--path=clusters/prod", "--sparse-checkout=apps"), "leaves out --path clusters/prod"),
        ((*GITHUB, "--sparse-checkout=apps"), "leaves out --path ./"),
        ((*GITHUB, "--team=ops:root"), "invalid permission 'root' for team 'ops'"),
        ((*GITHUB, "--version=v2.0.0"), "--version is not taken"),
        (("git",), "Missing option '--url'"),
        (("git", "--url=file:///etc"), "--url"),
        (("git", "--url=http://git.example.com/fleet"), "pass --allow-insecure-http=true"),
        (("git", "--url=ssh://git@git.example.com/fleet"), "an ssh URL needs --private-key-file"),
        (("nothing",), "No such command"),
    ],
)
def test_wrong_usage_is_told_before_a_token_is_asked_for(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bootstrap", *arguments]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bitbucket-server", "--owner=x"), "bootstrap bitbucket-server is not built here yet"),
        (("gitlab", "--owner=a", "--repository=b", "--deploy-token-auth"), "is not built here yet"),
        ((*HTTPS, "--gpg-key-ring=x"), "--gpg-key-ring: signed commits are not built here yet"),
        ((*HTTPS, "--ssh-signing-reuse-private-key"), "signed commits are not built here yet"),
        ((*HTTPS, "--components=helm-controller"), "component source-controller is required"),
        ((*HTTPS, "--components-extra=mine"), "component mine is not available"),
        ((*HTTPS, "--ssh-key-algorithm=rsa", "--ssh-rsa-bits=100"), "--ssh-rsa-bits 100"),
        ((*HTTPS, "--private-key-file=/nowhere"), "--private-key-file /nowhere: No such file"),
        ((*HTTPS, "--private-key-file=/etc/hostname"), "--private-key-file /etc/hostname: ssh: no key found"),
        ((*HTTPS, "--ca-file=/nowhere"), "--ca-file /nowhere: No such file"),
    ],
)
def test_what_cannot_be_had_is_said_by_the_flags_name(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bootstrap", *arguments, *(["--export"] if "bitbucket-server" not in arguments else [])]) == 1
    assert words in capsys.readouterr().err


def test_a_flag_about_pods_is_taken_and_it_is_said_that_it_does_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    arguments = ("--log-level=debug", "--network-policy=false", "--ssh-hostkey-algos=rsa", "--export")
    assert run(["bootstrap", *HTTPS, *arguments]) == 0
    warned = capsys.readouterr().err.splitlines()
    assert [line.split()[1] for line in warned] == ["--log-level", "--network-policy", "--ssh-hostkey-algos"]


@pytest.mark.parametrize(
    ("arguments", "url"),
    [
        (GITHUB, "ssh://git@github.com/acme/fleet"),
        ((*GITHUB, "--token-auth"), "https://github.com/acme/fleet.git"),
        (
            (*GITHUB, "--hostname=git.example.com", "--ssh-hostname=ssh.example.com:22"),
            "ssh://git@ssh.example.com:22/acme/fleet",
        ),
        (
            ("gitlab", "--owner=acme", "--repository=fleet", "--private=false"),
            "ssh://git@gitlab.com/acme/fleet",
        ),
        (("gitea", "--owner=acme", "--repository=fleet"), "ssh://git@gitea.com/acme/fleet"),
        (HTTPS, "ssh://git@git.example.com/fleet"),
        ((*HTTPS, "--token-auth"), "https://git.example.com/fleet"),
        (("git", "--url=ssh://ada@git.example.com:2222/fleet"), "ssh://ada@git.example.com:2222/fleet"),
    ],
)
def test_export_shows_what_would_be_pushed_and_needs_neither_token_nor_cluster(
    arguments: tuple[str, ...], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bootstrap", *arguments, "--path=clusters/prod", "--interval=5m", "--export"]) == 0
    shown = capsys.readouterr()
    objects = {obj["kind"]: obj for obj in yaml.safe_load_all(shown.out) if obj}
    assert objects["GitRepository"]["spec"]["url"] == url
    assert objects["GitRepository"]["spec"]["interval"] == "5m0s"
    assert objects["Kustomization"]["spec"]["path"] == "./clusters/prod"
    assert "CustomResourceDefinition" in objects
    assert shown.err == ""


def test_the_owner_is_taken_from_the_environment_and_the_namespace_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_USER", "ada")
    monkeypatch.setenv("FLUX_SYSTEM_NAMESPACE", "gitops")
    assert run(["bootstrap", "github", "--repository=fleet", "--personal", "--export"]) == 0
    objects = [obj for obj in yaml.safe_load_all(capsys.readouterr().out) if obj]
    last = {obj["kind"]: obj for obj in objects}
    assert last["GitRepository"]["metadata"] == {"name": "gitops", "namespace": "gitops"}
    assert last["GitRepository"]["spec"]["url"] == "ssh://git@github.com/ada/fleet"


def test_a_webhook_needs_its_secret(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "canary")
    receiver = "--receiver-url=https://penstock.example.com"
    assert run(["bootstrap", *GITHUB, receiver]) == 2
    assert "set PENSTOCK_WEBHOOK_SECRET" in capsys.readouterr().err
    blank = tmp_path / "blank"
    blank.write_text(" \n")
    assert run(["bootstrap", *GITHUB, receiver, f"--webhook-secret-file={blank}"]) == 2
    assert "is blank" in capsys.readouterr().err
    assert run(["bootstrap", *GITHUB, "--receiver-url=http://penstock.example.com"]) == 2
    assert "must be https" in capsys.readouterr().err


def test_an_encrypted_key_needs_its_passphrase(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_bytes(exported(new_key(), passphrase="words"))
    arguments = [
        "bootstrap",
        "git",
        "--url=ssh://git@git.example.com/a",
        f"--private-key-file={key}",
        "--export",
    ]
    assert run(arguments) == 1
    assert "has a passphrase: give it with --password" in capsys.readouterr().err
    assert run([*arguments, "--password=words"]) == 0


@pytest.mark.parametrize(
    ("arguments", "variable"),
    [(GITHUB, "GITHUB_TOKEN"), (HTTPS, "GIT_PASSWORD"), ((*HTTPS, "--token-auth"), "GIT_PASSWORD")],
)
def test_a_secret_that_is_no_text_is_told_by_its_variable_and_not_shown(
    arguments: tuple[str, ...],
    variable: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(variable, "canary\udcff")
    assert run(["bootstrap", *arguments]) == 1
    told = capsys.readouterr().err
    assert f"✗ {variable} has bytes that are no UTF-8" in told
    assert "canary" not in told


def test_a_token_is_read_from_stdin_and_an_empty_one_is_none(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", "/nowhere/kubeconfig")
    assert run(["bootstrap", *GITHUB]) == 1
    assert capsys.readouterr().err == "✗ there is no token: put one into GITHUB_TOKEN\n"
    monkeypatch.setattr("sys.stdin", io.StringIO("canary\nmore\n"))
    assert run(["bootstrap", *GITHUB]) == 1
    shown = capsys.readouterr().err
    assert "/nowhere/kubeconfig" in shown
    assert "canary" not in shown
