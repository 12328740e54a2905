"""Choosing free ports."""

import socket

import pytest

from tools.dev.loopback import HOST, free_port, get, is_free, without_proxy


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
