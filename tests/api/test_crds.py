import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar

import msgspec
import pytest
import yaml
from penstock.api import crds, gitrepository
from penstock.api.crd import Definition, manifest
from penstock.api.fields import Rule, about

ROOT = Path(__file__).resolve().parents[2]
FLUX_CRDS = ROOT.parent / "shared" / "flux-crds"
NAMES = [f"{definition.group}_{definition.plural}.yaml" for definition in crds.DEFINITIONS]


def differences(ours: Any, theirs: Any, path: str) -> Iterator[str]:
    """Where two schemas differ; descriptions of fields aside, though not a field of that name."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted(ours.keys() | theirs.keys()):
            if key == "description" and not path.endswith(".properties"):
                continue
            yield from differences(ours.get(key, "absent"), theirs.get(key, "absent"), f"{path}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, (left, right) in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(left, right, f"{path}[{index}]")
    elif ours != theirs or type(ours) is not type(theirs):
        yield f"{path}: {ours!r} here, {theirs!r} in Flux"


def load(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


@pytest.mark.skipif(not FLUX_CRDS.is_dir(), reason="../shared is absent: no CRDs of Flux to compare with")
@pytest.mark.parametrize("definition", crds.DEFINITIONS, ids=lambda definition: definition.kind)
def test_a_crd_equals_flux_s_property_by_property(definition: Definition) -> None:
    theirs = load(FLUX_CRDS / f"{definition.group}_{definition.plural}.yaml")
    ours = manifest(definition)
    assert list(differences(ours["spec"], theirs["spec"], "spec")) == []
    assert ours["metadata"]["name"] == theirs["metadata"]["name"]


def test_the_comparison_sees_what_differs() -> None:
    ours = {"properties": {"description": {"type": "string"}, "a": {"type": "string", "description": "x"}}}
    theirs = {"properties": {"a": {"type": "integer", "description": "y"}, "b": [1, 2], "c": [0]}}
    ours["properties"] |= {"b": {"type": "array"}, "c": [False]}  # type: ignore[dict-item] # unlike on purpose
    assert [line.partition(":")[0] for line in differences(ours, theirs, "spec")] == [
        "spec.properties.a.type",
        "spec.properties.b",
        "spec.properties.c[0]",
        "spec.properties.description",
    ]


def test_the_committed_files_are_fresh() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "infra/crds").iterdir()}
    assert committed == crds.files(), "run `make crds`"


def test_writing_replaces_what_is_there_and_removes_what_is_no_more(tmp_path: Path) -> None:
    folder = tmp_path / "crds"
    crds.main([str(folder)])
    (folder / "old_kinds.yaml").write_text("x")
    (folder / NAMES[0]).write_text("stale")
    crds.write(folder)
    assert {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()} == crds.files()


def test_the_folder_must_be_named() -> None:
    with pytest.raises(SystemExit, match="FOLDER"):
        crds.main([])


def test_the_files_are_what_is_installed() -> None:
    texts = crds.files()
    assert [yaml.safe_load(texts[name]) for name in NAMES] == list(crds.manifests())
    assert all("&id" not in text for text in texts.values())


def test_the_labels_are_those_by_which_flux_finds_itself() -> None:
    for crd in crds.manifests(instance="gitops"):
        labels = crd["metadata"]["labels"]
        assert labels["app.kubernetes.io/part-of"] == "flux"
        assert labels["app.kubernetes.io/version"] == "v2.9.4"
        assert labels["app.kubernetes.io/instance"] == "gitops"
        assert "app.kubernetes.io/managed-by" not in labels


class ChangedSpec(gitrepository.GitRepositorySpec, frozen=True, kw_only=True):
    """Changed on purpose."""

    RULES: ClassVar[tuple[Rule, ...]] = (Rule("self.depth < 9", "too deep"),)

    depth: Annotated[int, msgspec.Meta(ge=1), about("How deep.", default=1)] = 1
    owner: str


class Changed(gitrepository.GitRepository, frozen=True, kw_only=True):
    """A changed kind."""

    spec: ChangedSpec


def test_a_changed_model_is_a_changed_crd() -> None:
    definition = dataclasses.replace(gitrepository.DEFINITION, model=Changed, status=False, short_names=())
    version = manifest(definition)["spec"]["versions"][0]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert spec["properties"]["depth"] == {
        "type": "integer",
        "minimum": 1,
        "default": 1,
        "description": "How deep.",
    }
    assert spec["required"] == ["interval", "owner", "url"]
    assert spec["x-kubernetes-validations"] == [{"rule": "self.depth < 9", "message": "too deep"}]
    assert "subresources" not in version
    assert "shortNames" not in manifest(definition)["spec"]["names"]
