"""Addresses and credentials from files, pods and plugins."""

from __future__ import annotations

import base64
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from penstock.base.errors import Terminal
from penstock.base.masking import Masker
from penstock.cluster.auth import from_kubeconfig, from_service_account
from penstock.cluster.connect import open_cluster
from penstock.cluster.errors import Unauthorized
from penstock.cluster.plugin import PluginCredentials
from penstock.cluster.target import FixedCredentials
from penstock.cluster.tokenfile import REREAD_SECONDS, TokenFile

from tests.cluster.scripted import ScriptedApi, answer, status
from tests.fakes.clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

CANARY = "hunter2canary"


def write(path: Path, user: dict[str, Any], **cluster: Any) -> Path:
    document = {
        "clusters": [{"name": "c", "cluster": {"server": "https://k8s.example.com", **cluster}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "x",
    }
    path.write_text(yaml.safe_dump(document))
    return path


def test_files_are_read_beside_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("CA")
    (tmp_path / "tls.crt").write_text("CERT")
    (tmp_path / "tls.key").write_text(CANARY)
    user = {"client-certificate": "tls.crt", "client-key": str(tmp_path / "tls.key")}
    target, credentials = from_kubeconfig(
        write(tmp_path / "config", user, **{"certificate-authority": "ca.crt"}), "", {}
    )
    assert (target.ca, target.client_certificate, target.client_key) == ("CA", "CERT", CANARY)
    assert CANARY not in repr(target)
    assert credentials == FixedCredentials("")


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(Terminal, match=r"client-key at .*gone\.key cannot be read: No such file"):
        from_kubeconfig(write(tmp_path / "config", {"client-key": "gone.key"}), "", {})
    with pytest.raises(Terminal, match=r"the kubeconfig at .* cannot be read"):
        from_kubeconfig(tmp_path / "gone", "", {})


def test_a_file_without_an_end_is_read_up_to_what_a_secret_holds(tmp_path: Path) -> None:
    (tmp_path / "endless.key").symlink_to("/dev/zero")
    with pytest.raises(Terminal, match=r"endless\.key cannot be read: it is larger than 1048576 bytes"):
        from_kubeconfig(write(tmp_path / "config", {"client-key": "endless.key"}), "", {})
    with pytest.raises(Unauthorized, match="empty, too large or cannot be read"):
        TokenFile(tmp_path / "endless.key").header()


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "config").write_bytes(b"\xff\xfe")
    with pytest.raises(Terminal, match="it is no text"):
        from_kubeconfig(tmp_path / "config", "", {})


@pytest.mark.parametrize(
    ("user", "header"),
    [
        ({"token": "t"}, "Bearer t"),
        ({"token": "t", "username": "me", "password": "p"}, "Bearer t"),
        ({"username": "me", "password": "p"}, "Basic " + base64.b64encode(b"me:p").decode()),
        ({}, ""),
    ],
)
def test_tokens_and_passwords_become_headers(tmp_path: Path, user: dict[str, Any], header: str) -> None:
    _, credentials = from_kubeconfig(write(tmp_path / "config", user), "", {})
    assert credentials.header() == header
    assert not credentials.refresh(header)


def test_a_token_file_is_read_again_now_and_then(tmp_path: Path) -> None:
    clock, path = FakeClock(), tmp_path / "token"
    path.write_text("one\n")
    credentials = TokenFile(path, clock=clock)
    assert credentials.header() == "Bearer one"
    path.write_text("two\n")
    assert credentials.header() == "Bearer one"
    clock.move(REREAD_SECONDS)
    assert credentials.header() == "Bearer two"


def test_a_token_file_is_read_again_after_a_401(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one")
    credentials = TokenFile(path)
    assert not credentials.refresh(credentials.header())
    path.write_text("two")
    assert credentials.refresh("Bearer one")
    assert credentials.header() == "Bearer two"


def test_a_token_file_that_is_gone_leaves_the_last_token(tmp_path: Path) -> None:
    path = tmp_path / "token"
    path.write_text("one")
    credentials = TokenFile(path)
    assert credentials.header() == "Bearer one"
    path.unlink()
    assert not credentials.refresh("Bearer one")
    with pytest.raises(Unauthorized, match="token"):
        TokenFile(path).header()


def test_the_token_file_of_a_kubeconfig_wins_over_its_token(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("fresh")
    path = write(tmp_path / "config", {"token": "old", "tokenFile": "token"})
    assert from_kubeconfig(path, "", {})[1].header() == "Bearer fresh"


def test_a_pod_finds_its_cluster(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("CA")
    (tmp_path / "token").write_text("t")
    environ = {
        "KUBERNETES_SERVICE_HOST": "10.0.0.1",
        "KUBERNETES_SERVICE_PORT": "6443",
        "HTTPS_PROXY": "http://p",
    }
    target, credentials = from_service_account(environ, tmp_path)
    assert (target.server, target.ca, target.proxy) == ("https://10.0.0.1:6443", "CA", "")
    assert credentials.header() == "Bearer t"
    target, _ = from_service_account({"KUBERNETES_SERVICE_HOST": "fd00::1"}, tmp_path)
    assert target.server == "https://[fd00::1]:443"


def test_outside_a_pod_a_kubeconfig_is_asked_for() -> None:
    with pytest.raises(Terminal, match="PENSTOCK_KUBECONFIG or"):
        open_cluster(None, "", {}, Masker())


def test_a_proxy_comes_from_the_kubeconfig_or_the_environment(tmp_path: Path) -> None:
    environ = {"HTTPS_PROXY": "http://env:3128"}
    assert from_kubeconfig(write(tmp_path / "a", {}), "", environ)[0].proxy == "http://env:3128"
    own = write(tmp_path / "b", {}, **{"proxy-url": "http://own:3128"})
    assert from_kubeconfig(own, "", environ)[0].proxy == "http://own:3128"


def test_a_fixed_token_is_masked_from_the_first_moment(tmp_path: Path) -> None:
    masker = Masker()
    open_cluster(write(tmp_path / "config", {"token": CANARY}), "", {}, masker)
    assert masker.mask(f"x {CANARY} y") == "x ***** y"


def plugin(folder: Path, script: str) -> dict[str, Any]:
    program = folder / "plugin"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)
    return {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1",
            "command": str(program),
            "interactiveMode": "Never",
        }
    }


GIVES_TOKEN = """n=$(cat "$0.n" 2>/dev/null || echo 0); n=$((n + 1)); echo $n > "$0.n"
echo '{"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",'
echo '"status": {"token": "t'$n'"}}'"""


def test_a_credential_plugin_is_asked_once_and_again_after_a_401(tmp_path: Path) -> None:
    with ScriptedApi(otherwise=answer(200, {"gitVersion": "v1.37.2"})) as api:
        path = write(tmp_path / "config", plugin(tmp_path, GIVES_TOKEN), server=api.url)
        cluster = open_cluster(path, "", {}, Masker())
        assert [cluster.version(), cluster.version()] == ["v1.37.2"] * 2
        api.steps = [status(401, "Unauthorized")]
        assert cluster.version() == "v1.37.2"
        tokens = [seen.headers["authorization"] for seen in api.seen]
    assert tokens == ["Bearer t1", "Bearer t1", "Bearer t1", "Bearer t2"]


def test_a_credential_plugin_that_gives_nothing_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "config", plugin(tmp_path, "exit 1"))
    with pytest.raises(Unauthorized, match=r"credential plugin of the kubeconfig .* gave no token"):
        open_cluster(path, "", {}, Masker()).version()


def test_a_credential_plugin_that_never_answers_is_not_waited_for(tmp_path: Path) -> None:
    stop = tmp_path / "stop"
    path = write(tmp_path / "config", plugin(tmp_path, f"while ! [ -e {stop} ]; do sleep 0.05; done"))
    credentials = PluginCredentials(path, "", patience_s=0.2)
    with pytest.raises(Unauthorized, match=r"credential plugin .* did not answer within 0\.2 seconds"):
        credentials.header()
    stop.touch()


def test_a_kubeconfig_that_went_away_gives_no_token(tmp_path: Path) -> None:
    path = write(tmp_path / "config", plugin(tmp_path, GIVES_TOKEN))
    _, credentials = from_kubeconfig(path, "", {})
    path.unlink()
    with pytest.raises(Unauthorized, match="gave no token"):
        credentials.header()


def test_threads_that_were_refused_together_ask_a_plugin_once(tmp_path: Path) -> None:
    _, credentials = from_kubeconfig(write(tmp_path / "config", plugin(tmp_path, GIVES_TOKEN)), "", {})
    refused = credentials.header()
    assert credentials.refresh(refused)
    assert credentials.refresh(refused)
    assert credentials.header() == "Bearer t2"


def test_a_provider_that_nobody_knows_gives_no_token(tmp_path: Path) -> None:
    path = write(tmp_path / "config", {"auth-provider": {"name": "unheard-of"}})
    with pytest.raises(Unauthorized, match="gave no token"):
        open_cluster(path, "", {}, Masker()).version()


def test_the_plain_cases_do_not_import_the_kubernetes_package() -> None:
    program = (
        "import sys, penstock.cluster.connect; sys.exit(bool({'kubernetes', 'requests'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
