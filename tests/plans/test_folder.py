"""Local files as an artifact would have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import LimitExceeded, Terminal
from penstock.base.limits import Limits
from penstock.plans.folder import read_folder
from penstock.source.ignore import IgnoreTooLarge

if TYPE_CHECKING:
    from pathlib import Path


def _write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_folder_of_a_repository_comes_with_all_of_it(tmp_path: Path) -> None:
    _write(tmp_path, __git__HEAD="x", base__a_yaml="a", apps__web__b_yaml="b", apps__empty__c_txt="c")
    (tmp_path / ".git").mkdir(exist_ok=True)
    local = read_folder(tmp_path / "apps" / "web", Limits())
    assert local.path == "apps/web"
    assert dict(local.files.files) == {"base/a.yaml": b"a", "apps/web/b.yaml": b"b", "apps/empty/c.txt": b"c"}
    assert local.files.folders == {"base", "apps", "apps/web", "apps/empty"}


def test_a_folder_of_no_repository_comes_alone(tmp_path: Path) -> None:
    _write(tmp_path, other__a_yaml="a", apps__b_yaml="b")
    local = read_folder(tmp_path / "apps", Limits())
    assert (local.path, list(local.files.files), local.files.folders) == ("", ["b.yaml"], frozenset())
    with pytest.raises(KeyError):
        local.files.files["a.yaml"]


def test_what_a_source_leaves_out_is_left_out_and_more_on_demand(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    _write(tmp_path, apps__a_yaml="a", apps__b_yaml="b", apps__c_yaml="c", b_yaml="b")
    (tmp_path / "apps" / ".sourceignore").write_text("c.yaml")
    assert [
        name for name in read_folder(tmp_path / "apps", Limits()).files.files if name.endswith("yaml")
    ] == [
        "b.yaml",
        "apps/a.yaml",
        "apps/b.yaml",
    ]
    patterns = ["/b.yaml", "!c.yaml"]
    found = read_folder(tmp_path / "apps", Limits(), patterns).files.files
    assert [name for name in found if name.endswith("yaml")] == ["b.yaml", "apps/a.yaml", "apps/c.yaml"]


def test_links_are_left_out_as_they_are_in_artifacts(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.yaml").write_text("s")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "link.yaml").symlink_to(outside / "secret.yaml")
    (inside / "folder").symlink_to(outside)
    assert list(read_folder(inside, Limits()).files.files) == []


def test_a_folder_in_which_all_is_left_out_is_still_a_folder(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "apps" / "empty").mkdir(parents=True)
    local = read_folder(tmp_path / "apps" / "empty", Limits())
    assert (local.path, set(local.files.folders)) == ("apps/empty", {"apps", "apps/empty"})


def test_what_is_no_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match=r"invalid resource path '.*nowhere': it is no folder"):
        read_folder(tmp_path / "nowhere", Limits())


def test_too_many_and_too_large_files_are_refused(tmp_path: Path) -> None:
    _write(tmp_path, a_yaml="12345", b_yaml="b")
    with pytest.raises(LimitExceeded, match="PENSTOCK_LIMIT_ARTIFACT_FILES"):
        read_folder(tmp_path, Limits(artifact_files=1))
    files = read_folder(tmp_path, Limits(artifact_file_bytes=4)).files.files
    assert files["b.yaml"] == b"b"
    with pytest.raises(LimitExceeded, match="PENSTOCK_LIMIT_ARTIFACT_FILE_BYTES"):
        files["a.yaml"]
    (tmp_path / ".sourceignore").write_text("x" * 100)
    with pytest.raises(IgnoreTooLarge):
        read_folder(tmp_path, Limits(ignore_bytes=99))
