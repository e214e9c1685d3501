from __future__ import annotations

import click
import pytest
from penstock.base.errors import Terminal
from penstock.cli.lazy import Entry
from penstock.cli.nouns import kind_nouns, noun_group
from penstock.client.kinds import GIT_REPOSITORY, KINDS, KUSTOMIZATION, not_built


def _says(what: str) -> Entry:
    return Entry(lambda: click.Command(what, callback=lambda: what), f"Say {what}")


def _group(*, plural: bool) -> click.Group:
    built = {GIT_REPOSITORY: _says("git"), KUSTOMIZATION: _says("ks")}
    nouns = {**kind_nouns(built, plural=plural), ("all",): _says("all")}
    return noun_group("look", "Look at things.\n\nLong text.", nouns)


def _run(*typed: str, plural: bool = True) -> object:
    return _group(plural=plural).main(list(typed), "look", standalone_mode=False)


@pytest.mark.parametrize("plural", [True, False])
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("kustomizations", "ks"),
        ("kustomization", "ks"),
        ("ks", "ks"),
        ("sources git", "git"),
        ("source git", "git"),
        ("all", "all"),
    ],
)
def test_one_and_many_and_short_names_are_understood(typed: str, said: str, *, plural: bool) -> None:
    assert _run(*typed.split(), plural=plural) == said


@pytest.mark.parametrize(
    ("plural", "nouns"), [(True, "kustomizations sources"), (False, "kustomization source")]
)
def test_help_shows_one_name_of_what_is_built(nouns: str, *, plural: bool) -> None:
    group = _group(plural=plural)
    context = click.Context(group, info_name="look")
    assert sorted(group.list_commands(context)) == sorted([*nouns.split(), "all"])
    assert group.get_help(context).count("Long text.") == 1
    sources = group.get_command(context, "source")
    assert isinstance(sources, click.Group)
    assert sources.list_commands(context) == ["git"]
    assert "Sources, such as Git repositories. Look at things." in sources.get_help(context)


def test_a_family_of_which_nothing_is_built_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(click.exceptions.NoArgsIsHelpError) as raised:
        _run("image")
    assert "Images. Not built here yet: repository, policy, update." in raised.value.format_message()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.built], ids=lambda kind: kind.kind)
def test_a_kind_that_is_not_built_says_so_whatever_follows_it(kind: object) -> None:
    (found,) = (one for one in KINDS if one is kind)
    for words, plural in ((found.words, False), (found.listed, True), (found.words, True)):
        with pytest.raises(Terminal) as raised:
            _run(*words, "name", "--flag=1", "-x", plural=plural)
        assert raised.value.message == not_built(found)
