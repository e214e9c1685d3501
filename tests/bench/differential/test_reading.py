from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

from bench.differential.reading import archive_facts, collection
from bench.differential.story import Kind

if TYPE_CHECKING:
    from pathlib import Path


def test_an_archive_is_read_from_its_address(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as archive:
        folder = tarfile.TarInfo("app")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o750
        archive.addfile(folder)
        file = tarfile.TarInfo("app/one")
        file.size = 1
        archive.addfile(file, io.BytesIO(b"x"))
    facts = archive_facts((tmp_path / "a.tar.gz").as_uri())
    assert facts["app.mode"] == "folder 0750"
    assert facts["[app/one].mode"] == "file 0644"
    assert facts["[app/one].content"].startswith("sha256:2d711642b726b044")


def test_that_an_archive_cannot_be_had_is_a_fact(tmp_path: Path) -> None:
    assert archive_facts((tmp_path / "none").as_uri()) == {"archive": "cannot be had"}


def test_only_what_has_a_namespace_is_looked_for_in_one() -> None:
    assert collection(Kind("api/v1", "secrets", "Secret"), "ns") == "/api/v1/namespaces/ns/secrets"
    assert (
        collection(Kind("api/v1", "namespaces", "Namespace", namespaced=False), "ns") == "/api/v1/namespaces"
    )
