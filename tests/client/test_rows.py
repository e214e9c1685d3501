from __future__ import annotations

import pytest
from penstock.client.kinds import GIT_REPOSITORY, KUSTOMIZATION
from penstock.client.rows import View, Wanted, deleted, heads, nothing_found, parse_wanted, row

from tests.client.objects import COMMIT, REVISION, condition, git, kustomization
from tests.client.test_ages import NOW

SHORT = f"main@sha1:{COMMIT[:8]}"
APPLIED = condition("True", f"Applied revision: {REVISION}")


def test_the_plain_row_is_fluxs() -> None:
    assert heads(KUSTOMIZATION, View()) == heads(GIT_REPOSITORY, View())
    assert heads(KUSTOMIZATION, View()) == ("Name", "Revision", "Suspended", "Ready", "Message")
    assert row(kustomization("apps", APPLIED), View(), NOW) == (
        "apps", SHORT, "False", "True", f"Applied revision: {SHORT}",
    )  # fmt: skip
    stored = condition("True", f"stored artifact for revision '{REVISION}'")
    assert row(git("fleet", stored, spec={"suspend": True}), View(), NOW) == (
        "fleet", SHORT, "True", "True", f"stored artifact for revision '{SHORT}'",
    )  # fmt: skip


def test_who_was_never_looked_at_waits_to_be_reconciled() -> None:
    new = kustomization(status={"lastAppliedRevision": None})
    assert row(new, View(), NOW) == ("apps", "", "False", "False", "waiting to be reconciled")


def test_all_namespaces_all_kinds_and_the_source_are_columns_in_front() -> None:
    view = View(namespace=True, kind=True, source=True)
    assert heads(KUSTOMIZATION, view)[:3] == ("Namespace", "Name", "Source")
    cells = row(kustomization("apps", APPLIED), view, NOW)
    assert cells[:4] == ("flux-system", "kustomization/apps", "GitRepository/flux-system/fleet", SHORT)
    assert len(cells) == len(heads(KUSTOMIZATION, view))


def test_wide_rows_have_whole_hashes_the_origin_and_the_age() -> None:
    view = View(wide=True)
    assert heads(KUSTOMIZATION, view)[-2:] == ("Source", "Age")
    assert heads(GIT_REPOSITORY, view)[-2:] == ("URL", "Age")
    assert row(kustomization("apps", APPLIED), view, NOW)[1:] == (
        REVISION, "False", "True", f"Applied revision: {REVISION}", "GitRepository/flux-system/fleet", "60m",
    )  # fmt: skip
    assert row(git(), view, NOW)[-2:] == ("https://example.com/fleet", "60m")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("ready=false", Wanted("ready", "false")),
        ("Ready!=True", Wanted("Ready", "True", negated=True)),
        ("a=b=c", Wanted("a", "b=c")),
        ("ready=", Wanted("ready", "")),
    ],
)
def test_a_status_selector_is_read(text: str, wanted: Wanted) -> None:
    assert parse_wanted(text) == wanted


@pytest.mark.parametrize("text", ["", "ready", "=true", "!=true"])
def test_what_is_no_status_selector_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected status selector in type=status or type!=status format"):
        parse_wanted(text)


@pytest.mark.parametrize(
    ("text", "ready", "holds"),
    [
        ("ready=true", "True", True),
        ("READY=TRUE", "True", True),
        ("ready=false", "True", False),
        ("ready!=true", "False", True),
        ("ready!=true", "True", False),
        ("ready=false", None, False),
        ("ready!=true", None, True),
        ("stalled=true", "True", False),
    ],
)
def test_conditions_are_compared_in_any_case_and_one_that_is_missing_has_no_status(
    text: str, ready: str | None, holds: bool
) -> None:
    conditions = [] if ready is None else [condition(ready, "x")]
    assert parse_wanted(text).holds(kustomization("apps", *conditions)) is holds


def test_what_is_gone_is_shown_as_deleted() -> None:
    assert row(deleted(git("fleet", condition("True", "x"))), View(), NOW)[-2:] == ("Unknown", "deleted")


def test_what_is_not_there_is_told_as_flux_tells_it() -> None:
    assert nothing_found(KUSTOMIZATION, "", '"apps"') == 'no Kustomization objects found in "apps" namespace'
    assert nothing_found(GIT_REPOSITORY, "x", "any") == "GitRepository object 'x' not found in any namespace"
