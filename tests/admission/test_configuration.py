from __future__ import annotations

import base64

import pytest
from penstock.admission.configuration import (
    LABELS,
    PREFIX,
    address,
    example,
    manifest,
    ref,
    secret_part,
    shown,
)
from penstock.admission.review import Scope
from penstock.base.errors import Terminal
from penstock.base.selector import EVERYTHING, parse_selector

URL = address("https://hook.example:8443/", "invoke-token-canary")


def test_the_path_ends_in_what_follows_from_the_token_and_does_not_tell_it() -> None:
    assert f"https://hook.example:8443{PREFIX}{secret_part('invoke-token-canary')}" == URL
    assert len(secret_part("invoke-token-canary")) == 40
    assert secret_part("a") != secret_part("b")
    assert "canary" not in URL
    assert shown(URL) == "https://hook.example:8443/admission/*****"
    assert shown("https://hook.example/other") == "https://hook.example/other"


def test_the_hook_never_stands_in_the_way() -> None:
    (hook,) = manifest(URL, "", Scope())["webhooks"]
    assert (hook["failurePolicy"], hook["timeoutSeconds"], hook["sideEffects"]) == (
        "Ignore",
        2,
        "NoneOnDryRun",
    )
    assert hook["matchPolicy"] == "Equivalent"
    assert [rule["resources"] for rule in hook["rules"]] == [["gitrepositories"], ["kustomizations"]]
    assert hook["clientConfig"] == {"url": URL}


def test_an_authority_of_our_own_is_told_to_the_api_server() -> None:
    (hook,) = manifest(URL, "PEM", Scope())["webhooks"]
    assert base64.b64decode(hook["clientConfig"]["caBundle"]) == b"PEM"


@pytest.mark.parametrize(
    "url",
    ["http://h/admission/x", "https:///x", "https://u@h/x", "https://h/x?a=b", "https://h/x#a", "h/x", ""],
)
def test_an_address_that_the_api_server_does_not_call_is_refused(url: str) -> None:
    with pytest.raises(Terminal, match="https"):
        manifest(url, "", Scope())


def test_what_is_refused_does_not_show_the_secret_part() -> None:
    with pytest.raises(Terminal) as caught:
        manifest(address("http://h", "t"), "", Scope())
    assert secret_part("t") not in caught.value.message


def test_only_what_is_served_is_told() -> None:
    (hook,) = manifest(URL, "", Scope(("b", "a")))["webhooks"]
    (in_namespaces,) = hook["namespaceSelector"]["matchExpressions"]
    assert in_namespaces == {"key": "kubernetes.io/metadata.name", "operator": "In", "values": ["a", "b"]}
    assert hook["objectSelector"] == {
        "matchExpressions": [{"key": "sharding.fluxcd.io/key", "operator": "DoesNotExist"}]
    }
    (hook,) = manifest(URL, "", Scope(selector=EVERYTHING))["webhooks"]
    assert (hook["namespaceSelector"], hook["objectSelector"]) == ({}, {})


def test_a_selector_is_written_as_kubernetes_has_it() -> None:
    selector = parse_selector("a, !b, c in (y, x), d notin (z), e=v, f!=w")
    (hook,) = manifest(URL, "", Scope(selector=selector))["webhooks"]
    assert hook["objectSelector"]["matchExpressions"] == [
        {"key": "a", "operator": "Exists"},
        {"key": "b", "operator": "DoesNotExist"},
        {"key": "c", "operator": "In", "values": ["x", "y"]},
        {"key": "d", "operator": "NotIn", "values": ["z"]},
        {"key": "e", "operator": "In", "values": ["v"]},
        {"key": "f", "operator": "NotIn", "values": ["w"]},
    ]


def test_deployments_that_serve_other_things_have_configurations_of_their_own() -> None:
    shard = Scope(selector=parse_selector("sharding.fluxcd.io/key in (shard1)"))
    names = [ref(scope).name for scope in (Scope(), Scope(("a", "b")), Scope(("a",)), shard)]
    assert names[0] == "penstock"
    assert len(set(names)) == 4
    assert ref(Scope(("b", "a"))) == ref(Scope(("a", "b")))
    assert manifest(URL, "", shard)["metadata"] == {"name": names[3], "labels": LABELS}


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope(("apps", "infra"), EVERYTHING),
        Scope(selector=parse_selector("a, !b, c in (y, x), d notin (z), e=v, f!=w")),
    ],
)
def test_an_example_of_what_is_told_is_read_from_the_configuration(scope: Scope) -> None:
    namespace, labels = example(manifest(URL, "", scope))
    assert scope.has(namespace or "anywhere", {"metadata": {"labels": labels}})
    assert (namespace == "") is (not scope.namespaces)


def test_a_configuration_without_anything_has_an_empty_example() -> None:
    assert example({}) == example({"webhooks": [{}]}) == ("", {})
