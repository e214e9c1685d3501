from penstock.tools.checkout import folder

from bench.beside import peers


def test_the_controllers_are_those_that_go_mod_names() -> None:
    found = {tool.name: tool for tool in peers.controllers()}
    assert set(found) == {peers.SOURCE, peers.KUSTOMIZE}
    for name, tool in found.items():
        assert tool.package == f"github.com/fluxcd/{name}"
        assert f"{tool.package} {tool.version}" in (folder("bench/peers") / "go.mod").read_text()


def test_their_versions_are_told() -> None:
    assert peers.versions() == {tool.name: tool.version for tool in peers.controllers()}
