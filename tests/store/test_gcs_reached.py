"""Where a bucket on Cloud Storage is, and how it is reached."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from penstock.base.location import CloudBucket
from penstock.store.bucket import BucketFailed
from penstock.store.gcs import GcsBucket

from tests.store.cloud import cloud_bucket, make_place

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def place(gcs_emulator: str) -> CloudBucket:
    return make_place(gcs_emulator)


def test_a_url_is_the_objects_https_address(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = tmp_path / "key.json"
    key.write_text(
        json.dumps(
            {
                "type": "authorized_user",
                "client_id": "c",
                "client_secret": "canary",
                "refresh_token": "canary",
            }
        )
    )
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(key))
    bucket = GcsBucket(CloudBucket("b", "p/"), {}, most_bytes=1)
    assert bucket.url("a/b.json") == "https://storage.googleapis.com/b/p/a/b.json"
    assert "canary" not in repr(vars(bucket))


def test_without_credentials_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nowhere.json"))
    with pytest.raises(BucketFailed, match="no credentials for gs://"):
        GcsBucket(CloudBucket("b"), {}, most_bytes=1)


def test_an_emulator_without_a_scheme_is_found_too(gcs_emulator: str, place: CloudBucket) -> None:
    bucket = cloud_bucket(gcs_emulator.removeprefix("http://"), place)
    bucket.put("a", b"1")
    assert bucket.url("a") == f"{gcs_emulator}/{place.name}/a"


def test_nobody_there_is_told_without_the_address(gcs_emulator: str) -> None:
    del gcs_emulator
    nobody = cloud_bucket("http://127.0.0.1:1", CloudBucket("b"), patience_s=0.1)
    with pytest.raises(BucketFailed, match="ConnectionError") as caught:
        nobody.get("a")
    assert "127.0.0.1" not in str(caught.value)
