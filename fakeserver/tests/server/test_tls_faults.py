"""Faults at stage `tls`, inside PRELOGIN packets and in TDS 8.0: each flight of ours can be late, cut, wrong or missing."""

import ssl
import sys
import time

import pytest
import tds_client
import tds_messages as m
import tds_tls
from story import story

WRAPPED = "identity: {encryption: off}"
STRICT = "identity: {encryption: strict}"
WAIT = 0.7


def hello(fake, strict):
    """A client that has sent its first flight and waits for the server's; and its TLS."""
    client = fake.connect()
    tls = tds_tls.Tls(alpn=(tds_tls.ALPN,) if strict else ())
    tls.handshake()
    if strict:
        client.send(tls.take())
    else:
        client.prelogin(encryption=m.ENCRYPT_ON)
        client.send(m.packets(m.PRELOGIN, tls.take()))
    return client, tls


def shake_hands(fake, strict):
    """Both flights: a client with TLS in force, or what stood in the way."""
    client = fake.connect()
    if strict:
        client.start_strict()
    else:
        client.prelogin(encryption=m.ENCRYPT_ON)
        client.start_tls()
    return client


def both(*faults, red=()):
    """The story in both forms of TLS; its body gets `strict`."""

    def wrap(body):
        for strict, server in ((False, WRAPPED), (True, STRICT)):
            named = story(*faults, red=red, server=server)(lambda fake, strict=strict: body(fake, strict))
            named.__name__ = f"test_{body.__name__}_{'strict' if strict else 'wrapped'}"
            named.__doc__ = body.__doc__
            named.__module__ = body.__module__
            vars(sys.modules[body.__module__])[named.__name__] = named
        return body

    return wrap


@both("{at: tls, do: stall}")
def stall_leaves_the_client_waiting(fake, strict):
    client, _ = hello(fake, strict)
    client.expect_silence(0.4)
    assert fake.wait_event("received", message="TLS")["flight"] == "client-hello"
    client.close()


@both("{at: tls, when: {encryption: [on, strict], flight: client-hello}, do: close}")
def the_encryption_asked_for_is_known(fake, strict):
    """In TDS 8.0 TLS itself asks for it, before any PRELOGIN."""
    client, _ = hello(fake, strict)
    client.expect_end("FIN")


@both("{at: tls, times: 1, do: ignore}")
def ignore_answers_nothing(fake, strict):
    client, _ = hello(fake, strict)
    client.expect_silence(0.4)
    client.close()


@both(f"{{at: tls, times: 1, do: {{wait: {int(WAIT * 1000)}ms}}}}")
def wait_delays_the_flight_and_no_more(fake, strict):
    begin = time.monotonic()
    client = shake_hands(fake, strict)
    assert time.monotonic() - begin >= WAIT
    client.close()


@both("{at: tls, skip: 1, times: 1, do: stall}")
def the_second_flight_can_be_missing_alone(fake, strict):
    """In TLS 1.2 our flight of the end is missing; in 1.3 there is none, but nothing is answered after it."""
    client, tls = hello(fake, strict)
    if strict:
        tls.handshake(client._receive(time.monotonic() + tds_client.patience))
        client.send(tls.take())
        client.tls = tls
        client.send_prelogin()
    else:
        tls.handshake(client.read_message().payload)
        client.send(m.packets(m.PRELOGIN, tls.take()))
    client.expect_silence(0.4)
    assert fake.wait_event("received", message="TLS", flight="client-finished")
    client.close()


@both("{at: tls, do: close}")
def close_is_a_fin_in_the_handshake(fake, strict):
    client, _ = hello(fake, strict)
    client.expect_end("FIN")


@both("{at: tls, do: reset}")
def reset_is_a_rst_in_the_handshake(fake, strict):
    client, _ = hello(fake, strict)
    client.expect_end("RST")


@both("{at: tls, do: [{reply: healthy, cut: 20}, close]}")
def cut_sends_the_front_of_a_flight(fake, strict):
    client, _ = hello(fake, strict)
    data, how = client.read_to_end()
    assert len(data) == 20 and how == "FIN"
    assert data[0] == (0x16 if strict else m.PRELOGIN)


@both("{at: tls, do: [send: {hex: 15 03 03 00 02 02 28}, close]}")
def bytes_stand_in_the_place_of_a_flight(fake, strict):
    client, _ = hello(fake, strict)
    assert client.read_to_end() == (bytes.fromhex("15030300020228"), "FIN")


@both("{at: tls, times: 1, do: {reply: healthy, pace: {bytes: 50, every: 20ms}}}")
def a_flight_in_small_pieces_is_whole_in_the_end(fake, strict):
    begin = time.monotonic()
    client = shake_hands(fake, strict)
    assert time.monotonic() - begin >= 0.15, "eight pieces at least"
    client.close()


@pytest.mark.parametrize("kind", ["expired", "self-signed", "wrong-name"])
def test_a_bad_certificate_is_seen_by_who_looks(start, kind, tmp_path):
    """Red control: the same client accepts the certificate that is in order."""
    ca = tmp_path / "ca.pem"
    bad = start(
        f"tdsfake: 1\nserver: {{identity: {{encryption: required, certificate: {kind}}}}}\n", "--ca-file", str(ca)
    )
    with bad.connect() as client:
        client.prelogin(encryption=m.ENCRYPT_ON)
        with pytest.raises(ssl.SSLCertVerificationError):
            client.start_tls(ca=str(ca))
    good = start("tdsfake: 1\nserver: {identity: {encryption: required}}\n", "--ca-file", str(ca))
    with good.connect() as client:
        client.prelogin(encryption=m.ENCRYPT_ON)
        client.start_tls(ca=str(ca))
        assert client.login().logged_in
