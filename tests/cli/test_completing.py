"""What a shell is offered while somebody types: what the API server has, and nothing where that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest
import yaml
from click.shell_completion import ShellComplete
from penstock.cli.completing import object_names
from penstock.cli.kube import Kube, kube_flags
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kustomize.live import Live


@click.command("look")
@click.argument("name", default="", shell_complete=object_names(KUSTOMIZATION))
@click.argument("source", default="", shell_complete=object_names(GIT_REPOSITORY))
@kube_flags(everywhere=True)
def look(kube: Kube, name: str, source: str) -> tuple[Kube, str, str]:
    """Look."""
    return kube, name, source


def _offered(typed: str, incomplete: str = "") -> list[str]:
    shell = ShellComplete(look, {}, "look", "_LOOK_COMPLETE")
    return [item.value for item in shell.get_completions(typed.split(), incomplete)]


def test_names_of_objects_come_from_the_namespace_that_is_typed(live: Live) -> None:
    for name in ("web", "worker", "apps"):
        live.add(name)
    assert _offered(f"-n {live.namespace}") == ["apps", "web", "worker"]
    assert _offered(f"-n {live.namespace}", "w") == ["web", "worker"]
    assert _offered(f"-n {live.namespace} web", "fl") == ["fleet"]
    assert _offered("-n nowhere") == []
    assert {"apps", "web"} <= set(_offered("-A"))
    assert live.namespace in _offered("-n", "test-")


def test_contexts_come_from_the_kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("mine", "other"):
        contexts = [{"name": f"{name}-{number}"} for number in (1, 2)]
        (tmp_path / name).write_text(yaml.safe_dump({"contexts": [*contexts, {"context": {}}, "broken"]}))
    monkeypatch.delenv("PENSTOCK_KUBECONFIG", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "mine"))
    assert _offered("--context") == ["mine-1", "mine-2"]
    assert _offered(f"--kubeconfig {tmp_path / 'other'} --context", "other-2") == ["other-2"]


@pytest.mark.parametrize("content", ["server: [", "a: &a [*a]", "contexts: 5", None])
def test_without_a_usable_kubeconfig_nothing_is_offered(content: str | None, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    if content is not None:
        file.write_text(content)
    for typed in ("", "-n", "--context"):
        assert _offered(f"--kubeconfig {file} {typed}") == []
