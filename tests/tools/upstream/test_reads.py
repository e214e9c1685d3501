"""What a build looked at decides its result, and nothing else does (decision 3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.kustomize.overlay import Overlay
from penstock.tools.upstream import BuildError, BuildResult

from tests.tools.upstream.features import FLEETS
from tests.tools.upstream.fleets import CONFIG, Files, files, kustomization

if TYPE_CHECKING:
    from penstock.tools.upstream import Upstream

JUNK = b"{ this is no manifest"


def build(upstream: Upstream, tree: Files) -> BuildResult:
    return upstream.build(tree, "app", overlay=Overlay())


def outcome(upstream: Upstream, tree: Files) -> BuildResult | str:
    try:
        return build(upstream, tree)
    except BuildError as error:
        return str(error)


@pytest.mark.parametrize("name", FLEETS)
def test_files_that_were_not_read_do_not_matter(name: str, upstream: Upstream) -> None:
    tree = FLEETS[name]
    built = build(upstream, tree)
    changed = {path: data if path in built.files_read else JUNK for path, data in tree.items()}
    assert build(upstream, changed) == built


@pytest.mark.parametrize("name", FLEETS)
def test_a_new_file_matters_only_where_one_was_looked_for_or_listed(name: str, upstream: Upstream) -> None:
    tree = FLEETS[name]
    built = build(upstream, tree)
    folders = {path.rpartition("/")[0] for path in tree} | {"", "new"}
    added = {f"{folder}/added.yaml".lstrip("/"): JUNK for folder in folders if folder not in built.listed}
    assert build(upstream, {**tree, **added}) == built


@pytest.mark.parametrize("name", FLEETS)
def test_every_file_that_was_read_is_needed(name: str, upstream: Upstream) -> None:
    tree = FLEETS[name]
    built = build(upstream, tree)
    for gone in built.files_read:
        rest = {path: data for path, data in tree.items() if path != gone}
        assert outcome(upstream, rest) != built


def test_reads_are_sorted_and_name_what_was_looked_for_in_vain(upstream: Upstream) -> None:
    built = build(upstream, files(app__K=kustomization(resources="[config.yaml]"), app__config_yaml=CONFIG))
    assert built.files_read == ("app/config.yaml", "app/kustomization.yaml")
    assert built.absent == ("app/Kustomization", "app/kustomization.yml")
    assert built.directories == ("app",)
    assert built.listed == ()


def test_a_scan_names_the_folders_that_it_listed(upstream: Upstream) -> None:
    built = build(upstream, files(app__one_yaml=CONFIG, app__sub__README="x"))
    assert built.listed == ("app", "app/sub")
    assert "app/kustomization.yaml" in built.absent


def test_a_failed_build_names_what_it_read_too(upstream: Upstream) -> None:
    tree = files(app__K=kustomization(resources="[missing.yaml]"))
    with pytest.raises(BuildError) as caught:
        build(upstream, tree)
    assert caught.value.reads is not None
    assert "app/missing.yaml" in caught.value.reads.absent
    assert caught.value.reads.files_read == ("app/kustomization.yaml",)
