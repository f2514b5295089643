"""A Celery broker for one machine that needs no server: `spool://`, files of one folder.

Kombu's own file-system transport shares the idea and loses messages: it reads half-written ones,
deletes before the work is done, and knows no dead worker. This one claims by rename and removes on
acknowledgement; `config/spool_folder.py` says how.
"""

import logging
from functools import cache
from pathlib import Path
from queue import Empty
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, virtual
from kombu.utils.json import dumps, loads

from config.spool_folder import (
    GIVEN_BACK,
    SECONDS_BETWEEN_RECLAIMS,
    SpoolFolder,
    own_name,
    refuse_network_file_system,
)

logger = logging.getLogger(__name__)

CLAIM = "spool_claim"
TRANSIENT = 1


def register() -> None:
    """Let Celery understand `spool://`."""
    TRANSPORT_ALIASES["spool"] = "config.spool:Transport"


@cache
def _declared_in(folder: str) -> virtual.BrokerState:
    """What this process declared in a folder: every connection to it knows the same exchanges."""
    return virtual.BrokerState()


class QoS(virtual.QoS):
    """Ends a claim when its message is acknowledged, rejected or dropped."""

    def ack(self, delivery_tag: str) -> None:
        # Unknown once the connection was lost: the message is back in its queue by then.
        if message := self._delivered.get(delivery_tag):
            self.channel.end_claim(message.properties)
        super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        if message := self._delivered.get(delivery_tag):
            end = self.channel.give_back if requeue else self.channel.end_claim
            end(message.properties)
        super().reject(delivery_tag, requeue=False)


class Channel(virtual.Channel):
    QoS = QoS
    supports_fanout = True

    @property
    def spool(self) -> SpoolFolder:
        return self.connection.spool

    # Messages

    def _put(self, queue: str, message: dict, **_: Any) -> None:
        is_durable = message["properties"].get("delivery_mode") != TRANSIENT
        self.spool.put(queue, dumps(message).encode(), is_durable=is_durable)

    def _put_fanout(self, exchange: str, message: dict, routing_key: str, **options: Any) -> None:
        for _, _, queue in self.get_table(exchange):
            self._put(queue, message, **options)

    def _get(self, queue: str, timeout: float | None = None) -> dict:
        self.connection.reclaim_at_times()
        while claim := self.spool.take(queue):
            try:
                return self._read(claim)
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                logger.error("%s is no message, kept: %r", self.spool.set_aside(claim), error)
        raise Empty

    def _read(self, claim: Path) -> dict:
        """The message of a claim, which knows its claim. Any odd content raises."""
        payload = loads(claim.read_text())
        properties = payload["properties"]
        properties[CLAIM] = str(claim)
        # Copies of one broadcast share a tag; the claim's name is this copy's own.
        properties["delivery_tag"] = claim.name
        properties["delivery_info"]["redelivered"] = claim.name.endswith(GIVEN_BACK)
        self.Message(payload, channel=self)
        return payload

    def end_claim(self, properties: dict) -> None:
        self.spool.done(Path(properties[CLAIM]))

    def give_back(self, properties: dict) -> None:
        claim = Path(properties[CLAIM])
        # A forked child inherits its parent's claims, which are not the child's to give back.
        if own_name() in claim.parts:
            self.spool.give_back(claim)

    def _restore(self, message: virtual.Message) -> None:
        self.give_back(message.properties)

    def basic_consume(self, queue: str, no_ack: bool, *args: Any, **kwargs: Any) -> None:
        super().basic_consume(queue, no_ack, *args, **kwargs)
        if no_ack:
            deliver = self.connection._callbacks[queue]
            self.connection._callbacks[queue] = lambda raw: deliver(self._acknowledged(raw))

    def basic_get(self, queue: str, no_ack: bool = False, **kwargs: Any) -> Any:
        message = super().basic_get(queue, no_ack=no_ack, **kwargs)
        if message and no_ack:
            self.end_claim(message.properties)
        return message

    def _acknowledged(self, raw: dict) -> dict:
        self.end_claim(raw["properties"])
        return raw

    # Queues and exchanges

    def _new_queue(self, queue: str, **options: Any) -> None:
        is_temporary = bool(options.get("auto_delete") or options.get("exclusive"))
        self.spool.declare(queue, is_temporary=is_temporary)

    def _has_queue(self, queue: str, **_: Any) -> bool:
        return self.spool.has(queue)

    def _delete(self, queue: str, *_: Any, **__: Any) -> None:
        self.spool.remove(queue)

    def _size(self, queue: str) -> int:
        return self.spool.size(queue)

    def _purge(self, queue: str) -> int:
        return self.spool.purge(queue)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        self.spool.bind(exchange, routing_key or "", pattern or "", queue or "")

    def queue_unbind(
        self, queue: str, exchange: str = "", routing_key: str = "", arguments: Any = None, **_: Any
    ) -> None:
        self.state.binding_delete(queue, exchange, routing_key)
        row = self.typeof(exchange).prepare_bind(queue, exchange, routing_key, arguments)
        self.spool.unbind(exchange, *row)

    def get_table(self, exchange: str) -> list[tuple[str, str, str]]:
        return self.spool.bindings(exchange)


class Transport(virtual.Transport):
    """Needs the transport option `folder`, an absolute path on a disk of this machine."""

    Channel = Channel
    implements = virtual.Transport.implements.extend(
        asynchronous=False, exchange_type=frozenset(["direct", "topic", "fanout"])
    )
    # A full disk or a lost folder is waited out like a lost connection.
    connection_errors = (*virtual.Transport.connection_errors, OSError)
    polling_interval = 0.25
    driver_type = driver_name = "spool"
    default_port = 0

    def __init__(self, client: Any, **kwargs: Any) -> None:
        super().__init__(client, **kwargs)
        folder = client.transport_options.get("folder")
        if not folder:
            raise ValueError("spool:// needs the transport option 'folder', got none.")
        refuse_network_file_system(Path(folder))
        self.spool = SpoolFolder(Path(folder))
        self.state = _declared_in(str(folder))
        self._reclaimed_at = float("-inf")

    def driver_version(self) -> str:
        return "1"

    def reclaim_at_times(self) -> None:
        """Look after dead processes' claims at once, then every few seconds."""
        if monotonic() - self._reclaimed_at < SECONDS_BETWEEN_RECLAIMS:
            return
        self._reclaimed_at = monotonic()
        if count := self.spool.reclaim():
            logger.warning("Queued again %d messages that dead processes had taken.", count)
