"""Who may do what with a file, by mode and access list, as acl(5) says; and files of all kinds."""

from __future__ import annotations

import functools
import os
import stat
import struct
from pathlib import Path
from random import Random
from typing import NamedTuple

ACCESS, DEFAULT = "system.posix_acl_access", "system.posix_acl_default"
USER_OBJ, USER, GROUP_OBJ, GROUP, MASK, OTHER = 1, 2, 4, 8, 16, 32
ANYBODY = 0xFFFFFFFF

Entries = list[tuple[int, int, int]]
"""Of an access list: whose right, which, and the number of the user or group."""


class Person(NamedTuple):
    """A user of the system."""

    uid: int
    groups: frozenset[int]


OWNER, OTHER_OWNER = 1201, 1202
PEOPLE = [
    Person(OWNER, frozenset({2301})),
    Person(OTHER_OWNER, frozenset({2302})),
    Person(1203, frozenset({2301, 2302})),
    Person(1204, frozenset({2303})),
    Person(1205, frozenset()),
]


def access_list(entries: Entries) -> bytes:
    """Return an access list as Linux keeps it."""
    body = b"".join(struct.pack("<HHI", *entry) for entry in sorted(entries))
    return struct.pack("<I", 2) + body


def entries_of(value: bytes) -> Entries:
    """Return the entries of an access list."""
    return [(tag, right, number) for tag, right, number in struct.iter_unpack("<HHI", value[4:])]


def extended(file: Path) -> dict[str, bytes]:
    """Return the extended attributes of a file, its access list among them."""
    return {name: os.getxattr(file, name) for name in os.listxattr(file)}


def allowed(file: Path, person: Person) -> int:
    """Return what a person may do with a file: 4 read, 2 write, 1 execute, added."""
    status = file.stat()
    mode = stat.S_IMODE(status.st_mode)
    found = extended(file).get(ACCESS)
    if person.uid == status.st_uid:
        return mode >> 6 & 7
    if found is None:
        return mode >> 3 & 7 if status.st_gid in person.groups else mode & 7
    entries = entries_of(found)
    mask = next((right for tag, right, _ in entries if tag == MASK), 7)
    for tag, right, number in entries:
        if tag == USER and number == person.uid:
            return right & mask
    mine = [
        right
        for tag, right, number in entries
        if (tag == GROUP_OBJ and status.st_gid in person.groups)
        or (tag == GROUP and number in person.groups)
    ]
    if mine:  # each of them may grant it
        return functools.reduce(int.__or__, mine) & mask
    return next(right for tag, right, _ in entries if tag == OTHER)


def random_entries(random: Random) -> Entries:
    """Return an access list with a user and a group of its own."""
    entries = [(tag, random.randrange(8), ANYBODY) for tag in (GROUP_OBJ, MASK, OTHER)]
    entries.append((USER_OBJ, random.randrange(8), ANYBODY))
    entries.append((USER, random.randrange(8), random.choice((1203, 1204))))
    entries.append((GROUP, random.randrange(8), random.choice((2302, 2303))))
    return entries


def make(file: Path, random: Random, *, uid: int, gid: int) -> None:
    """Make a file of random rights and attributes, of this owner and group."""
    file.write_bytes(b"old")
    os.chown(file, uid, gid)
    for name in random.sample(["user.one", "user.two", "security.three"], random.randrange(4)):
        os.setxattr(file, name, random.randbytes(random.randrange(40)))
    if random.random() < 0.5:
        os.setxattr(file, ACCESS, access_list(random_entries(random)))
        special = random.randrange(8) << 9
        file.chmod(special | stat.S_IMODE(file.stat().st_mode) & 0o777)
    else:
        file.chmod(random.randrange(0o10000))
