"""The flow of bootstrap on repositories that hold what nobody expects: real Git server, real builder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import PenstockError

from tests.bootstrap.world import NAME, TOKEN
from tests.fixtures_git import WorkingCopy

if TYPE_CHECKING:
    from pathlib import Path

    from tests.bootstrap.world import World

SYSTEM = "clusters/prod/flux-system"
KUSTOMIZATION = f"{SYSTEM}/kustomization.yaml"
OURS = "resources:\n- gotk-components.yaml\n- gotk-sync.yaml\n"
APP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: app, namespace: default}\n"


@pytest.fixture
def copy(world: World, tmp_path: Path) -> WorkingCopy:
    """A person's clone."""
    path = tmp_path / "copy"
    path.mkdir()
    made = WorkingCopy(path, world.server.url(NAME).replace("://", f"://acme:{TOKEN}@"))
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("config", "core.autocrlf", "false")
    return made


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(OURS, id="both are named and neither is there"),
        pytest.param(OURS.replace("\n", "\r\n") + "- app.yaml\r\n", id="with the line ends of Windows"),
        pytest.param("resources:\n- app.yaml\n", id="neither is named"),
        pytest.param(
            f"{OURS}patches:\n- patch: |\n    apiVersion: kustomize.toolkit.fluxcd.io/v1\n"
            "    kind: Kustomization\n    metadata: {name: flux-system, namespace: flux-system}\n"
            "    spec: {suspend: false}\n",
            id="what comes later is patched",
        ),
    ],
)
def test_a_kustomization_file_that_was_there_first_is_built_as_it_will_be(
    world: World, copy: WorkingCopy, text: str
) -> None:
    copy.publish({KUSTOMIZATION: text, f"{SYSTEM}/app.yaml": APP})
    world.run()
    head, objects = world.head, world.cluster.objects()
    assert "✔ Kustomization reconciled successfully" in world.lines
    assert world.cluster.objects("CustomResourceDefinition")
    world.run()
    assert (world.head, world.cluster.objects()) == (head, objects)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        (
            {KUSTOMIZATION: f"{OURS}- https://127.0.0.1:1/evil.yaml\n"},
            "remote bases and resources are refused",
        ),
        ({KUSTOMIZATION: f"{OURS}- ../../../../etc\n"}, "is outside of the artifact"),
        ({KUSTOMIZATION: f"{OURS}generators: [g.yaml]\n", f"{SYSTEM}/g.yaml": APP}, "plugin"),
        ({KUSTOMIZATION: "resources: 5\n"}, "resources is no list"),
        ({KUSTOMIZATION: OURS, f"{SYSTEM}/Kustomization": OURS}, "remove the other"),
        ({f"{SYSTEM}/gotk-sync.yaml/x": "1"}, "is no file: it is a folder; remove it, then run this again"),
        ({f"{SYSTEM}/gotk-components.yaml": "{{{"}, "remove it, then run this again"),
        ({SYSTEM: "a file"}, "is no folder: it is a file; remove it, or give another --path"),
    ],
)
def test_what_cannot_be_used_is_told_before_anything_is_pushed_or_applied(
    world: World, copy: WorkingCopy, files: dict[str, str], why: str
) -> None:
    head = copy.publish(files)
    with pytest.raises(PenstockError, match=why):
        world.run()
    assert world.head == head
    assert not world.cluster.writes()
    assert not world.forge.kept[NAME].keys


@pytest.mark.parametrize("where", ["clusters", "clusters/prod", SYSTEM, KUSTOMIZATION])
@pytest.mark.parametrize("mode", ["120000", "160000"])
def test_a_link_or_a_submodule_in_the_way_is_told_before_anything_is_pushed(
    world: World, copy: WorkingCopy, where: str, mode: str
) -> None:
    link = copy.git("hash-object", "-w", "/dev/null")
    copy.git("update-index", "--add", "--cacheinfo", f"{mode},{link},{where}")
    copy.git("commit", "--quiet", "--message=x")
    copy.git("push", "--quiet", copy.url, "HEAD:refs/heads/main")
    head = world.head
    with pytest.raises(PenstockError, match=f"{where} in the repository is no f"):
        world.run()
    assert world.head == head
    assert not world.cluster.writes()


def test_attributes_of_a_repository_change_nothing_that_is_committed(
    world: World, copy: WorkingCopy, tmp_path: Path
) -> None:
    attributes = "* text eol=crlf ident filter=evil working-tree-encoding=UTF-16LE-BOM\n"
    copy.publish({"README.md": "mine\n"})
    blob = copy.git("rev-parse", "HEAD:README.md")
    (tmp_path / "attributes").write_text(attributes)
    made = copy.git("hash-object", "-w", "--no-filters", str(tmp_path / "attributes"))
    copy.git("update-index", "--add", "--cacheinfo", f"100644,{made},.gitattributes")
    copy.git("commit", "--quiet", "--message=attributes")
    copy.git("push", "--quiet", copy.url, "HEAD:refs/heads/main")
    world.run()
    copy.git("fetch", "--quiet", copy.url, "main")
    for name in ("gotk-components.yaml", "gotk-sync.yaml", "kustomization.yaml"):
        committed = copy.git("cat-file", "blob", f"FETCH_HEAD:{SYSTEM}/{name}")
        assert "\r" not in committed
        assert "apiVersion: " in committed
    assert copy.git("rev-parse", "FETCH_HEAD:README.md") == blob
    head = world.head
    world.run()
    assert world.head == head


def test_a_hundred_thousand_files_beside_it_are_neither_read_nor_lost(
    world: World, copy: WorkingCopy
) -> None:
    blob = copy.git("hash-object", "-w", "/dev/null")
    index = "".join(f"100644 {blob}\tapps/{number // 1000}/{number}.yaml\n" for number in range(100_000))
    listing = copy.path / ".git" / "listing"
    listing.write_text(index)
    copy.git("-c", f"alias.fill=!git update-index --add --index-info < {listing}", "fill")
    copy.git("commit", "--quiet", "--message=many")
    copy.git("push", "--quiet", copy.url, "HEAD:refs/heads/main")
    world.run()
    copy.git("fetch", "--quiet", copy.url, "main")
    assert len(copy.git("ls-tree", "-r", "--name-only", "FETCH_HEAD").splitlines()) == 100_003
