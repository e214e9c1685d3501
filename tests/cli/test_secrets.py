"""No command prints a value of a Secret, of a setting that is secret, or of a flag that is one."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import click
import pytest
from penstock.cli import main

from tests.kustomize.builders import config_map, make
from tests.kustomize.world import document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kustomize.live import Live

LOGIN, VARIABLE, APPLIED, FLAG, SETTING = (
    f"c4nary-{what}-0123456789abcdef" for what in ("login", "variable", "applied", "flag", "setting")
)
CANARIES = (LOGIN, VARIABLE, APPLIED, FLAG, SETTING)

# Each command, in the order in which they run; {repository} is a folder with what Git has.
CALLS = {
    "get sources git": ["", "fleet -o json", "-o yaml", "-A -o wide"],
    "get sources all": ["", "-A -o json"],
    "get kustomizations": ["", "apps -o yaml", "-o json", "--show-source -o wide", "-w --timeout 500ms"],
    "get all": ["", "-o yaml", "-A -o wide"],
    "tree kustomization": ["apps", "apps -o json", "apps -o yaml", "broken"],
    "trace": ["secret/applied", "secret login", "applied --kind Secret --api-version v1"],
    "events": ["", "--for Kustomization/broken", "-A", "-w --timeout 500ms"],
    "logs": ["", "-A --level error"],
    "stats": ["", "-A"],
    "history kustomization": ["apps", "broken -o json"],
    "history source git": ["fleet", "fleet -o json"],
    "export source git": ["fleet", "--all"],
    "export kustomization": ["apps", "--all"],
    "build kustomization": ["apps --path {repository}/apps", "broken --path {repository}/broken"],
    "diff kustomization": ["apps --path {repository}/apps", "broken --path {repository}/broken"],
    "migrate": ["-f {repository} --dry-run", "-f {repository} --yes -o json"],
    "rollback kustomization": ["apps --dry-run", "apps --to nowhere"],
    "undelete": ["apps --dry-run", "apps --dry-run -o json"],
    "approve": ["apps --yes", "broken --yes -o json"],
    "version": ["", "--client -o json"],
    "check": ["--timeout 1s", "--pre"],
    "create source git": [
        f"new --url https://example.com/x --branch main -u me -p {FLAG} --silent --timeout 100ms",
        f"new --url nonsense -u me -p {FLAG}",
    ],
    "create secret git": [
        f"made --url https://example.com/x -u me -p {FLAG}",
        f"made --url ftp://example.com -u me -p {FLAG}",
        f"made --url https://example.com/x --bearer-token {FLAG}",
        "login --url https://example.com/x --private-key-file {repository}/apps/all.yaml",
    ],
    "create kustomization": ["new --source GitRepository/fleet --path ./x --timeout 100ms"],
    "reconcile source git": ["fleet --timeout 100ms"],
    "reconcile kustomization": ["apps --with-source --timeout 100ms"],
    "suspend source git": ["fleet"],
    "suspend kustomization": ["apps", "--all"],
    "resume source git": ["fleet --timeout 100ms"],
    "resume kustomization": ["apps --timeout 100ms"],
    "delete source git": ["new --silent"],
    "delete kustomization": ["broken --yes"],
}
# Commands with tests of their own for this, or that know no Secret.
ELSEWHERE = {
    *("up", "down", "serve", "control-plane up", "control-plane down", "control-plane status", "tools build"),
    *("completion bash", "completion fish", "completion powershell", "completion zsh", "envsubst"),
    *("install", "uninstall"),
    *(f"bootstrap {forge}" for forge in ("git", "github", "gitlab", "gitea")),
}


def _commands(command: click.Command, context: click.Context, path: str = "") -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield path
        return
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        assert child is not None
        yield from _commands(child, click.Context(child, context, name), f"{path} {name}".strip())


def test_every_command_is_looked_at() -> None:
    found = set(_commands(main.root, click.Context(main.root)))
    assert found <= CALLS.keys() | ELSEWHERE
    assert CALLS.keys() <= found


@pytest.fixture
def fleet(live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Secrets for the Git server, for variables and from Git, and a Kustomization that fails on one."""
    for name in ("PENSTOCK_WEBHOOK_SECRET", "PENSTOCK_INVOKE_TOKEN"):
        monkeypatch.setenv(name, SETTING)
    for name, value in (("login", LOGIN), ("variables", VARIABLE)):
        data = {"password": value, "token": value}
        live.cluster.create(make("v1", "Secret", name, live.namespace, stringData=data))
    live.patch(live.repository, {"spec": {"secretRef": {"name": "login"}}})
    variables = {"substituteFrom": [{"kind": "Secret", "name": "variables"}]}
    for name in ("apps", "broken"):
        live.add(name, postBuild=variables)
    applied = make("v1", "Secret", "applied", live.namespace, stringData={"a": APPLIED, "b": "${token}"})
    odd = {**config_map("odd", live.namespace), "data": "${token}"}
    files = {"apps/all.yaml": [applied, config_map("gone", live.namespace)], "broken/all.yaml": [odd]}
    for one in (files, {**files, "apps/all.yaml": [applied]}):
        live.push(one)
        assert sorted(outcome.ok for outcome in live.run()) == [False, True]
    repository = tmp_path / "repository"
    for name, objects in files.items():
        (repository / name).parent.mkdir(parents=True)
        (repository / name).write_text(document(*objects))
    return repository


def test_no_command_prints_a_secret(live: Live, fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hidden = [form for value in CANARIES for form in (value, b64encode(value.encode()).decode())]
    for command, calls in CALLS.items():
        for call in calls:
            place = [] if command == "migrate" else ["-n", live.namespace]
            code = main.run([*command.split(), *call.format(repository=fleet).split(), *place])
            told = capsys.readouterr()
            shown = [value for value in hidden if value in told.out + told.err]
            assert not shown, f"penstock {command} {call} prints {shown}"
            assert code in {main.EXIT_OK, main.EXIT_FAILED, main.EXIT_USAGE}
            assert told.out + told.err, f"penstock {command} {call} says nothing"
