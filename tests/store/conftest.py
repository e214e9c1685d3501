"""Both buckets, for what must be true of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from penstock.store.folder import FolderBucket

from tests.store.cloud import MOST_BYTES, cloud_bucket

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.store.bucket import Bucket


@pytest.fixture(params=["folder", "gcs"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Bucket:
    """An empty bucket that reads objects of MOST_BYTES."""
    if request.param == "folder":
        return FolderBucket(tmp_path / "bucket", most_bytes=MOST_BYTES)
    return cloud_bucket(request.getfixturevalue("gcs_emulator"))
