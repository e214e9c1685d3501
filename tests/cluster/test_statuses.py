"""Answers that are no success, as errors: the class, the text, and never a secret."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.base.errors import Terminal, Transient
from penstock.cluster import errors
from penstock.cluster.errors import Cause, Failed, Refused
from penstock.cluster.request import Answer, Request
from penstock.cluster.statuses import MESSAGE_CHARACTERS, error_from

PLAIN = Request("PATCH", "/p", "ConfigMap/apps/web")
SECRET = Request("PATCH", "/p", "Secret/apps/web", secret=True)
CANARY = "hunter2-canary"


def made(
    code: int, body: Any, request: Request = PLAIN, headers: dict[str, str] | None = None
) -> Refused | Failed:
    data = body if isinstance(body, bytes) else json.dumps({"kind": "Status", **body}).encode()
    return error_from(Answer(code, headers or {}, data), request)


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        (400, "BadRequest", errors.Invalid),
        (403, "Forbidden", errors.Forbidden),
        (405, "MethodNotAllowed", errors.Refused),
        (409, "AlreadyExists", errors.AlreadyExists),
        (409, "Conflict", errors.Conflict),
        (410, "Expired", errors.Expired),
        (413, "RequestEntityTooLarge", errors.TooLarge),
        (422, "Invalid", errors.Invalid),
        (429, "TooManyRequests", errors.Throttled),
        (500, "InternalError", errors.Unavailable),
        (500, "", errors.Unavailable),
        (502, "", errors.Unavailable),
        (503, "ServiceUnavailable", errors.Unavailable),
        (504, "Timeout", errors.Timeout),
    ],
)
def test_each_status_has_its_class(code: int, reason: str, expected: type[Exception]) -> None:
    error = made(code, {"reason": reason, "message": "as the server said"})
    assert type(error) is expected
    assert (error.status, error.reason, error.message) == (code, reason, "as the server said")
    assert isinstance(error, Transient if isinstance(error, Failed) else Terminal)


def test_a_401_names_the_remedy_that_the_server_does_not() -> None:
    error = made(401, {"reason": "Unauthorized", "message": "Unauthorized"})
    assert type(error) is errors.Unauthorized
    assert (error.status, error.reason) == (401, "Unauthorized")
    assert error.message.startswith("PATCH ConfigMap/apps/web: the API server does not accept the credent")
    assert "renew" in error.message


def test_a_404_about_an_object_is_not_found() -> None:
    details = {"name": "web", "kind": "configmaps"}
    error = made(404, {"reason": "NotFound", "message": 'configmaps "web" not found', "details": details})
    assert type(error) is errors.NotFound


@pytest.mark.parametrize(
    "body",
    [
        b"404 page not found\n",
        {"reason": "NotFound", "message": "the server could not find the requested resource", "details": {}},
    ],
)
def test_a_404_about_a_path_is_an_unknown_kind(body: Any) -> None:
    assert type(made(404, body)) is errors.UnknownKind


@pytest.mark.parametrize(
    "message",
    [
        "failed to create typed patch object (apps/web; /v1, Kind=ConfigMap): .dota: field not declared",
        "failed to convert new object (apps/web; /v1, Kind=ConfigMap) to proper version: unable to convert",
    ],
)
def test_a_malformed_object_is_its_own_fault_though_the_server_says_500(message: str) -> None:
    error = made(500, {"message": message})
    assert (type(error), error.reason, error.message) == (errors.Invalid, "", message)


@pytest.mark.parametrize(
    ("kind", "said", "fields"),
    [
        ("ConfigMap", ".dota: field not declared in schema", (".dota",)),
        (
            "Deployment",
            (
                'errors:\n  .spec.containers[name="a: b"].foo: field not declared in schema\n'
                "  .spec.replicas: expected numeric (int or float), got string\n"
                "  .spec.replcias: field not declared in schema"
            ),
            ('.spec.containers[name="a: b"].foo', ".spec.replcias"),
        ),
        ("Secret", ".dota: field not declared in schema", (".dota",)),
        ("ConfigMap", ".data.a: expected string, got &value.valueUnstructured{Value:1}", ()),
    ],
)
def test_the_fields_that_the_schema_has_not_are_listed(kind: str, said: str, fields: tuple[str, ...]) -> None:
    message = f"failed to create typed patch object (apps/web; /v1, Kind={kind}): {said}"
    error = made(500, {"message": message})
    assert isinstance(error, errors.Invalid)
    assert error.undeclared == fields


@pytest.mark.parametrize(
    "message",
    ["etcdserver: request is too large", "rpc error: trying to send message larger than max (3 vs. 2)"],
)
def test_what_etcd_finds_too_large_is_too_large(message: str) -> None:
    assert type(made(500, {"message": message})) is errors.TooLarge


def test_the_fields_of_an_invalid_object_are_listed() -> None:
    causes = [{"reason": "FieldValueRequired", "message": "Required value", "field": "spec.selector"}]
    error = made(422, {"reason": "Invalid", "message": "no", "details": {"causes": causes}})
    assert error.causes == (Cause("spec.selector", "FieldValueRequired", "Required value"),)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('Invalid value: {"a":"b: c"}: field is immutable', True),
        ("Forbidden: field is immutable when `immutable` is set", True),
        ('Invalid value: ["10.0.0.2"]: may not change once set', True),
        ("Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden", True),
        ("Forbidden: pod updates may not change fields other than `spec.containers[*].image`", True),
        ("Forbidden: spec is immutable after creation except resources.requests\n{... x: y}", True),
        ('Invalid value: {"name":"y"}: cannot change roleRef', True),
        ("Forbidden: may not be changed in an update.", True),
        ('Invalid value: "string": Value is immutable', True),
        ('Invalid value: "it is immutable": must be lower case', False),
        ("Invalid value: 7: is not immutable", False),
        ("Forbidden: may only be set for\nfield is immutable", False),
        ("Required value", False),
        ("", False),
    ],
)
@pytest.mark.parametrize("request_", [PLAIN, SECRET])
def test_an_immutable_field_is_told_by_the_cause_and_not_by_the_value_in_it(
    said: str, expected: bool, request_: Request
) -> None:
    causes = [{"reason": "FieldValueInvalid", "message": said, "field": "spec.x"}]
    quoting = f"no: {said} field is immutable"
    error = made(422, {"reason": "Invalid", "message": quoting, "details": {"causes": causes}}, request_)
    assert isinstance(error, Refused)
    assert error.immutable is expected


def test_an_admission_webhook_may_say_so_without_a_cause_and_a_conflict_never_does() -> None:
    said = 'admission webhook "w" denied the request: the spec is immutable'
    webhook, conflict = made(403, {"message": said}), made(409, {"reason": "Conflict", "message": said})
    assert isinstance(webhook, Refused)
    assert webhook.immutable
    assert not isinstance(conflict, Refused)


def test_a_conflict_over_fields_says_so_in_its_reason() -> None:
    causes = [{"reason": "FieldManagerConflict", "message": 'conflict with "kubectl"', "field": ".data.a"}]
    error = made(409, {"reason": "Conflict", "message": "Apply failed", "details": {"causes": causes}})
    assert (type(error), error.reason) == (errors.Conflict, "FieldManagerConflict")


@pytest.mark.parametrize(
    "body", [b"", b"<html>Bad gateway hunter2-canary</html>", b"[]", b"{}", b'{"kind":"X"}']
)
def test_an_answer_that_kubernetes_did_not_write_is_not_repeated(body: bytes) -> None:
    error = made(502, body)
    assert error.message == "PATCH ConfigMap/apps/web: HTTP 502 without a Kubernetes status"
    assert error.reason == "ServiceUnavailable"


def test_a_redirect_is_refused() -> None:
    error = made(307, b"", headers={"location": "http://evil"})
    assert type(error) is Refused
    assert "redirects are not followed" in error.message


@pytest.mark.parametrize(
    ("headers", "details", "expected"),
    [
        ({"retry-after": "7"}, {}, 7.0),
        ({}, {"retryAfterSeconds": 3}, 3.0),
        ({"retry-after": "7"}, {"retryAfterSeconds": 3}, 7.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}, {}, None),
        ({"retry-after": "-1"}, {}, None),
        ({"retry-after": "0" * 40}, {}, None),
        ({}, {}, None),
    ],
)
def test_the_wait_that_the_server_asks_for_is_read(
    headers: dict[str, str], details: dict[str, int], expected: float | None
) -> None:
    error = made(429, {"message": "slow down", "details": details}, headers=headers)
    assert isinstance(error, errors.Throttled)
    assert error.retry_after == expected


def test_a_long_or_unprintable_message_is_cut_and_cleaned() -> None:
    error = made(403, {"message": "\x1b[31mno\n" + "x" * 9000})
    assert error.message.startswith("[31mno x")
    assert len(error.message) == MESSAGE_CHARACTERS


@pytest.mark.parametrize(
    "said",
    [
        f"data: Invalid value: map[password:{CANARY}]",
        f'x: map[string]interface {{}}{{"password":"{CANARY}"}}: must be',
        f"a map[b:map[c:]] ] {CANARY}",
    ],
)
def test_dumps_of_maps_are_dropped_for_every_kind(said: str) -> None:
    causes = [{"field": "data", "reason": "FieldValueInvalid", "message": said}]
    error = made(422, {"reason": "Invalid", "message": said, "details": {"causes": causes}})
    assert CANARY not in repr((error.message, error.causes))
    assert error.message.endswith("map[...]")


@pytest.mark.parametrize(
    ("code", "body", "shown"),
    [
        (
            422,
            {
                "reason": "Invalid",
                "message": f'Secret "web" is invalid: data[tls.crt]: Invalid value: "{CANARY}"',
                "details": {"causes": [{"field": "data[tls.crt]", "reason": "X", "message": CANARY}]},
            },
            "(Invalid) at data[tls.crt]",
        ),
        (
            500,
            {
                "message": "failed to create typed patch object (apps/web; /v1, Kind=Secret): "
                f".stringData.pass.word: expected string, got &value.valueUnstructured{{Value:{CANARY}}}"
            },
            "(HTTP 500) at .stringData.pass.word",
        ),
        (
            500,
            {
                "message": "failed to create typed patch object (apps/web; /v1, Kind=Secret): "
                f".stringData: expected map, got &{{{CANARY}}}"
            },
            "(HTTP 500) at .stringData",
        ),
        (
            500,
            {"message": f"failed to convert new object: illegal base64 data at input byte 4 {CANARY}"},
            "(HTTP 500, data must be base64)",
        ),
        (403, {"reason": "Forbidden", "message": f'admission webhook "x" denied: {CANARY}'}, "(Forbidden)"),
    ],
)
def test_of_a_secret_only_reason_and_field_paths_are_told(
    code: int, body: dict[str, Any], shown: str
) -> None:
    error = made(code, body, SECRET)
    assert (
        error.message == f"Secret/apps/web: the API server refuses it {shown}; details may quote the Secret"
    )
    assert CANARY not in repr((error.args, error.causes))


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=1), st.integers(400, 599))
def test_no_message_about_a_secret_depends_on_what_the_server_quotes(quoted: str, code: int) -> None:
    body = {"reason": "Invalid", "message": f'failed to create typed patch object: got "{quoted}"'}
    other = {"reason": "Invalid", "message": 'failed to create typed patch object: got ""'}
    if "illegal base64 data" not in quoted:
        assert made(code, body, SECRET).message == made(code, other, SECRET).message
