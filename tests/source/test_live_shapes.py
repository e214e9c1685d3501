"""include, recurseSubmodules, sparseCheckout and ref.name on a real API server, from a real Git server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from penstock.api.kstatus import State, judge_dynamic

from tests.fixtures_git import clone
from tests.source.fetchers.over_ssh import name_of

if TYPE_CHECKING:
    from pathlib import Path

    from penstock.tools.gitserver import GitServer

    from tests.fixtures_git import WorkingCopy
    from tests.source.live import Live


def beside(server: GitServer, repository: WorkingCopy, folder: Path) -> WorkingCopy:
    return clone(server, f"{name_of(repository)}-beside", folder / "beside")


def test_what_is_included_is_copied_and_a_change_of_it_makes_the_artifact_anew(
    live: Live, repository: WorkingCopy, git_server: GitServer, tmp_path: Path
) -> None:
    shared = beside(git_server, repository, tmp_path)
    shared.publish({"deploy/base.yaml": "v: 1\n", "README.md": "x"})
    repository.publish({"app/a.yaml": "a: 1\n", ".sourceignore": "secret*\n"})
    include = [{"repository": {"name": "shared"}, "fromPath": "deploy", "toPath": "base/app"}]
    live.create(repository.url, include=include)
    outcome = live.fetch()
    assert (outcome.ok, outcome.reason) == (False, "NotFound")
    assert live.condition("IncludeUnavailable") == live.condition("Ready").replace("False", "True", 1)
    live.create(shared.url, "shared")
    assert live.fetch().message == "no artifact available for include 'shared'"
    assert live.fetch("shared").ok
    assert live.queue.items[-1].name == "fleet"
    assert live.fetch().ok
    assert live.files() == {
        "app/a.yaml": b"a: 1\n",
        "base/app/base.yaml": b"v: 1\n",
        ".sourceignore": b"secret*\n",
    }
    before = live.status()
    assert [one["revision"] for one in before["includedArtifacts"]] == [
        f"main@sha1:{shared.git('rev-parse', 'HEAD')}"
    ]
    assert before["observedInclude"] == include
    assert judge_dynamic(live.object()).state is State.CURRENT
    shared.publish({"deploy/base.yaml": "v: 2\n", "deploy/secret.yaml": "no: 1\n"})
    assert live.fetch("shared").ok
    assert live.fetch().ok
    assert live.files()["base/app/base.yaml"] == b"v: 2\n"
    assert "base/app/secret.yaml" not in live.files()
    after = live.status()
    assert after["artifact"]["revision"] == before["artifact"]["revision"]
    assert after["artifact"]["digest"] != before["artifact"]["digest"]


def test_submodules_sparse_directories_and_a_reference_of_any_name_are_observed(
    live: Live, repository: WorkingCopy, git_server: GitServer, tmp_path: Path
) -> None:
    lib = beside(git_server, repository, tmp_path)
    commit = lib.publish({"x.yaml": "x: 1\n"})
    repository.commit({"app/a.yaml": "a: 1\n", "other/b.yaml": "b: 1\n"})
    modules = f'[submodule "lib"]\n\tpath = lib\n\turl = ../{lib.url.rpartition("/")[2]}\n'
    repository.write({".gitmodules": modules})
    repository.git("add", ".gitmodules")
    repository.git("update-index", "--add", "--cacheinfo", f"160000,{commit},lib")
    repository.git("commit", "--quiet", "--message", "Add lib")
    repository.push("HEAD:refs/pull/420/head")
    head = repository.git("rev-parse", "HEAD")
    live.create(repository.url, recurseSubmodules=True, ref={"name": "refs/pull/420/head"})
    assert live.fetch().revision == f"refs/pull/420/head@sha1:{head}"
    assert set(live.files()) == {"app/a.yaml", "other/b.yaml", "lib/x.yaml"}
    assert live.status()["observedRecurseSubmodules"] is True
    live.change({"spec": {"recurseSubmodules": False, "sparseCheckout": ["./app"]}})
    assert live.fetch().ok
    assert set(live.files()) == {"app/a.yaml"}
    assert "observedRecurseSubmodules" not in live.status()
    assert live.status()["observedSparseCheckout"] == ["./app"]
    live.change({"spec": {"sparseCheckout": ["none"]}})
    assert "sparse checkout dir 'none' does not exist in repository" in live.fetch().message
    assert live.condition("FetchFailed").startswith("True GitOperationFailed: failed to sparse checkout")
    assert set(live.files()) == {"app/a.yaml"}
