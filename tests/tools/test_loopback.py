"""Choosing free ports."""

import socket

from tools.dev.loopback import HOST, free_port, get, is_free


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


def test_where_nothing_listens_there_is_no_answer() -> None:
    assert get(free_port(), "/") is None
