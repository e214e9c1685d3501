"""The rights that are asked for are those that the functions' role grants."""

from __future__ import annotations

import pytest
from penstock.install.components import Components, objects
from penstock.install.rights import Right, allowed, review, to_install, to_work, told


def granted(right: Right) -> bool:
    (role,) = (
        one
        for one in objects(Components())
        if one["metadata"]["name"] == "penstock-flux-system" and "rules" in one
    )
    return any(
        right.group in rule["apiGroups"]
        and ({"*", right.resource} & set(rule["resources"]))
        and ({"*", right.verb} & set(rule["verbs"]))
        for rule in role["rules"]
    )


@pytest.mark.parametrize("right", to_work(), ids=lambda right: f"{right.verb} {right.kind}")
def test_what_the_functions_need_their_role_grants(right: Right) -> None:
    assert granted(right)


def test_a_right_is_asked_for_oneself_or_for_the_functions_account() -> None:
    right = Right("patch", "source.toolkit.fluxcd.io", "gitrepositories/status")
    assert right.kind == "gitrepositories.source.toolkit.fluxcd.io/status"
    asked = {
        "verb": "patch",
        "group": "source.toolkit.fluxcd.io",
        "resource": "gitrepositories",
        "subresource": "status",
    }
    mine = review(right)
    assert (mine["kind"], mine["spec"]) == ("SelfSubjectAccessReview", {"resourceAttributes": asked})
    theirs = review(right, "infra")
    assert theirs["kind"] == "SubjectAccessReview"
    assert theirs["spec"]["user"] == "system:serviceaccount:infra:penstock"
    assert "system:serviceaccounts:infra" in theirs["spec"]["groups"]


def test_to_install_is_to_write_every_kind_that_is_brought() -> None:
    plurals = {
        "CustomResourceDefinition": "customresourcedefinitions",
        "Namespace": "namespaces",
        "ClusterRole": "clusterroles",
        "ClusterRoleBinding": "clusterrolebindings",
        "ServiceAccount": "serviceaccounts",
        "Deployment": "deployments",
    }
    written = {(right.verb, right.resource) for right in to_install("flux-system")}
    for obj in objects(Components()):
        assert {(verb, plurals[obj["kind"]]) for verb in ("get", "create", "patch")} <= written


def test_rights_on_one_kind_are_told_together() -> None:
    missing = (Right("get", "", "namespaces"), Right("list", "apps", "deployments"))
    more = (Right("create", "", "namespaces"), Right("patch", "", "namespaces"))
    assert told((*missing, *more)) == ("get, create and patch namespaces", "list deployments.apps")
    assert told(()) == ()


@pytest.mark.parametrize(
    ("answer", "yes"),
    [({"status": {"allowed": True}}, True), ({"status": {"allowed": False}}, False), ({}, False)],
)
def test_only_a_clear_yes_is_one(answer: dict[str, object], yes: bool) -> None:
    assert allowed(answer) is yes
