"""Kubeconfigs, the operator's and those from Secrets."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from penstock.base.errors import Terminal
from penstock.cluster.foreign import is_local, refuse_foreign
from penstock.cluster.kubeconfig import Entry, parse_kubeconfig

CANARY = "hunter2canary"
PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
SERVER = "https://k8s.example.com:6443"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def kubeconfig(cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None, **more: Any) -> str:
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": SERVER, **(cluster or {})}}],
        "users": [{"name": "u", "user": user or {}}],
        "contexts": [
            {"name": "one", "context": {"cluster": "c", "user": "u", "namespace": "apps"}},
            {"name": "two", "context": {"cluster": "c"}},
            {"name": "lost", "context": {"cluster": "gone"}},
        ],
        "current-context": "one",
        **more,
    }
    return yaml.safe_dump(document)


def refused(text: str, context: str = "") -> str:
    with pytest.raises(Terminal) as caught:
        parse_kubeconfig(text, context)
    assert caught.value.reason == "InvalidKubeconfig"
    assert CANARY not in repr(caught.value)
    return caught.value.message


def test_everything_of_the_current_context_is_read() -> None:
    cluster = {
        "certificate-authority-data": encoded(PEM),
        "certificate-authority": "ca.crt",
        "insecure-skip-tls-verify": True,
        "tls-server-name": "kubernetes",
        "proxy-url": "http://proxy:3128",
    }
    user = {
        "client-certificate-data": encoded(PEM),
        "client-certificate": "tls.crt",
        "client-key-data": encoded(PEM),
        "client-key": "tls.key",
        "token": "t",
        "tokenFile": "token",
        "username": "me",
        "password": "p",
        "exec": {"command": "x"},
    }
    assert parse_kubeconfig(kubeconfig(cluster, user)) == Entry(
        server=SERVER,
        ca_data=PEM,
        ca_file="ca.crt",
        certificate_data=PEM,
        certificate_file="tls.crt",
        key_data=PEM,
        key_file="tls.key",
        token="t",
        token_file="token",
        username="me",
        password="p",
        insecure=True,
        server_name="kubernetes",
        proxy="http://proxy:3128",
        plugin="exec",
        namespace="apps",
    )


def test_a_context_can_be_named_and_needs_no_user() -> None:
    entry = parse_kubeconfig(kubeconfig(user={"token": "t"}), "two")
    assert (entry.server, entry.token, entry.namespace) == (SERVER, "", "")


def test_what_is_missing_is_named() -> None:
    assert "no context 'three' in its contexts" in refused(kubeconfig(), "three")
    assert "no cluster 'gone' in its clusters" in refused(kubeconfig(), "lost")
    assert "no current-context" in refused(kubeconfig().replace("current-context: one", ""))
    assert "no user 'u' in its users" in refused(kubeconfig(users=None))
    assert "no context 'one'" in refused(kubeconfig(contexts=["one", {"name": "other"}]))


def test_impersonation_is_refused_rather_than_forgotten() -> None:
    assert "impersonates" in refused(kubeconfig(user={"token": CANARY, "as": "admin"}))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"a: [{CANARY}", "no valid YAML"),
        (f"\x00{CANARY}", "no valid YAML"),
        (f"!!python/object/apply:os.system [{CANARY}]", "no valid YAML"),
        (CANARY, "no mapping"),
        ("", "no mapping"),
        (f"a: {CANARY}" + " " * 1024 * 1024, "larger than 1 MiB"),
        (kubeconfig(user={"token": [CANARY]}), "token of the kubeconfig is no text"),
        (
            kubeconfig(user={"client-key-data": CANARY + "!"}),
            "client-key-data of the kubeconfig is not base64",
        ),
        (
            kubeconfig({"certificate-authority-data": base64.b64encode(b"\xff\xfe").decode()}),
            "certificate-authority-data of the kubeconfig is not base64 of PEM text",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_without_repeating_it(text: str, says: str) -> None:
    assert says in refused(text)


def test_secrets_do_not_show_in_the_entry() -> None:
    user = {"token": CANARY, "password": CANARY, "client-key-data": encoded(CANARY)}
    entry = parse_kubeconfig(kubeconfig({"proxy-url": f"http://me:{CANARY}@proxy"}, user))
    assert CANARY not in repr(entry)


@given(st.text())
def test_any_text_is_an_entry_or_a_refusal(text: str) -> None:
    with pytest.raises(Terminal):
        parse_kubeconfig(text)


FOREIGN = Entry(server=SERVER, ca_data=PEM, token="t", username="me", password="p")


def test_embedded_credentials_of_another_cluster_are_fine() -> None:
    refuse_foreign(FOREIGN)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"plugin": "exec"}, "exec"),
        ({"plugin": "auth-provider"}, "auth-provider"),
        ({"ca_file": "../ca.crt"}, "certificate-authority"),
        ({"certificate_file": "/x"}, "client-certificate"),
        ({"key_file": "/proc/self/environ"}, "client-key"),
        ({"token_file": "/var/run/secrets/token"}, "tokenFile"),
        ({"insecure": True}, "insecure-skip-tls-verify"),
        ({"server_name": "evil"}, "tls-server-name"),
        ({"proxy": "http://evil"}, "proxy-url"),
        ({"server": "http://k8s.example.com"}, "no https URL"),
        ({"server": ""}, "no https URL"),
        ({"server": "https://169.254.169.254"}, "loopback, link-local or metadata"),
        ({"server": "https://127.0.0.1:6443"}, "loopback, link-local or metadata"),
    ],
)
def test_a_foreign_kubeconfig_runs_reads_and_reaches_nothing_of_ours(
    change: dict[str, Any], says: str
) -> None:
    with pytest.raises(Terminal, match=says) as caught:
        refuse_foreign(replace(FOREIGN, **change))
    assert caught.value.reason == "InvalidKubeconfig"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.",
        "a.localhost",
        "127.1.2.3",
        "::1",
        "::ffff:127.0.0.1",
        "fe80::1%eth0",
        "169.254.169.254",
        "0.0.0.0",  # noqa: S104 - nothing is bound
        "::",
        "224.0.0.1",
        "metadata.google.internal",
        "2130706433",
        "0x7f.1",
        "127.1",
        "",
    ],
)
def test_this_machine_and_its_platform_are_local_however_written(host: str) -> None:
    assert is_local(host)


@pytest.mark.parametrize(
    "host", ["k8s.example.com", "10.0.0.1", "8.8.8.8", "2001:db8::1", "localhost.example.com"]
)
def test_other_hosts_are_not(host: str) -> None:
    assert not is_local(host)
