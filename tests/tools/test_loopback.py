"""Choosing free ports, asking servers and posting to them."""

import socket
import subprocess
import sys

import pytest

from tools.dev.errors import OverloadedError, StackError
from tools.dev.loopback import (
    HOST,
    Answer,
    free_port,
    get,
    is_free,
    json_of,
    post_json,
    without_proxy,
)
from tools.dev.settings import ROOT


def test_takes_the_usual_port_when_it_is_free() -> None:
    usual = free_port()
    assert free_port(usual) == usual


def test_takes_another_port_when_the_usual_one_is_taken() -> None:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()
        taken = listener.getsockname()[1]
        assert not is_free(taken)
        assert free_port(taken) != taken


def test_a_port_on_which_all_interfaces_listen_is_taken() -> None:
    with socket.socket() as listener:
        listener.bind(("", 0))
        listener.listen()
        assert not is_free(listener.getsockname()[1])


def test_where_nothing_listens_there_is_empty_response() -> None:
    assert get(free_port(), "/") is None


@pytest.mark.parametrize(
    ("named", "direct"),
    [
        ({}, "127.0.0.1,localhost"),
        ({"NO_PROXY": "intranet"}, "intranet,127.0.0.1,localhost"),
        ({"no_proxy": "a,b", "NO_PROXY": "intranet"}, "a,b,127.0.0.1,localhost"),
    ],
)
def test_this_machine_is_reached_without_a_proxy_like_what_is_named_already(
    named: dict[str, str], direct: str
) -> None:
    assert without_proxy(named) == {"no_proxy": direct, "NO_PROXY": direct}


def test_a_port_is_given_once_unless_it_is_asked_for_by_number() -> None:
    ports = [free_port() for _ in range(20)]
    assert len(set(ports)) == len(ports)
    assert free_port(ports[0]) == ports[0]


def test_another_process_does_not_get_a_port_that_nobody_listens_on_yet() -> None:
    usual = free_port()
    command = f"from tools.dev.loopback import free_port; print(free_port({usual}))"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(done.stdout) != usual


def test_a_port_is_free_for_others_once_its_process_has_ended() -> None:
    command = "from tools.dev.loopback import free_port; print(free_port())"
    done = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert free_port(int(done.stdout)) == int(done.stdout)


@pytest.mark.parametrize(("status", "error"), [(503, OverloadedError), (422, StackError), (201, StackError)])
def test_an_answer_that_is_not_200_is_an_error_that_says_what_it_was_for(
    status: int, error: type[StackError]
) -> None:
    with pytest.raises(StackError, match=rf"answer {status} while testing:\nno") as caught:
        json_of(Answer(status, b"no"), "testing")
    assert type(caught.value) is error


def test_where_nothing_listens_yet_a_post_may_be_repeated() -> None:
    with pytest.raises(OverloadedError, match="nothing listens on port"):
        post_json(free_port(), "/", {}, headers={})
