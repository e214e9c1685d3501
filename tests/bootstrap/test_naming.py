"""The flow on a plain Git server over ssh: a key from a file, and the keys of a real SSH agent."""

from __future__ import annotations

import os
import subprocess
from base64 import b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from penstock.api.refs import ObjectRef
from penstock.base.limits import Limits
from penstock.bootstrap.secret import Given
from penstock.bootstrap.steps.naming import Named, connect
from penstock.bootstrap.steps.problems import GitProblem
from penstock.source.keypair import pair_of
from penstock.source.url import parse_url

from tests.bootstrap.world import NAME, secret_data
from tests.fixtures_ssh import exported, new_key
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import asyncssh
    from penstock.bootstrap.steps.ports import Origin, Ports
    from penstock.source.keypair import KeyPair

    from tests.bootstrap.world import World

SECRET = ObjectRef("", "v1", "Secret", "flux-system", "flux-system")


def named(world: World, pair: KeyPair | None = None, agent: str = "") -> Callable[[Ports], Origin]:
    url = world.ssh.url(NAME)
    return lambda ports: connect(ports, Named(parse_url(url), url, pair=pair, agent=agent), SECRET)


def accepted(world: World) -> KeyPair:
    """A key that the server takes."""
    world.ssh.accepted[:] = [new_key()]
    return pair_of(exported(world.ssh.accepted[0]), b"", Limits())


@contextmanager
def ssh_agent(folder: Path, key: asyncssh.SSHKey) -> Iterator[str]:
    """The socket of an agent that has the key."""
    socket, file = folder / "agent", folder / "key"
    file.touch(mode=0o600)
    file.write_bytes(exported(key))
    agent = subprocess.Popen(["ssh-agent", "-D", "-a", str(socket)], stdout=subprocess.DEVNULL)
    try:
        eventually(socket.exists, "the agent")
        env = {"PATH": os.environ["PATH"], "SSH_AUTH_SOCK": str(socket)}
        subprocess.run(["ssh-add", "-q", str(file)], env=env, check=True, capture_output=True)
        yield str(socket)
    finally:
        agent.terminate()
        agent.wait()


def test_the_key_of_a_file_pushes_and_is_the_clusters_too(world: World) -> None:
    pair = accepted(world)
    given = Given(ssh=True, pair=pair)
    world.run(world.wanted(given=given), named(world, pair))
    assert secret_data(world)["identity"].encode() == pair.identity
    assert not world.asked, "the key works: nobody has to give it access"
    assert not [line for line in world.lines if "webhook" in line and line.startswith("✔")]
    assert "source secret up to date" in "\n".join(world.run(world.wanted(given=given), named(world, pair)))


def test_with_an_agent_the_cluster_gets_a_key_of_its_own_that_a_person_has_to_let_in(
    world: World, tmp_path: Path
) -> None:
    key = new_key()
    world.ssh.accepted[:] = [key]
    with ssh_agent(tmp_path, key) as socket:
        world.run(origin=named(world, agent=socket))
    assert world.asked == ["Please give the key access to your repository"]
    public = secret_data(world)["identity.pub"]
    assert public.split()[:2] != key.export_public_key().decode().split()[:2]
    assert f"✔ public key: {public.strip()}" in world.lines


def test_a_key_that_the_server_does_not_take_is_told_by_where_it_is_from(
    world: World, tmp_path: Path
) -> None:
    with pytest.raises(GitProblem, match="does not accept the key of --private-key-file"):
        world.run(origin=named(world, pair_of(exported(new_key()), b"", Limits())))
    with (
        ssh_agent(tmp_path, new_key()) as socket,
        pytest.raises(GitProblem, match="with ssh-add, or use"),
    ):
        world.run(origin=named(world, agent=socket))


def test_a_host_key_that_the_secret_knows_is_the_one_to_expect(world: World) -> None:
    pair = accepted(world)
    given = Given(ssh=True, pair=pair)
    world.run(world.wanted(given=given), named(world, pair))
    found = next(obj for obj in world.cluster.objects("Secret"))
    other = world.ssh.line(new_key())
    found["data"]["known_hosts"] = b64encode(other).decode()
    world.cluster.seed(found)
    with pytest.raises(GitProblem, match=r"the host key of 127\.0\.0\.1:.* is not the one in known_hosts"):
        world.run(world.wanted(given=given), named(world, pair))
