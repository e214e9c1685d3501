from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.base.strictjson import loads


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no valid JSON"),
        (b"{", "no valid JSON"),
        (b"{} {}", "no valid JSON"),
        (b"\xff", "no valid JSON"),
        (b"\xef\xbb\xbf{}", "no valid JSON"),
        ("{}".encode("utf-16"), "no valid JSON"),
        (b"NaN", "no valid JSON"),
        (b"[-Infinity]", "no valid JSON"),
        (b'"\\ud800"', "no valid JSON"),
        (b'{"a": 1, "a": 1}', "repeats a key"),
        (b'{"x": [{"a": 1, "b": 2, "\\u0061": 3}]}', "repeats a key"),
        (b"1" * 20, "more than 19 digits"),
        (b"-" + b"1" * 300, "more than 19 digits"),
        (b"1" * 5000, "no valid JSON"),
        (b"1e999", "no valid JSON"),
        (b"[" * 6 + b"]" * 6, "more than 5 levels"),
        (b"[" * 1_000_000, "more than 5 levels"),
        (b'{"a":' * 6 + b"1" + b"}" * 6, "more than 5 levels"),
        (b'"' + b'\\"' * 1_000_000, "no valid JSON"),
        (b'"\\', "no valid JSON"),
    ],
)
def test_ambiguous_json_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        loads(data, depth=5)


def test_a_depth_that_is_a_limit_is_named() -> None:
    with pytest.raises(ValueError, match=r"5 levels deep \(PENSTOCK_LIMIT_JSON_DEPTH\)"):
        loads(b"[" * 6 + b"]" * 6, depth=5, limit="json_depth")


@pytest.mark.parametrize(
    "data", [b"[[[[[1]]]]]", b'"[[[[[[{{{{{{"', b'{"a\\"[[[[[": "]"}', b"123456789012345678"]
)
def test_brackets_within_strings_are_no_nesting(data: bytes) -> None:
    assert loads(data, depth=5) == json.loads(data)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(value=VALUES, ascii_only=st.booleans())
def test_what_json_can_say_is_read_as_python_reads_it(value: object, ascii_only: bool) -> None:
    assert loads(json.dumps(value, ensure_ascii=ascii_only).encode(), depth=100) == value


@given(data=st.binary() | st.text('[]{}",:\\0123.eE-untrfals ', max_size=40).map(str.encode))
def test_any_other_bytes_are_a_value_error(data: bytes) -> None:
    try:
        loads(data, depth=5)
    except ValueError as error:
        assert len(str(error)) < 100  # noqa: PT017 - it need not raise
