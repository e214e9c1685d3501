"""A world with a Kustomization, and plans for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from penstock.base.limits import Limits
from penstock.plans.folder import read_folder
from penstock.plans.preview import Job, PreviewPorts, look_ahead

from tests.kustomize.world import APPS, World, document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.plans.outlook import Outlook


class Planned:
    """The world of the flow's tests, and a repository on disk whose files a plan is made of."""

    def __init__(self, world: World, root: Path) -> None:
        self.world = world
        self.root = root
        (root / ".git").mkdir()

    def write(self, files: Mapping[str, Json | list[Json] | str]) -> None:
        """Files of the repository."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            many = content if isinstance(content, list) else [content]
            path.write_text(content if isinstance(content, str) else document(*many))

    def ports(self, **changes: Any) -> PreviewPorts:
        """What a plan needs, of the world's parts."""
        own = self.world.ports
        ports = PreviewPorts(
            cluster=own.cluster,
            builder=own.builder,
            expressions=own.expressions,
            judge=own.judge,
            clock=own.clock,
            log=own.log,
            masker=own.masker,
            records=own.records,
            requests=1,
        )
        return replace(ports, **changes)

    def job(self, ref: ObjectRef = APPS, folder: str = "apps") -> Job:
        """The Kustomization and the files of its folder."""
        local = read_folder(self.root / folder, Limits())
        return Job(self.world.get(ref), local.files, local.path)

    def plan(self, ref: ObjectRef = APPS, folder: str = "apps", **changes: Any) -> Outlook:
        """What applying the files would do."""
        outlook, _ = look_ahead(self.ports(**changes), self.job(ref, folder))
        return outlook


@pytest.fixture
def planned(tmp_path: Path) -> Planned:
    """A world with the Kustomization `apps`, and an empty repository."""
    world = World()
    world.add()
    return Planned(world, tmp_path)
