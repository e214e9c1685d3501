"""Variables in the objects of a build: Flux's own functions, escapes and errors, by the real helper."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from penstock.base.limits import Limits
from penstock.kustomize.overlay import Overlay
from penstock.kustomize.variables import Variables
from penstock.tools.upstream import BuildError, Upstream
from penstock.tools.upstream.errors import Code

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "hunter2canary"
VALUES: dict[str, bytes] = {
    "A": b"abc",
    "EMPTY": b"",
    "N": b"3",
    "YES": b"true",
    "OCTAL": b"010",
    "QUOTED": b'"3"',
    "REF": b"${A}",
    "PATH_": b"one/two/three.yaml",
    "_x1": b"low",
    "DOLLARS": b"a$$b$c",
    "LIST": b"[1, two]",
}
OBJECT = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}}


def _tree(*objects: Any) -> dict[str, bytes]:
    return {f"app/{n}.yaml": orjson.dumps(obj) for n, obj in enumerate(objects)}


def _built(upstream: Upstream, text: Any, variables: Variables) -> Any:
    """What becomes of a value of `data`."""
    built = upstream.build(
        _tree({**OBJECT, "data": {"v": text}}), "app", overlay=Overlay(), variables=variables
    )
    return built.objects[0]["data"]["v"]


def _refused(upstream: Upstream, variables: Variables, *objects: Any) -> BuildError:
    with pytest.raises(BuildError) as caught:
        upstream.build(_tree(*objects), "app", overlay=Overlay(), variables=variables)
    assert CANARY not in str(caught.value)
    return caught.value


GIVEN = Variables(values=VALUES)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("${A}", "abc"),
        ("x-${A}-${_x1}", "x-abc-low"),
        ("$A", "$A"),
        ("$${A}", "${A}"),
        ("$$A", "$A"),
        ("a$$$${A}", "a$${A}"),
        ("${MISSING:-none}", "none"),
        ("${MISSING:=none}", "none"),
        ("${MISSING=none}", "none"),
        ("${EMPTY:-none}", "none"),
        ("${A:-none}", "abc"),
        ("${MISSING:-${A}}", "abc"),
        ("${MISSING:-x${A}y}", "xabcy"),
        ("${MISSING:-}", None),
        ("${#A}", 3),
        ("${A^}", "Abc"),
        ("${A^^}", "ABC"),
        ("${A,,}", "abc"),
        ("${A:1}", "bc"),
        ("${A:0:2}", "ab"),
        ("${A:5}", None),
        ("${A/b/x}", "axc"),
        ("${PATH_//\\//-}", "one-two-three.yaml"),
        ("${PATH_/#one/1}", "1/two/three.yaml"),
        ("${PATH_/%yaml/json}", "one/two/three.json"),
        ("${PATH_##*/}", "three.yaml"),
        ("${PATH_#*/}", "two/three.yaml"),
        ("${PATH_%.yaml}", "one/two/three"),
        ("${PATH_%%/*}", "one"),
        ("${REF}", "${A}"),
        ("${DOLLARS}", "a$$b$c"),
        ("${N}", 3),
        ("${YES}", True),
        ("${OCTAL}", 8),
        ("${QUOTED}", "3"),
        ("'${N}'", "'3'"),
        ("${LIST}", [1, "two"]),
        ("${EMPTY}", None),
    ],
)
def test_a_text_is_what_flux_makes_of_it(text: str, value: object, upstream: Upstream) -> None:
    assert _built(upstream, text, GIVEN) == value


def test_a_value_stays_on_its_line_and_is_not_put_in_a_second_time(upstream: Upstream) -> None:
    document = "x --- {kind: ClusterRoleBinding} # ${A}"
    variables = Variables(values={"V": document.encode(), "A": b"never"})
    objects = upstream.build(
        _tree({**OBJECT, "data": {"v": "'${V}'"}}), "app", overlay=Overlay(), variables=variables
    )
    assert [one["kind"] for one in objects.objects] == ["ConfigMap"]
    assert objects.objects[0]["data"]["v"] == f"'{document}'"


@given(st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="\ufffe\uffff"), max_size=12))
def test_a_value_is_what_yaml_makes_of_it_in_that_place(upstream: Upstream, value: str) -> None:
    """What cannot be read there is refused; neither adds an object."""
    variables = Variables(values={"V": value.encode()})
    try:
        expected = yaml.safe_load(f"v: x{value}")["v"]
    except yaml.YAMLError:
        with pytest.raises(BuildError, match=r"post build failed for 'ConfigMap\.v1\.\[noGrp\]/x'"):
            _built(upstream, "x${V}", variables)
    else:
        assert _built(upstream, "x${V}", variables) == expected


def test_variables_may_stand_anywhere_names_and_keys_included(upstream: Upstream) -> None:
    obj = {
        "apiVersion": "apps/${_x1:+v}v1",
        "kind": "ConfigMap",
        "metadata": {"name": "x-${A}"},
        "${A}": "${N}",
    }
    [found] = upstream.build(_tree(obj), "app", overlay=Overlay(), variables=GIVEN).objects
    assert found["metadata"]["name"] == "x-abc"
    assert found["abc"] == 3


@pytest.mark.parametrize("where", ["labels", "annotations"])
def test_an_object_that_is_marked_stays_as_it_is(where: str, upstream: Upstream) -> None:
    mark = {"kustomize.toolkit.fluxcd.io/substitute": "disabled"}
    obj = {**OBJECT, "metadata": {"name": "x", where: mark}, "data": {"v": "${MISSING"}}
    other = {
        **OBJECT,
        "metadata": {"name": "y", where: {**mark, **dict.fromkeys(mark, "Disabled")}},
        "data": {"v": "${A}"},
    }
    found = upstream.build(_tree(obj, other), "app", overlay=Overlay(), variables=GIVEN).objects
    assert [one["data"]["v"] for one in found] == ["${MISSING", "abc"]


def test_an_object_that_is_marked_needs_no_values(upstream: Upstream) -> None:
    obj = {
        **OBJECT,
        "metadata": {"name": "x", "labels": {"kustomize.toolkit.fluxcd.io/substitute": "disabled"}},
    }
    variables = Variables(problem="not there")
    assert upstream.build(_tree(obj), "app", overlay=Overlay(), variables=variables).objects
    assert upstream.build({}, "app", overlay=Overlay(), variables=variables, folders=("app",)).objects == ()
    error = _refused(upstream, variables, obj, {**OBJECT, "metadata": {"name": "y"}})
    assert str(error) == "post build failed for 'ConfigMap.v1.[noGrp]/y': not there"


def test_without_any_variable_nothing_is_put_in_unless_the_strategy_is_always(upstream: Upstream) -> None:
    text = "${A:-none} $${B}"
    assert _built(upstream, text, Variables()) == text
    assert _built(upstream, text, Variables(always=True)) == "none ${B}"


@pytest.mark.parametrize(
    "text", ["${MISSING}", "${#MISSING}", "${MISSING^^}", "${MISSING/a/b}", "x${MISSING%x}"]
)
def test_a_variable_without_value_and_default_is_an_error_unless_that_is_switched_off(
    text: str, upstream: Upstream
) -> None:
    error = _refused(upstream, GIVEN, {**OBJECT, "data": {"v": text}})
    assert str(error).endswith(
        "post build failed for 'ConfigMap.v1.[noGrp]/x': envsubst error: variable substitution failed: "
        'variable not set (strict mode): "MISSING"'
    )
    assert _built(upstream, text, replace(GIVEN, strict=False)) in {None, 0, "x"}


@pytest.mark.parametrize("name", ["A-B", "1A", "a.b", "", "ä", "A\n", " A", ".dockerconfigjson"])
def test_a_name_that_is_none_is_refused_and_told(name: str, upstream: Upstream) -> None:
    error = _refused(upstream, Variables(values={"OK": b"x", name: CANARY.encode()}), OBJECT)
    assert "envsubst error: '" in str(error)
    assert "var name is invalid, must match '^[_[:alpha:]][_[:alpha:][:digit:]]*$'" in str(error)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("${A", "missing closing brace"),
        ("${", "unable to parse variable name"),
        ("${A-B}", "missing closing brace"),
        ("${}", "unable to parse variable name"),
        ("${A!}", "missing closing brace"),
    ],
)
def test_an_expression_that_is_none_is_refused_with_the_objects_name(
    text: str, words: str, upstream: Upstream
) -> None:
    error = _refused(upstream, GIVEN, {**OBJECT, "data": {"v": text}})
    assert str(error).endswith(f"variable substitution failed: {words}")
    assert "'ConfigMap.v1.[noGrp]/x'" in str(error)


@pytest.mark.parametrize(
    "value",
    [
        f"{CANARY}: {CANARY}: x",
        f"*{CANARY}",
        f"[{CANARY}",
        f'"{CANARY}',
        f"!!int {CANARY}",
        f"%{CANARY}",
        f"@{CANARY}",
        f"&a [*a, {CANARY}]",
        f"\x01{CANARY}",
    ],
)
def test_a_value_that_breaks_the_object_is_not_shown(value: str, upstream: Upstream) -> None:
    variables = Variables(values={"V": value.encode()})
    error = _refused(upstream, variables, {**OBJECT, "data": {"v": "${V}"}})
    assert "post build failed for 'ConfigMap.v1.[noGrp]/x': " in str(error)
    _refused(upstream, variables, {**OBJECT, "metadata": {"name": "x", "labels": {"l": "${V}"}}})


def test_bytes_that_are_no_text_are_refused_where_they_are_used(upstream: Upstream) -> None:
    variables = Variables(values={"B": b"\xff\xfe", "A": b"a"})
    assert _built(upstream, "${A}", variables) == "a"
    _refused(upstream, variables, {**OBJECT, "data": {"v": "${B}"}})


def test_objects_that_get_the_same_name_are_refused(upstream: Upstream) -> None:
    one, two = ({**OBJECT, "metadata": {"name": name}} for name in ("abc", "${A}"))
    assert "id matched 2 resources" in str(_refused(upstream, GIVEN, one, two))


def test_an_object_that_loses_its_name_is_refused_and_not_left_out(upstream: Upstream) -> None:
    error = _refused(upstream, GIVEN, {**OBJECT, "metadata": {"name": "${EMPTY}"}})
    assert "failed to decode Kubernetes apiVersion, kind and name" in str(error)


def test_values_that_multiply_are_refused_by_a_limit(helper_program: Path) -> None:
    variables = Variables(values={"V": b"x" * 1000})
    with Upstream(helper_program, Limits(build_output_bytes=100_000)) as upstream:
        error = _refused(upstream, variables, {**OBJECT, "data": {"v": "${V}" * 200}})
        assert error.code is Code.LIMIT
        assert "the values that are put in are larger than 100000 bytes" in str(error)
        assert str(error).endswith("(PENSTOCK_LIMIT_BUILD_OUTPUT_BYTES)")
        assert _built(upstream, "${V}", variables) == "x" * 1000


def test_aliases_in_a_value_do_not_go_off(upstream: Upstream) -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9)]
    bomb = "{" + ", ".join(["l0: &l0 [x, x, x, x, x, x, x, x, x]", *levels]) + "}"
    error = _refused(upstream, Variables(values={"V": bomb.encode()}), {**OBJECT, "data": {"v": "${V}"}})
    assert error.code is Code.LIMIT
    assert "PENSTOCK_LIMIT_YAML_NODES" in str(error)


def test_a_million_references_to_nothing_end(upstream: Upstream) -> None:
    assert _built(upstream, "${V}" * 1_000_000, Variables(values={"V": b""})) is None


def test_the_digest_is_that_of_the_objects_with_their_values(upstream: Upstream) -> None:
    tree = _tree({**OBJECT, "data": {"v": "${V}"}})
    digests = {
        upstream.build(tree, "app", overlay=Overlay(), variables=Variables(values={"V": value})).digest
        for value in (b"1a", b"2a")
    }
    same = upstream.build(_tree({**OBJECT, "data": {"v": "1a"}}), "app", overlay=Overlay()).digest
    assert len(digests) == 2
    assert same in digests
