"""Kustomizations among the objects of a build, followed into the local folders of their sources.

Source: flux2 internal/build for `--recursive` and `--local-sources`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from penstock.api.kustomization import decode
from penstock.base.errors import PenstockError, Terminal
from penstock.kustomize.changes import Action
from penstock.kustomize.overlay import entry_path
from penstock.plans.folder import read_folder
from penstock.plans.preview import Job, built, look_ahead
from penstock.plans.subject import is_kustomization, with_status_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from penstock.api.objects import Json
    from penstock.api.refs import ObjectRef
    from penstock.kustomize.scope import Target
    from penstock.plans.outlook import Outlook
    from penstock.plans.preview import PreviewPorts

Sources = dict[str, Path]
"""The folders of sources, by `Kind/namespace/name`."""


def parse_sources(texts: Sequence[str]) -> Sources:
    """`Kind/namespace/name=path`, several of them with commas between; Terminal for anything else."""
    found: Sources = {}
    for text in (part for one in texts for part in one.split(",")):
        source, mark, path = text.partition("=")
        if not mark or not path or source.count("/") != 2:
            raise Terminal(f"--local-sources: {text!r} is not of the form Kind/namespace/name=path")
        found[source] = Path(path)
    return found


def built_below(
    ports: PreviewPorts, targets: Sequence[Target], sources: Sources, ignored: Sequence[str], owner: ObjectRef
) -> Iterator[Json]:
    """The objects of the Kustomizations among the targets, and of those among them; Terminal if one fails."""
    yield from _built_below(ports, targets, sources, ignored, frozenset({owner}))


def _built_below(
    ports: PreviewPorts,
    targets: Sequence[Target],
    sources: Sources,
    ignored: Sequence[str],
    above: frozenset[ObjectRef],
) -> Iterator[Json]:
    for target in _kustomizations(targets, above):
        found = built(ports, _job(ports, target.obj, sources, ignored))
        yield from (one.obj for one in found)
        yield from _built_below(ports, found, sources, ignored, above | {target.ref})


def looked_below(
    ports: PreviewPorts,
    seen: tuple[Outlook, tuple[Target, ...]],
    sources: Sources,
    ignored: Sequence[str],
    above: frozenset[ObjectRef] = frozenset(),
) -> Outlook:
    """The outlook with those of the Kustomizations among its objects that are there already.

    Why one has none is a problem of it.
    """
    outlook, targets = seen
    above |= {outlook.owner}
    new = {entry.ref for entry in outlook.entries if entry.action is Action.CREATED}
    below: dict[ObjectRef, Outlook | str] = {}
    for target in _kustomizations(targets, above | new):
        try:
            ahead = look_ahead(ports, _job(ports, target.obj, sources, ignored))
            below[target.ref] = looked_below(ports, ahead, sources, ignored, above)
        except PenstockError as error:
            below[target.ref] = error.message
    problems = (f"{ref}: {why}" for ref, why in below.items() if isinstance(why, str))
    return replace(outlook, below=below, problems=(*outlook.problems, *problems))


def _kustomizations(targets: Sequence[Target], left_out: frozenset[ObjectRef]) -> Iterator[Target]:
    return (one for one in targets if is_kustomization(one.obj) and one.ref not in left_out)


def _job(ports: PreviewPorts, obj: Json, sources: Mapping[str, Path], ignored: Sequence[str]) -> Job:
    model = decode(obj)
    source = model.source
    name = f"{source.kind}/{source.namespace}/{source.name}"
    if name not in sources:
        raise Terminal(
            f"cannot get local path for {name} of kustomization {model.metadata.name}: "
            f"name its folder with --local-sources {name}=PATH"
        )
    local = read_folder(sources[name] / entry_path(model.spec.path), ports.limits, ignored)
    return Job(with_status_of(obj, ports.cluster.get(model.ref)), local.files, local.path)
