"""`penstock migrate` on folders of manifests."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest
from penstock.base.errors import PenstockError
from penstock.base.limits import Limits
from penstock.cli import main
from penstock.migrate.files import PassedOver, manifests, read

if TYPE_CHECKING:
    from pathlib import Path

OLD = "apiVersion: kustomize.toolkit.fluxcd.io/v1beta2 # old\nkind: Kustomization\nmetadata: {name: a}\n"
NEW = OLD.replace("v1beta2", "v1")


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Two files to migrate, and what has nothing to do with it."""
    for name in ("clusters", "apps", ".git"):
        (tmp_path / name).mkdir()
    (tmp_path / "clusters/sync.yaml").write_text(OLD)
    (tmp_path / "apps/app.yml").write_text("kind: ConfigMap\n---\n" + OLD)
    (tmp_path / "apps/new.yaml").write_text(NEW)
    (tmp_path / "apps/notes.txt").write_text(OLD)
    (tmp_path / ".git/x.yaml").write_text(OLD)
    return tmp_path


def test_everything_is_shown_and_rewritten_and_a_second_time_there_is_nothing_left(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (fleet / "clusters/sync.yaml").chmod(0o640)
    assert main.run(["migrate", "-f", str(fleet), "--yes"]) == main.EXIT_OK
    version = "Kustomization kustomize.toolkit.fluxcd.io/v1beta2 -> v1"
    assert capsys.readouterr().out.splitlines() == [
        f"{fleet}/apps/app.yml:2: {version}".replace(":2:", ":3:"),
        f"{fleet}/clusters/sync.yaml:1: {version}",
        "2 files were rewritten.",
    ]
    assert (fleet / "clusters/sync.yaml").read_text() == NEW
    assert stat.S_IMODE((fleet / "clusters/sync.yaml").stat().st_mode) == 0o640
    assert (fleet / "apps/app.yml").read_text() == "kind: ConfigMap\n---\n" + NEW
    assert (fleet / "apps/notes.txt").read_text() == (fleet / ".git/x.yaml").read_text() == OLD
    assert main.run(["migrate", "-f", str(fleet), "--yes"]) == main.EXIT_OK
    assert capsys.readouterr().out == "There is nothing to rewrite.\n"


@pytest.mark.parametrize(
    ("flags", "code"), [(["--dry-run"], main.EXIT_OK), ([], main.EXIT_FAILED), (["--dry-run", "--yes"], 0)]
)
def test_nothing_is_changed_by_a_dry_run_or_without_a_terminal(
    fleet: Path, flags: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(["migrate", "-f", str(fleet), *flags]) == code
    assert "sync.yaml:1: Kustomization" in capsys.readouterr().out
    assert (fleet / "clusters/sync.yaml").read_text() == OLD
    assert (fleet / "apps/app.yml").read_text().endswith(OLD)


def test_a_file_with_something_to_decide_stays_and_the_others_are_rewritten(
    fleet: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chart = OLD + "{{ if x }}spec: {{ end }}\n"
    (fleet / "apps/chart.yaml").write_text(chart)
    assert main.run(["migrate", "-f", str(fleet), "--yes"]) == main.EXIT_FAILED
    told = capsys.readouterr()
    assert "apps/chart.yaml:1: by hand: write kustomize.toolkit.fluxcd.io/v1" in told.out
    assert "1 places are left to do by hand" in told.err
    assert (fleet / "apps/chart.yaml").read_text() == chart
    assert (fleet / "clusters/sync.yaml").read_text() == NEW


def test_programs_get_json(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = str(fleet / "clusters/sync.yaml")
    assert main.run(["migrate", "-f", one, "--yes", "-o", "json"]) == main.EXIT_OK
    (found,) = json.loads(capsys.readouterr().out)["files"]
    assert (found["path"], found["rewritten"], found["byHand"]) == (one, True, [])
    assert [change["line"] for change in found["changes"]] == [1]


def test_links_devices_and_what_is_too_large_or_no_text_are_passed_over(
    fleet: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "secret.yaml").write_text(OLD)
    (fleet / "link.yaml").symlink_to(outside / "secret.yaml")
    (fleet / "folder").symlink_to(outside, target_is_directory=True)
    os.mkfifo(fleet / "pipe.yaml")
    (fleet / "bytes.yaml").write_bytes(b"\xff" + OLD.encode())
    (fleet / "large.yaml").write_text("#" * (Limits().migrate_file_bytes + 1))
    assert main.run(["migrate", "-f", str(fleet), "--yes"]) == main.EXIT_OK
    told = capsys.readouterr().out
    for name, why in (
        ("link.yaml", "it is a link"),
        ("pipe.yaml", "it is no regular file"),
        ("bytes.yaml", "it is no text in UTF-8"),
        ("large.yaml", "it is larger than 5242880 bytes (PENSTOCK_LIMIT_MIGRATE_FILE_BYTES)"),
    ):
        assert f"{fleet}/{name}: passed over: {why}" in told
    assert (outside / "secret.yaml").read_text() == OLD


def test_too_many_files_and_no_folder_are_refused(fleet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(PenstockError, match="PENSTOCK_LIMIT_MIGRATE_FILES"):
        list(manifests(fleet, Limits(migrate_files=2)))
    assert main.run(["migrate", "-f", str(fleet / "nowhere")]) == main.EXIT_FAILED
    assert "there is no file and no folder" in capsys.readouterr().err
    assert main.run(["migrate"]) == main.EXIT_USAGE
    assert isinstance(read(fleet / "nowhere", Limits()), PassedOver)
