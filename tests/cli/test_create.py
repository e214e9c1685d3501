"""`penstock create`: what needs no cluster, which is --export and everything that is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from penstock.cli import main

from tests.fixtures_ssh import SSHGitServer, exported, new_key
from tests.runtime.processes import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

URL = "--url=https://example.com/fleet"


@pytest.fixture(autouse=True)
def nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No cluster is named: whoever asks for one fails."""
    for name in ("PENSTOCK_KUBECONFIG", "KUBECONFIG", "FLUX_SYSTEM_NAMESPACE", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs one command line; exit code, stdout and stderr."""

    def ran(*args: str) -> tuple[int, str, str]:
        code = main.run(["create", *args])
        told = capsys.readouterr()
        return code, told.out, told.err

    return ran


@pytest.fixture
def ssh(tmp_path: Path) -> Iterator[SSHGitServer]:
    with SSHGitServer(tmp_path) as server:
        yield server


def test_a_source_is_exported_and_nothing_is_asked(run: Run) -> None:
    code, out, err = run("source", "git", "fleet", URL, "--branch=main", "--interval=90s", "--export")
    assert (code, err) == (0, "")
    assert out.startswith("---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\n")
    assert yaml.safe_load(out)["spec"] == {
        "interval": "1m30s",
        "ref": {"branch": "main"},
        "url": "https://example.com/fleet",
    }
    assert yaml.safe_load(out)["metadata"] == {"name": "fleet", "namespace": "flux-system"}


@pytest.mark.parametrize("word", ["kustomization", "ks"])
def test_a_kustomization_is_exported_with_the_flags_of_fluxs_documentation(run: Run, word: str) -> None:
    flags = ("--source=GitRepository/fleet", "--path=./apps", "--prune=true", "--wait=true", "--interval=10m")
    code, out, err = run(word, "apps", *flags, "--label", "a=b", "-n", "team", "--export")
    assert (code, err) == (0, "")
    found = yaml.safe_load(out)
    assert found["metadata"] == {"labels": {"a": "b"}, "name": "apps", "namespace": "team"}
    assert found["spec"] == {
        "interval": "10m0s",
        "path": "./apps",
        "prune": True,
        "sourceRef": {"kind": "GitRepository", "name": "fleet"},
        "timeout": "2m0s",
        "wait": True,
    }


def test_a_flag_that_flux_has_dropped_is_warned_of(run: Run) -> None:
    code, _, err = run("ks", "apps", "--source=fleet", "--validation=client", "--export")
    assert code == 0
    assert err.startswith("⚠️ --validation has been deprecated")


def test_a_secret_for_https_is_exported(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("ca-data")
    flags = ("--username=my-username", "--password=my-password", f"--ca-crt-file={tmp_path}/ca.pem")
    code, out, err = run("secret", "git", "ca-crt", URL, *flags, "-n", "my-namespace", "--export")
    assert (code, err) == (0, "")
    assert out == (
        "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: ca-crt\n  namespace: my-namespace\n"
        "stringData:\n  ca.crt: ca-data\n  password: my-password\n  username: my-username\n"
    )


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        ((), "ecdsa-sha2-nistp384"),
        (("--ssh-key-algorithm=ecdsa", "--ssh-ecdsa-curve=p521"), "ecdsa-sha2-nistp521"),
        (("--ssh-key-algorithm=ed25519",), "ssh-ed25519"),
        (("--ssh-key-algorithm=rsa", "--ssh-rsa-bits=1024"), "ssh-rsa"),
    ],
)
def test_a_secret_for_ssh_is_exported_with_a_new_key_and_the_servers(
    run: Run, ssh: SSHGitServer, flags: tuple[str, ...], kind: str
) -> None:
    code, out, err = run("secret", "git", "auth", f"--url={ssh.url('fleet')}", *flags, "--export")
    assert (code, err) == (0, "")
    data = yaml.safe_load(out)["stringData"]
    assert data["identity"].startswith("-----BEGIN PRIVATE KEY-----\n")
    assert data["identity.pub"].split()[0] == kind
    scanned = data["known_hosts"].split()
    assert scanned == ssh.known_hosts().decode().split()[:3]


def test_a_key_of_yours_is_exported_as_it_is(run: Run, ssh: SSHGitServer, tmp_path: Path) -> None:
    mine = new_key()
    (tmp_path / "id").write_bytes(exported(mine, passphrase="hunter2"))
    flags = (f"--private-key-file={tmp_path}/id", "--password=hunter2")
    code, out, _ = run("secret", "git", "auth", f"--url={ssh.url('fleet')}", *flags, "--export")
    data = yaml.safe_load(out)["stringData"]
    assert (code, data["password"]) == (0, "hunter2")
    assert data["identity"].encode() == (tmp_path / "id").read_bytes()
    assert data["identity.pub"].split() == mine.export_public_key().decode().split()[:2]


@pytest.mark.parametrize(
    ("args", "code", "why"),
    [
        (("source", "git", "fleet"), 1, "✗ url is required"),
        (("source", "git", "fleet", URL), 1, "✗ a Git ref is required"),
        (("source", "git", "No", URL, "--branch=main"), 1, "✗ name 'No' is invalid"),
        (
            ("source", "git", "fleet", URL, "--branch=main", "--provider=azure"),
            1,
            "--provider is not built here yet",
        ),
        (("source", "git", "fleet", URL, "--branch=main", "--label=x"), 1, "must be key=value"),
        (("source", "git", "fleet", URL, "--interval=soon"), 2, "no duration such as"),
        (("source", "git", "fleet", URL, "-n", "No"), 2, "must be a valid DNS label"),
        (("source", "git"), 2, "Missing argument 'NAME'"),
        (("source", "git", "fleet", URL, "--ca-file=/nowhere/ca"), 1, "✗ /nowhere/ca: No such file"),
        (("source", "git", "fleet", URL, "--ssh-rsa-bits=7"), 1, "--ssh-rsa-bits 7: take a multiple of 8"),
        (("source", "git", "fleet", URL, "--ca-file=/dev/zero"), 1, "PENSTOCK_LIMIT_AUTHORITY_FILE_BYTES"),
        (("ks", "apps"), 1, "✗ source is required"),
        (("ks", "apps", "--source=Bucket/x"), 1, "--source is not built here yet"),
        (("ks", "apps", "--source=x", "--service-account=y"), 1, "--service-account is not built here yet"),
        (("ks", "apps", "--source=x", "--prune=maybe"), 2, "is neither true nor false"),
        (("secret", "git", "auth"), 1, "✗ url is required"),
        (("secret", "git", "auth", URL), 1, "the username and password, or a bearer token is required"),
        (
            ("secret", "git", "auth", URL, "-u", "ada", "-p", "hunter2", "--bearer-token=x"),
            1,
            "cannot be used together",
        ),
        (
            ("secret", "git", "auth", "--url=http://example.com/x", "-u", "ada", "-p", "hunter2"),
            1,
            "over plain http",
        ),
        (("secret", "helm", "auth", "--username=ada"), 1, "create secret helm is not built here yet"),
        (("tenant", "team"), 1, "create tenant is not built here yet"),
        (("helmrelease", "web", "--chart=x"), 1, "HelmRelease is not built here yet"),
        (("source", "oci", "fleet"), 1, "OCIRepository is not built here yet"),
    ],
)
def test_what_is_wrong_is_told_in_one_message_without_a_secret(
    run: Run, args: tuple[str, ...], code: int, why: str
) -> None:
    found, out, err = run(*args)
    assert (found, out) == (code, "")
    assert why in err
    assert "hunter2" not in err


def test_a_file_that_cannot_be_a_key_is_not_shown(run: Run, ssh: SSHGitServer, tmp_path: Path) -> None:
    for content, why in (
        (b"hunter2", "no key found"),
        (b"\xff", "it is no text"),
        (b"x" * 20_000, "larger than"),
    ):
        (tmp_path / "id").write_bytes(content)
        code, out, err = run(
            "secret", "git", "auth", f"--url={ssh.url('x')}", f"--private-key-file={tmp_path}/id", "--export"
        )
        assert (code, out) == (1, "")
        assert f"{tmp_path}/id" in err
        assert why in err
        assert "hunter2" not in err


def test_a_server_that_does_not_answer_is_named(run: Run) -> None:
    port = free_port()
    url = f"--url=ssh://git@127.0.0.1:{port}/fleet"
    code, out, err = run("secret", "git", "auth", url, "--export", "--timeout=5s")
    why = f"SSH key scan for host 127.0.0.1:{port} failed: no SSH server answers there"
    assert (code, out, err) == (1, "", f"✗ {why}\n")
