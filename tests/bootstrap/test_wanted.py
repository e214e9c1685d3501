from __future__ import annotations

from typing import Any

import pytest
from penstock.bootstrap.layout import layout
from penstock.bootstrap.secret import Given
from penstock.bootstrap.wanted import Commits, Rendered, Wanted, problem
from penstock.source.keypair import KeyForm


def wanted(path: str = "clusters/prod", **more: Any) -> Wanted:
    given: dict[str, Any] = {
        "layout": layout(path, "flux-system"),
        "branch": "main",
        "interval_seconds": 60.0,
        "secret_name": "flux-system",
        "commits": Commits(),
        "components": Rendered(lambda _: "", "v1"),
        "given": Given(ssh=True),
        "key_form": KeyForm(),
    }
    return Wanted(**{**given, **more})


@pytest.mark.parametrize(
    ("more", "flag"),
    [
        ({"branch": "a b"}, "--branch"),
        ({"interval_seconds": 0.0}, "--interval"),
        ({"interval_seconds": 1e10}, "--interval"),
        ({"sparse_checkout": ("clusters", "clusters/../..")}, "--sparse-checkout has .. in it"),
        ({"secret_name": ""}, "--secret-name"),
        ({"secret_name": "-a"}, "--secret-name"),
        ({"commits": Commits("<>")}, "--author-name"),
        ({"sparse_checkout": ("clusters/pro",)}, "--sparse-checkout"),
        ({"path": "", "sparse_checkout": ("clusters",)}, "--sparse-checkout"),
    ],
)
def test_what_cannot_be_meant_is_told_by_its_flag(more: dict[str, Any], flag: str) -> None:
    assert problem(wanted(**more)).startswith(flag)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"branch": "release/1.0", "secret_name": "a.b-c"},
        {"commits": Commits("A.")},
        {"sparse_checkout": ("apps", "./clusters/")},
        {"sparse_checkout": ("/clusters/prod",)},
    ],
)
def test_everything_else_is_taken(more: dict[str, Any]) -> None:
    assert problem(wanted(**more)) == ""


def test_the_message_of_a_commit_ends_in_what_a_person_adds() -> None:
    assert Commits().message("Add") == "Add"
    assert Commits(appendix="[ci skip]").message("Add") == "Add\n\n[ci skip]"


def test_the_deploy_key_is_called_as_flux_calls_it() -> None:
    assert wanted().key_title == "flux-system-main-flux-system-./clusters/prod"
    assert wanted("", secret_name="deploy").key_title == "flux-system-main-deploy"
