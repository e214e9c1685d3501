from __future__ import annotations

from pathlib import Path

import yaml
from penstock.tools.controlplane import config, kubeconfig
from penstock.tools.controlplane.layout import Layout, Ports

LAYOUT = Layout(Path("/d"))
PORTS = Ports(apiserver=1, etcd_client=2, etcd_peer=3)
POLICY = Path("/policy.yaml")


def flags(arguments: tuple[str, ...]) -> dict[str, str]:
    pairs = (argument.removeprefix("--").partition("=") for argument in arguments)
    return {name: value for name, _, value in pairs}


def test_everything_listens_on_loopback_only() -> None:
    server = flags(config.apiserver(LAYOUT, PORTS, None))
    storage = flags(config.etcd(LAYOUT, PORTS))
    assert server["bind-address"] == "127.0.0.1"
    assert server["secure-port"] == "1"
    assert storage["listen-client-urls"] == server["etcd-servers"] == "https://127.0.0.1:2"
    assert storage["listen-peer-urls"] == "https://127.0.0.1:3"
    for component in (config.controller_manager(LAYOUT), config.scheduler(LAYOUT)):
        assert flags(component)["secure-port"] == "0"


def test_every_door_asks_for_a_certificate_or_a_token() -> None:
    server = flags(config.apiserver(LAYOUT, PORTS, None))
    storage = flags(config.etcd(LAYOUT, PORTS))
    assert server["anonymous-auth"] == "false"
    assert server["authorization-mode"] == "Node,RBAC"
    assert server["client-ca-file"] == storage["trusted-ca-file"] == "/d/pki/ca.crt"
    assert {"client-cert-auth", "peer-client-cert-auth"} <= storage.keys()


def test_requests_are_logged_only_where_asked_for() -> None:
    assert not any("audit" in argument for argument in config.apiserver(LAYOUT, PORTS, None))
    audited = flags(config.apiserver(LAYOUT, PORTS, POLICY))
    assert audited["audit-log-path"] == "/d/logs/audit.log"
    assert audited["audit-policy-file"] == "/policy.yaml"


def test_every_component_speaks_for_itself() -> None:
    assert flags(config.scheduler(LAYOUT))["kubeconfig"] == "/d/components/kube-scheduler.kubeconfig"
    assert flags(config.kwok(LAYOUT, Path("/s")))["kubeconfig"] == "/d/components/kwok.kubeconfig"
    controllers = flags(config.controller_manager(LAYOUT))
    assert controllers["kubeconfig"] == "/d/components/kube-controller-manager.kubeconfig"
    assert controllers["use-service-account-credentials"] == "true"


def test_a_kubeconfig_needs_no_other_file() -> None:
    told = yaml.safe_load(kubeconfig.render("https://127.0.0.1:1", b"authority", b"certificate", b"key"))
    assert told["current-context"] == told["contexts"][0]["name"]
    assert told["clusters"][0]["cluster"] == {
        "server": "https://127.0.0.1:1",
        "certificate-authority-data": "YXV0aG9yaXR5",
    }
    assert told["users"][0]["user"] == {
        "client-certificate-data": "Y2VydGlmaWNhdGU=",
        "client-key-data": "a2V5",
    }
