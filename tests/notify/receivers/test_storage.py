"""CloudEvents of Cloud Storage, in both modes of the HTTP binding."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.notify.receivers.delivery import Ignored, Refused
from penstock.notify.receivers.storage import FINALIZED, Written, receive

NAME = "prod/gitrepository/apps/fleet/" + "a" * 64 + ".tar.gz"
ATTRIBUTES = {
    "specversion": "1.0",
    "id": "1234567890",
    "source": "//storage.googleapis.com/projects/_/buckets/artifacts",
    "type": FINALIZED,
    "subject": f"objects/{NAME}",
}
DATA = {"kind": "storage#object", "bucket": "artifacts", "name": NAME, "generation": "1700000000000000"}
JSON = "application/json"


def binary(body: Any = DATA, kind: str = JSON, **changed: str) -> Written | Ignored:
    """An event whose attributes are headers, a few of them other ones; empty leaves one out."""
    told = {name: value for name, value in {**ATTRIBUTES, **changed}.items() if value}
    headers = [("Content-Type", kind), *((f"Ce-{name}", value) for name, value in told.items())]
    return receive(headers, body if isinstance(body, bytes) else json.dumps(body).encode(), depth=64)


def structured(**changed: Any) -> Written | Ignored:
    """An event that is its body."""
    told = {"data": DATA, "datacontenttype": JSON, **ATTRIBUTES, **changed}
    body = {name: value for name, value in told.items() if value is not None}
    kind = "application/cloudevents+json; charset=utf-8"
    return receive([("content-type", kind)], json.dumps(body).encode(), depth=64)


def test_both_modes_say_which_object_was_written() -> None:
    written = Written("artifacts", NAME, "1234567890")
    assert binary() == structured() == written
    assert binary(time="2030-01-01T00:00:00Z", bucket="artifacts") == written


def test_values_of_headers_may_be_percent_encoded() -> None:
    assert binary(subject=f"objects/{NAME}".replace("/", "%2F")) == Written("artifacts", NAME, "1234567890")
    with pytest.raises(Refused):
        binary(subject="objects/%ff")


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "google.cloud.storage.object.v1.deleted"},
        {"type": "google.cloud.audit.log.v1.written"},
        {"source": "//pubsub.googleapis.com/projects/p/topics/t"},
        {"source": "https://storage.googleapis.com/projects/_/buckets/artifacts"},
        {"source": "//storage.googleapis.com/projects/_/buckets/artifacts/more"},
        {"subject": "object/x"},
        {"subject": "objects/"},
        {"subject": "x"},
    ],
)
def test_what_is_not_about_an_object_that_was_written_is_ignored(changed: dict[str, str]) -> None:
    assert isinstance(binary(**changed), Ignored)
    assert isinstance(structured(**changed), Ignored)


def test_without_a_subject_it_is_about_no_object() -> None:
    assert isinstance(binary(subject=""), Ignored)
    assert isinstance(structured(subject=None), Ignored)


@pytest.mark.parametrize("name", ["specversion", "id", "source", "type"])
def test_without_its_attributes_it_is_no_event(name: str) -> None:
    with pytest.raises(Refused, match="no CloudEvent"):
        binary(**{name: ""})
    with pytest.raises(Refused, match="no CloudEvent"):
        structured(**{name: None})


@pytest.mark.parametrize(
    "changed",
    [
        {"specversion": "0.3"},
        {"specversion": 1.0},
        {"id": ["x"]},
        {"type": {}},
        {"id": "x" * 2049},
        {"data": None},
        {"data": []},
        {"data": {**DATA, "bucket": "other"}},
        {"data": {**DATA, "name": "other"}},
        {"data": {"name": NAME}},
        {"data": None, "data_base64": "e30="},
    ],
)
def test_an_event_that_makes_no_sense_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(Refused) as caught:
        structured(**changed)
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"[" * 99, b'{"bucket": "a", "bucket": "b"}', b"\xff"]
)
def test_a_body_that_is_no_json_object_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as caught:
        binary(body)
    assert caught.value.status == 400
    with pytest.raises(Refused):
        receive([("content-type", "application/cloudevents+json")], body, depth=64)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/cloudevents-batch+json"])
def test_another_content_type_is_refused(kind: str) -> None:
    with pytest.raises(Refused) as caught:
        binary(kind=kind)
    assert caught.value.status == 415


def test_an_attribute_that_is_there_twice_is_refused() -> None:
    headers = [("content-type", JSON), *((f"ce-{name}", value) for name, value in ATTRIBUTES.items())]
    with pytest.raises(Refused):
        receive([*headers, ("CE-Subject", "objects/other")], json.dumps(DATA).encode(), depth=64)


@given(st.dictionaries(st.sampled_from(sorted(ATTRIBUTES)), st.text(max_size=50)), st.binary(max_size=200))
def test_any_headers_and_body_are_an_event_ignored_or_refused(told: dict[str, str], body: bytes) -> None:
    headers = [
        ("content-type", JSON),
        *((f"ce-{name}", value) for name, value in {**ATTRIBUTES, **told}.items()),
    ]
    with suppress(Refused):
        assert isinstance(receive(headers, body, depth=64), Ignored)
