"""What Celery sees of the spool: acknowledgement, rejection, broadcast, refusal."""

from collections.abc import Iterator
from pathlib import Path
from queue import Empty

import pytest
from kombu import Connection, Exchange, Queue

import config.spool

config.spool.register()


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with Connection("spool://localhost", transport_options={"folder": str(tmp_path)}) as connection:
        yield connection


def claims(tmp_path: Path) -> list[Path]:
    return list(tmp_path.glob("claimed/*/*/*.json"))


def test_the_folder_must_be_named():
    with pytest.raises(ValueError, match="needs the transport option 'folder'"):
        Connection("spool://localhost").connect()


def test_a_message_is_claimed_until_it_is_acknowledged(connection, tmp_path):
    queue = connection.SimpleQueue("q")
    queue.put({"slide": 7})
    message = queue.get(timeout=1)
    assert (message.payload, len(claims(tmp_path))) == ({"slide": 7}, 1)
    message.ack()
    assert claims(tmp_path) == []


def test_a_rejected_message_is_gone_and_a_requeued_one_comes_again(connection, tmp_path):
    queue = connection.SimpleQueue("q")
    queue.put("work")
    first = queue.get(timeout=1)
    first.requeue()
    second = queue.get(timeout=1)
    assert [message.delivery_info["redelivered"] for message in (first, second)] == [False, True]
    second.reject()
    assert claims(tmp_path) == []
    with pytest.raises(Empty):
        queue.get(block=False)


def test_a_closed_channel_gives_back_what_it_had_not_acknowledged(connection, tmp_path):
    connection.SimpleQueue("q").put("work")
    channel = connection.channel()
    Queue("q")(channel).get()
    assert len(claims(tmp_path)) == 1
    channel.close()
    assert claims(tmp_path) == []
    assert connection.SimpleQueue("q").get(timeout=1).payload == "work"


def test_a_consumer_that_needs_no_acknowledgement_leaves_no_claim(connection, tmp_path):
    received: list[str] = []
    queue = Queue("q", Exchange("e"), routing_key="q")
    with connection.Consumer(
        [queue], no_ack=True, callbacks=[lambda body, _: received.append(body)]
    ):
        connection.Producer().publish("news", exchange="e", routing_key="q")
        connection.drain_events(timeout=2)
    assert (received, claims(tmp_path)) == (["news"], [])


def test_every_queue_of_a_broadcast_gets_a_copy_that_is_acknowledged_alone(connection, tmp_path):
    exchange = Exchange("all", type="fanout")
    channel = connection.channel()
    queues = [Queue(name, exchange)(channel) for name in ("a", "b")]
    for queue in queues:
        queue.declare()
    connection.Producer().publish("hello", exchange=exchange)
    messages = [queue.get() for queue in queues]
    assert [message.payload for message in messages] == ["hello", "hello"]
    messages[0].ack()
    assert len(claims(tmp_path)) == 1
