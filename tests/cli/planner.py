"""Somebody who plans: a folder of manifests, a Kustomization on the real API server, a shell."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

from penstock.cli import main

from tests.kustomize.builders import config_map, make
from tests.kustomize.world import document

if TYPE_CHECKING:
    from pathlib import Path

    import pytest
    from penstock.api.objects import Json

    from tests.kustomize.live import Live

CANARY = "c4nary-0f-a-secret-value"
OTHER = "0ther-c4nary-0f-the-cluster"
ENCODED, OTHER_ENCODED = (b64encode(value.encode()).decode() for value in (CANARY, OTHER))


class Person:
    """Somebody with a folder of manifests and a shell."""

    def __init__(self, live: Live, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.live = live
        self.root = root
        self._capsys = capsys
        (root / ".git").mkdir()
        self.everything = ""

    def write(self, *objects: Json, name: str = "apps/all.yaml") -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document(*objects))

    def push(self, *objects: Json) -> str:
        revision = self.live.push({"apps/all.yaml": list(objects)})
        self.live.one()
        return revision

    def types(self, *words: str, bare: bool = False) -> tuple[int, str, str]:
        """The exit code, stdout and stderr of a verb; `-n` is added unless `bare`."""
        code = main.run([*words, *([] if bare else ["-n", self.live.namespace])])
        told = self._capsys.readouterr()
        self.everything += told.out + told.err
        return code, told.out, told.err

    def plans(self, verb: str, *more: str) -> tuple[int, str, str]:
        return self.types(verb, "ks", "apps", "--path", str(self.root / "apps"), *more)


def objects(live: Live) -> tuple[Json, Json, Json]:
    """A ConfigMap, a Secret and a Service."""
    one = config_map("one", live.namespace, data={"x": "1"})
    secret = make("v1", "Secret", "s", live.namespace, stringData={"password": CANARY})
    service = make(
        "v1",
        "Service",
        "web",
        live.namespace,
        spec={"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": 80}]},
    )
    return one, secret, service
