"""Which addresses of the network may be connected to, and names turned into such addresses. Pure but for `resolve`."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str, int], list[str]]
"""A name and a port → the addresses of the name, as text. Raises OSError."""

# What `is_global` calls public and is not, or what leads into a private network by another notation: the promise is
# that nothing of our own network is asked, so every form that carries an IPv4 address is looked through, and
# what is reserved, translated or deprecated is refused as a whole.
DENIED = tuple(
    ipaddress.ip_network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' own networks
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata of clouds
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",  # unspecified, loopback, IPv4-compatible
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",  # IPv4-translated (SIIT)
        "64:ff9b::/96",  # NAT64
        "64:ff9b:1::/48",
        "100::/64",
        "100:0:0:1::/64",
        "2001::/23",  # Teredo, ORCHID and other protocols' own
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
# The wire's other cloud metadata address lies in ordinary space.
DENIED_HOSTS = frozenset({ipaddress.ip_address("168.63.129.16")})


def is_public(text: str) -> bool:
    """Whether a stranger may make us connect to the address `text`.

    >>> is_public("93.184.215.14"), is_public("127.0.0.1"), is_public("64:ff9b::a9fe:a9fe"), is_public("fec0::1")
    (True, False, False, False)
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if "%" in text:
        return False  # a zone belongs to a link of this machine
    if address in DENIED_HOSTS or any(address in block for block in DENIED if block.version == address.version):
        return False
    return address.is_global and not address.is_multicast


def system_lookup(host: str, port: int) -> list[str]:
    """The addresses the system's resolver knows for `host`; other notations of an IPv4 address come out plain."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def resolve(host: str, port: int, lookup: Lookup, seconds: float | None) -> list[str]:
    """The addresses of `host` within `seconds`. The system's resolver knows no time-out, so it is asked in a thread
    that may be left to die. Raises OSError, TimeoutError among them."""
    answer: SimpleQueue[list[str] | BaseException] = SimpleQueue()

    def ask() -> None:
        try:
            answer.put(lookup(host, port))
        except (OSError, UnicodeError, ValueError) as error:
            answer.put(error)

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    try:
        found = answer.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"the name {host} was not resolved in time") from None
    if isinstance(found, OSError):
        raise found
    if isinstance(found, BaseException):
        raise OSError(f"{host} is not the name of a host") from found
    return found
