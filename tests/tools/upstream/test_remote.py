"""Nothing is fetched: remote bases and resources are refused, and not one packet leaves (A-37, A-38)."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
from penstock.kustomize.overlay import Overlay
from penstock.tools.upstream import BuildError, Code, Upstream

from tests.tools.upstream.fleets import CONFIG, Files, files, kustomization

if TYPE_CHECKING:
    from collections.abc import Iterator


class Listener:
    """Counts the connections that anybody opens to a port of the loopback interface."""

    def __init__(self, family: socket.AddressFamily, host: str) -> None:
        self._server = socket.create_server((host, 0), family=family)
        self.port = self._server.getsockname()[1]
        self.connections = 0
        self._thread = threading.Thread(target=self._count)
        self._thread.start()

    def _count(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    counting = Listener(socket.AF_INET, "127.0.0.1")
    yield counting
    counting.close()


def refused(upstream: Upstream, tree: Files, *, overlay: bool = True) -> BuildError:
    with pytest.raises(BuildError) as caught:
        upstream.build(tree, "app", overlay=Overlay() if overlay else None)
    return caught.value


def test_the_listener_sees_a_connection_when_there_is_one(listener: Listener) -> None:
    before = listener.connections
    with socket.create_connection(("127.0.0.1", listener.port)) as connection:
        assert connection.recv(1) == b""
    assert listener.connections == before + 1


LOADED_FIELDS = {
    "resources": '["{}"]',
    "bases": '["{}"]',
    "components": '["{}"]',
    "crds": '["{}"]',
    "configurations": '["{}"]',
    "generators": '["{}"]',
    "transformers": '["{}"]',
    "validators": '["{}"]',
    "patchesStrategicMerge": '["{}"]',
    "openapi": '{{path: "{}"}}',
    "patches": '[{{path: "{}"}}]',
    "patchesJson6902": '[{{path: "{}", target: {{kind: ConfigMap, name: settings, version: v1}}}}]',
    "replacements": '[{{path: "{}"}}]',
    "configMapGenerator": '[{{name: x, files: ["k={}"]}}]',
    "secretGenerator": '[{{name: x, envs: ["{}"]}}]',
}


@pytest.mark.parametrize("field", LOADED_FIELDS)
@pytest.mark.parametrize("scheme", ["http", "https", "HTTP"])
def test_no_field_fetches_over_http(
    field: str, scheme: str, upstream: Upstream, listener: Listener
) -> None:
    url = f"{scheme}://user:hunter22@127.0.0.1:{listener.port}/x.yaml?token=hunter22"
    fields = {"resources": "[c.yaml]", field: LOADED_FIELDS[field].format(url)}
    before = listener.connections
    error = refused(upstream, files(app__K=kustomization(**fields), app__c_yaml=CONFIG))
    assert listener.connections == before
    assert error.code is Code.REMOTE
    assert "app/kustomization.yaml" in str(error)
    assert "hunter22" not in str(error)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_builtin_transformer_fetches_nothing_either(
    scheme: str, upstream: Upstream, listener: Listener
) -> None:  # here kustomize itself gets as far as the refusing transport
    url = f"{scheme}://127.0.0.1:{listener.port}/x.yaml"
    inline = f"""
    - |-
      apiVersion: builtin
      kind: PatchTransformer
      metadata: {{name: patch}}
      path: {url}
    """
    before = listener.connections
    tree = files(app__K=kustomization(resources="[c.yaml]", transformers=inline), app__c_yaml=CONFIG)
    assert refused(upstream, tree).code is Code.REMOTE
    assert listener.connections == before


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://metadata.google.internal/computeMetadata/v1/",
        "http://[::1]:{port}/x",
        "http://localhost:{port}/redirect",
        "https://127.0.0.1:{port}/org/repo?ref=-h",
        "https://127.0.0.1:{port}/org/repo?timeout=24h",
        "https://127.0.0.1:{port}/org/repo.git//path?submodules=true",
        "git@127.0.0.1:org/repo",
        "ssh://-oProxyCommand=touch%20x/org/repo",
        "ssh://git@127.0.0.1:{port}/org/repo",
        "file:///etc",
        "file:///etc/.git",
        "git::https://127.0.0.1:{port}/org/repo",
        "git::ext::sh -c touch% x",
        "github.com/org/repo",
        "GitHub.com/org/repo?ref=main",
        "github.com:org/repo",
        "org-1234@host/org/repo",
        "user@host:org/repo",
        "gh:org/repo/x",
        "s3://bucket/x",
    ],
)
@pytest.mark.parametrize("field", ["resources", "components", "bases"])
@pytest.mark.parametrize("overlay", [True, False])
def test_no_base_is_cloned_or_fetched(
    url: str, field: str, overlay: bool, upstream: Upstream, listener: Listener
) -> None:
    before = listener.connections
    named = url.format(port=listener.port)
    fields = {"resources": "[c.yaml]", field: f"['{named}']"}
    error = refused(upstream, files(app__K=kustomization(**fields), app__c_yaml=CONFIG), overlay=overlay)
    assert listener.connections == before
    local = named.startswith(("git::ext", "s3:", "gh:"))  # kustomize takes these for paths
    assert error.code is (Code.BUILD if local else Code.REMOTE)


def test_a_base_of_a_base_is_refused_as_well(upstream: Upstream) -> None:
    tree = files(
        app__K=kustomization(resources="[../one]"),
        one__K=kustomization(components="[../two]"),
        two__K="kind: Component\nresources: [https://example.org/org/repo]\n",
    )
    error = refused(upstream, tree)
    assert (error.code, "two/kustomization.yaml" in str(error)) == (Code.REMOTE, True)


def test_a_file_with_the_name_of_a_repository_is_a_file(upstream: Upstream) -> None:
    tree = files(app__K=kustomization(resources="[github.com/org/repo]"))
    tree["app/github.com/org/repo"] = files(x=CONFIG)["x"]
    assert len(upstream.build(tree, "app", overlay=Overlay()).objects) == 1


def test_a_folder_with_a_user_in_its_name_is_a_folder(upstream: Upstream) -> None:
    tree = files(app__K=kustomization(resources="[team@home]"))
    tree["app/team@home/kustomization.yaml"] = b"resources: [c.yaml]\n"
    tree["app/team@home/c.yaml"] = files(x=CONFIG)["x"]
    assert len(upstream.build(tree, "app", overlay=Overlay()).objects) == 1


def test_the_kernel_keeps_sockets_programs_and_files_from_the_helper(upstream: Upstream) -> None:
    assert upstream.version()["sandbox"] == "seccomp"
