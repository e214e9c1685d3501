"""Change lines."""

from __future__ import annotations

from penstock.kustomize.changes import Action, Change, effective, lines

from tests.kustomize.builders import ref

CHANGES = tuple(Change(ref("ConfigMap", action, "x"), action) for action in Action)


def test_change_lines_are_those_of_flux() -> None:
    assert lines(CHANGES[:2]) == "ConfigMap/x/created created\nConfigMap/x/configured configured"
    assert str(Change(ref("Namespace", "x"), Action.DELETED)) == "Namespace/x deleted"


def test_what_was_left_as_it_was_is_no_effect() -> None:
    assert [change.action for change in effective(CHANGES)] == [
        Action.CREATED,
        Action.CONFIGURED,
        Action.DELETED,
    ]
