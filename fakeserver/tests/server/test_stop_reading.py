"""`stop-reading`: what a client notices when the server's receive window closes; and what `enforce` ends."""

import concurrent.futures
import socket
import time

import fake as fakes
import pytest
import tds_messages as messages
from story import must_fail, story

def unending_packet():
    """A packet of a batch that never ends."""
    return messages.packet(0x01, b"-\0" * ((4096 - 8) // 2), status=0)


def expect_stuffed(fake):
    with fake.logged_in() as client:
        client.batch("SELECT 1")
        packet = unending_packet()
        client.sock.settimeout(1.0)
        sent = 0
        while sent < 48 << 20:
            try:
                sent += client.sock.send(packet * 16)
            except socket.timeout:
                return
        raise AssertionError(f"the server still reads after {sent} bytes")


def test_the_window_closes(start):
    fake = start(fakes.scenario(["{at: query, times: 1, do: [reply, stop-reading]}"]))
    expect_stuffed(fake)


def test_red_control(start):
    fake = start(fakes.scenario())
    must_fail(lambda: expect_stuffed(fake), tries=1)


def test_it_heals(start):
    fake = start(fakes.scenario(["{at: query, times: 1, do: [reply, stop-reading: {for: 500ms}]}"]))
    with fake.logged_in() as client:
        began = time.monotonic()
        client.batch("SELECT 1")
        client.send_batch("SELECT 2")
        assert client.read_message().rows == [[2]]
        assert time.monotonic() - began >= 0.5
    assert fake.wait_event("closed")


def test_a_reset_is_noticed_all_the_same(start):
    fake = start(fakes.scenario(["{at: query, times: 1, do: [reply, stop-reading]}"]))
    with fake.logged_in() as client:
        client.batch("SELECT 1")
        fake.wait_event("step", step="stop-reading")
        client.reset()
        fake.wait_event("closed")
        (closed,) = fake.events("closed")
        assert closed["by"] == "client" and closed["how"] == "RST"


def test_stopping_the_server_is_not_delayed(start):
    fake = start(fakes.scenario(["{at: query, times: 1, do: [reply, stop-reading]}"]))
    with fake.logged_in() as client:
        client.batch("SELECT 1")
        fake.wait_event("step", step="stop-reading")
        assert fake.stop() == 0, fake.stdout


def padded_login(size):
    payload = messages.login7_payload()
    payload += b"\0" * (size - 8 - len(payload))
    return messages.packet(0x10, len(payload).to_bytes(4, "little") + payload[4:])


@pytest.mark.parametrize("size, enforced, reset", [(4097, True, True), (4096, True, False), (4097, False, False)])
def test_a_login_in_one_packet_beyond_4096(start, size, enforced, reset):
    fake = start(fakes.scenario(server="enforce: [packet-size]" if enforced else ""))
    with fake.connect() as client:
        client.prelogin()
        client.send(padded_login(size))
        if reset:
            client.expect_end("RST")
            violation = fake.wait_event("violation")
            assert "4096" in violation["reason"]
        else:
            assert client.read_message().logged_in


@pytest.mark.parametrize("enforced", [True, False])
def test_two_packets_in_one_tls_record(start, enforced):
    """tedious#1182, vertx-sql-client#1433: a server that resets when packets share a record."""
    fake = start(fakes.scenario(server="enforce: tls-record" if enforced else ""))
    with fake.connect() as client:
        client.start_strict()
        client.prelogin()
        assert client.login().logged_in
        assert client.batch("SELECT 1").rows == [[1]]
        client.send(messages.packet(0x01, messages.batch_payload("SELECT 1", "8.0")) * 2)
        if enforced:
            client.expect_end("RST")
            violation = fake.wait_event("violation")
            assert "more than one packet in a TLS record" in violation["reason"]
        else:
            assert [client.read_message().rows for _ in range(2)] == [[[1]], [[1]]]


@story("{at: batch, after: 2KiB, do: reset}")
def test_a_reset_in_the_middle_of_an_upload(fake):
    with fake.logged_in() as client:
        client.send_batch("SELECT 1")
        assert client.read_message().rows == [[1]]
        client.send(unending_packet())
        client.expect_end("RST")


@story("{at: query, times: 1, do: [{error: 1205}, {expect: {at: query, within: 30s}}, {error: 1222}]}")
def test_expect_takes_the_next_message(fake):
    with fake.logged_in() as client:
        assert client.batch("SELECT 1").errors == [1205]
        assert client.batch("SELECT 1").errors == [1222]


def test_another_message_than_expected_fails_the_run(start):
    fake = start(fakes.scenario(["{at: query, times: 1, do: [reply, expect: rpc]}"]))
    with fake.logged_in() as client:
        assert client.batch("SELECT 1").rows == [[1]]
        assert client.batch("SELECT 2").rows == [[2]]
    assert fake.stop() == 1
    (unmet,) = fake.events("unmet")
    line = int(unmet["seen"].split("journal line ")[1].split(")")[0])
    assert fake.events()[line - 1]["sql"] == "SELECT 2", "the line of the journal that it names"


def transcript(start, seed):
    """200 concurrent connections with faults drawn from the seed: what each of them met, without times."""
    fake = start(
        fakes.scenario(
            [
                "{at: login, chance: 30%, do: {error: 40613}}",
                "{at: query, chance: 50%, per: connection, do: [wait: 1ms..20ms, reply]}",
                "{at: query, chance: 20%, do: {error: 1205}}",
            ]
        ),
        "--seed",
        str(seed),
    )

    def talk(_):
        with fake.connect() as client:
            client.prelogin()
            if client.login().logged_in:
                for _ in range(4):
                    client.batch("SELECT 1")

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(talk, range(200)))
    fake.wait_event("closed", 200)
    told = {}  # "firing" counts over all connections, whose order is theirs
    for event in fake.events():
        if not event.get("connection"):
            continue
        fields = {k: v for k, v in event.items() if k not in ("seq", "t", "peer", "local", "firing")}
        told.setdefault(event["connection"], []).append(fields)
    fake.stop()
    return [told[number] for number in sorted(told)]


def test_the_same_seed_gives_the_same_transcript(start):
    first, second = transcript(start, 7), transcript(start, 7)
    assert len(first) == 200
    for number, (one, other) in enumerate(zip(first, second), 1):
        assert one == other, f"connection {number}"
    assert transcript(start, 8) != first, "another seed draws otherwise"
