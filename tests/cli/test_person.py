"""What the verbs for people share: how a signal ends them."""

from __future__ import annotations

import signal
import threading
from contextlib import suppress

import pytest
from penstock.cli.person import finishing

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.mark.parametrize("number", ENDS)
def test_every_signal_that_ends_a_command_says_how_things_stand(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    before = [signal.getsignal(one) for one in (*ENDS, signal.SIGALRM)]
    with pytest.raises(KeyboardInterrupt), finishing("interrupted: half is done"):
        signal.raise_signal(number)
    assert capsys.readouterr().err == "\n✗ interrupted: half is done\n"
    assert [signal.getsignal(one) for one in (*ENDS, signal.SIGALRM)] == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_an_interruption_that_python_drops_comes_again(capsys: pytest.CaptureFixture[str]) -> None:
    def lost() -> None:
        with suppress(KeyboardInterrupt):  # as while it destroys an object
            signal.raise_signal(signal.SIGINT)
        assert threading.Event().wait(60), "it never came again"

    with pytest.raises(KeyboardInterrupt), finishing("interrupted: half is done"):
        lost()
    assert "✗ interrupted: half is done" in capsys.readouterr().err


def test_a_signal_that_is_ignored_stays_so(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with finishing("interrupted"):
            signal.raise_signal(signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    assert capsys.readouterr().err == ""


def test_another_thread_leaves_signals_alone() -> None:
    before, ran = signal.getsignal(signal.SIGTERM), []

    def work() -> None:
        with finishing("interrupted"):
            ran.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ran == [before]
