from __future__ import annotations

import fcntl
import threading
from pathlib import Path

import pytest
from penstock.tools.longrun import run
from penstock.tools.progress import silent
from penstock.tools.usercache import cache_folder, locked, made_whole

ENV = {"PATH": "/usr/bin:/bin"}


class Interrupted(BaseException):
    """Stands for what Ctrl-C raises."""


def test_both_outputs_come_back_with_the_exit_code() -> None:
    done = run(
        ("/bin/sh", "-c", "echo a; echo b >&2; echo; exit 3"),
        env=ENV, cwd=Path("/"), what="x", expected_s=1, progress=silent,
    )  # fmt: skip
    assert (done.code, done.output, done.last_line()) == (3, "a\nb\n\n", "b")


def test_a_silent_command_has_a_last_line_too() -> None:
    done = run(("/bin/true",), env=ENV, cwd=Path("/"), what="x", expected_s=1, progress=silent)
    assert done.last_line() == "it printed nothing"


def test_an_interrupted_command_is_killed_with_its_children(tmp_path: Path) -> None:
    fifo = tmp_path / "alive"
    script = f"exec 9>{fifo}; flock 9; sleep 600 & echo started > {tmp_path}/started; wait"
    (tmp_path / "started").touch()

    def interrupt(line: str) -> None:
        assert line.startswith("x: 2 s of about 1 min")
        raise Interrupted

    with pytest.raises(Interrupted):
        run(("/bin/sh", "-c", script), env=ENV, cwd=tmp_path, what="x", expected_s=60, progress=interrupt)
    assert (tmp_path / "started").read_text() == "started\n"
    with fifo.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)  # would wait for as long as the shell or the sleep lived


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"HOME": "{tmp}"}, "{tmp}/.cache/penstock"),
        ({"HOME": "/nowhere", "XDG_CACHE_HOME": "{tmp}/c"}, "{tmp}/c/penstock"),
        ({"HOME": "{tmp}", "XDG_CACHE_HOME": "relative"}, "{tmp}/.cache/penstock"),
    ],
)
def test_the_cache_is_where_the_xdg_specification_says(
    tmp_path: Path, env: dict[str, str], expected: str
) -> None:
    found = cache_folder({name: value.format(tmp=tmp_path) for name, value in env.items()})
    assert found == Path(expected.format(tmp=tmp_path))
    assert found.is_dir()


def fail_half_way(target: Path) -> None:
    with made_whole(target) as partial:
        (partial / "half").write_text("")
        raise Interrupted


def test_a_folder_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        fail_half_way(tmp_path / "x")
    assert not list(tmp_path.iterdir())
    with made_whole(tmp_path / "x") as partial:
        (partial / "whole").write_text("")
        assert not (tmp_path / "x").exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["x", "whole"]


def test_who_waits_for_a_lock_is_told_so(tmp_path: Path) -> None:
    told = threading.Event()
    lines: list[str] = []

    def tell(line: str) -> None:
        lines.append(line)
        told.set()

    def second() -> None:
        with locked(tmp_path, tell):
            lines.append("in")

    with locked(tmp_path, silent):
        waiting = threading.Thread(target=second)
        waiting.start()
        assert told.wait(30)
    waiting.join(30)
    assert lines == [f"waiting for another penstock that works in {tmp_path} (2 s)", "in"]
