from __future__ import annotations

import subprocess
import sys

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st
from penstock.cli import main
from penstock.cli.fluxflags import behind, explained, without_booleans


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("get ks", "get ks"),
        ("-n apps get ks", "get ks -n apps"),
        ("--namespace=apps -A get ks web", "get ks web --namespace=apps -A"),
        ("-napps --timeout 5m ks", "ks -napps --timeout 5m"),
        ("-A ks -- -x", "ks -A -- -x"),
        ("ks -n apps", "ks -n apps"),
        ("-n apps --help", "--help"),
        ("-n apps", ""),
        ("-n", ""),
        ("--strange get ks", "--strange get ks"),
        ("--all=true ks", "ks --all=true"),
        ("--help", "--help"),
        ("", ""),
    ],
)
def test_flags_in_front_of_a_word_are_for_what_follows_it(typed: str, understood: str) -> None:
    assert behind(typed.split()) == understood.split()


@click.command("look")
@click.option("-w", "--watch", is_flag=True)
@click.option("--prune/--no-prune", default=True)
@click.option("--path")
def look(watch: bool, prune: bool, path: str) -> tuple[bool, bool, str]:
    return watch, prune, path


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("--watch=true --path x", "--watch --path x"),
        ("--watch=F x", "x"),
        ("--prune=1", "--prune"),
        ("--prune=false", "--no-prune"),
        ("--watch=maybe", "--watch=maybe"),
        ("--path=true", "--path=true"),
        ("-w --watch", "-w --watch"),
        ("--watch=true -- --watch=true", "--watch -- --watch=true"),
    ],
)
def test_flags_with_gos_truth_values_are_understood(typed: str, understood: str) -> None:
    assert without_booleans(look, typed.split()) == understood.split()


@given(
    st.lists(st.sampled_from(["-n", "x", "--", "-A", "get", "--timeout=5m", "-o", "-nfoo", "--no-header"]))
)
def test_nothing_is_lost_once_there_is_a_word_and_nothing_moves_twice(typed: list[str]) -> None:
    understood = behind(typed)
    if understood and not understood[0].startswith("-"):
        assert sorted(understood) == sorted(typed)
        assert behind(understood) == understood


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["get", "ks", "--as", "me"], "flux's --as is not built here: use a kubeconfig with its rights"),
        (["--token=x", "get", "ks"], "flux's --token is not built here: say it in a kubeconfig"),
        (["stats", "--kube-api-qps", "5"], "flux's --kube-api-qps is not built here: leave it out"),
        (["-n", "apps", "tools", "build"], "No such option '-n'"),
        (["get", "ks", "--compact"], "No such option '--compact'"),
    ],
)
def test_a_flag_that_is_not_here_is_refused_with_what_to_do(
    arguments: list[str], why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(arguments) == main.EXIT_USAGE
    told = capsys.readouterr().err
    assert why in told
    assert told.startswith("Usage: penstock ")


def test_other_errors_stay_as_they_are() -> None:
    for error in (click.UsageError("x"), click.NoSuchOption("--x"), click.ClickException("y")):
        assert explained(error) is error


def test_who_reads_no_further_is_not_complained_to() -> None:
    program = "from penstock.cli.main import main; main()"
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; '{sys.executable}' -c '{program}' completion bash | true"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode in {0, 1}, done.stderr) == (True, "")
