"""Give the file that replaces another one its owner, group, rights and extended attributes.

Nobody gets a right that the old file did not give, at no moment: the new file begins with no more
than its owner's own rights, and has its owner and group before it has theirs. What the system does
not allow is named. (Linux keeps an access list as an extended attribute; see acl(5), xattr(7).)
"""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Iterator
from pathlib import Path

from convfilter.errors import listed

__all__ = ["NOT_SUPPORTED", "UNKNOWN", "keep_attributes"]

UNKNOWN = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS)
"""Errors of systems that do not have such a call."""

NOT_SUPPORTED = (*UNKNOWN, errno.EPERM, errno.EACCES)
"""The same, and errors of files and folders that do not support it."""

_ACCESS_LIST = "system.posix_acl_access"
_OF_CONTENT = ("security.ima", "security.evm")
"""Signatures of the content, which the system makes anew."""

_ENTRY = struct.Struct("<HHI")
"""Of an access list: whose right, which, and the number of a user or group; after 4 bytes."""
_GROUP, _MASK, _OTHERS = 0x04, 0x10, 0x20


def keep_attributes(old: Path, status: os.stat_result, new: Path, descriptor: int) -> list[str]:
    """Give a new file what the old one has, and return a note if that was not possible.

    Parameters
    ----------
    old : path of the file that will be replaced
    status : of that file
    new, descriptor : the file that will replace it, open for writing

    Raises
    ------
    OSError
        The system failed, or the new file would have wider rights.
    """
    lost = []
    if hasattr(os, "fchown"):
        has_owner, has_group = _give_owner(descriptor, status)
        lost += [] if has_owner else [f"its owner {_name_of('user', status.st_uid)}"]
        lost += (
            [] if has_group else [f"its group {_name_of('group', status.st_gid)} with its rights"]
        )
    else:  # Windows
        has_owner = has_group = True
    extended, unread = _extended(old)
    access_list = extended.pop(_ACCESS_LIST, None)
    if not (has_owner and has_group):  # another kind of access list would speak of others now
        unread += [name for name in extended if name.startswith("system.")]
        extended = {name: extended[name] for name in extended if name not in unread}
    unkept = [*unread, *_give_extended(descriptor, extended)]
    lost += [f"its extended attribute {name}" for name in unkept if name != _ACCESS_LIST]
    mode = _mode(status, has_owner=has_owner, has_group=has_group)
    if access_list is not None and not has_group:
        access_list = _without_group(access_list)
    if _ACCESS_LIST in unread or not _give_access_list(descriptor, access_list):
        # whom it refused something could do what the group or others can
        mode &= ~0o077
        lost.append("its access list, so that only the owner has rights")
    elif access_list is not None:
        mode = mode & ~0o777 | stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o777
    _give_mode(new, descriptor, mode)
    given = stat.S_IMODE(os.fstat(descriptor).st_mode) if hasattr(os, "fchown") else mode
    wanted = stat.S_IMODE(status.st_mode)
    for bit, name in ((stat.S_ISUID, "setuid"), (stat.S_ISGID, "setgid"), (stat.S_ISVTX, "sticky")):
        if wanted & bit and not given & bit:
            lost.append(f"its {name} bit")
    if (mode ^ given) & 0o777:
        lost.append(f"its mode {mode & 0o777:03o} ({given & 0o777:03o} now)")
    notes = [f"not kept of the file that was there: {listed(lost)}"] if lost else []
    if status.st_nlink > 1:
        others = status.st_nlink - 1
        whose = "its other name (a hard link) still holds"
        if others > 1:
            whose = f"its {others} other names (hard links) still hold"
        notes.append(f"{whose} the file that was there")
    return notes


def _give_owner(descriptor: int, status: os.stat_result) -> tuple[bool, bool]:
    """Change owner and group as far as this process may; tell of each whether it is as before."""
    new = os.fstat(descriptor)
    wanted = (status.st_uid, status.st_gid)
    if (new.st_uid, new.st_gid) != wanted:
        for uid, gid in (wanted, (-1, status.st_gid)):
            try:
                os.fchown(descriptor, uid, gid)
            except OSError as error:
                if error.errno not in NOT_SUPPORTED:
                    raise
            else:
                break
        new = os.fstat(descriptor)
    return new.st_uid == status.st_uid, new.st_gid == status.st_gid


def _name_of(kind: str, number: int) -> str:
    try:
        if kind == "user":
            import pwd

            return pwd.getpwuid(number).pw_name
        import grp

        return grp.getgrgid(number).gr_name
    except (ImportError, KeyError):
        return str(number)


def _mode(status: os.stat_result, *, has_owner: bool, has_group: bool) -> int:
    """Return the permission bits that give nobody more than the old file did.

    To run with the rights of another owner or group would be more. If the group is another one, the
    members of the old group are among the others, and some of the others are in the new one.
    """
    mode = stat.S_IMODE(status.st_mode)
    if not has_owner:
        mode &= ~stat.S_ISUID
    if not has_group:
        both = mode >> 3 & mode & 7
        mode = mode & ~(stat.S_ISGID | 0o077) | both << 3 | both
    return mode


def _give_mode(new: Path, descriptor: int, mode: int) -> None:
    given = stat.S_IMODE(os.fstat(descriptor).st_mode)
    if given == mode:
        return
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(descriptor, mode)  # by its number: the name may be another file's by now
        else:
            new.chmod(mode)
    except OSError as error:
        if error.errno not in NOT_SUPPORTED or given & ~mode:
            raise


def _extended(file: Path) -> tuple[dict[str, bytes], list[str]]:
    """Return the extended attributes of a file, and the names of those that may not be read."""
    if not hasattr(os, "listxattr"):
        return {}, []
    found, unread = {}, []
    try:
        names = os.listxattr(file)
    except OSError as error:
        if error.errno not in NOT_SUPPORTED:
            raise
        return {}, [] if error.errno in UNKNOWN else [_ACCESS_LIST, "of any name"]
    for name in names:
        if name not in _OF_CONTENT:
            try:
                found[name] = os.getxattr(file, name)
            except OSError as error:
                if error.errno not in NOT_SUPPORTED:
                    raise
                unread.append(name)
    return found, unread


def _give_extended(descriptor: int, extended: dict[str, bytes]) -> Iterator[str]:
    """Set extended attributes, and yield the names of those that may not be set."""
    for name, value in extended.items():
        try:
            if _value_of(descriptor, name) != value:
                os.setxattr(descriptor, name, value)
        except OSError as error:
            if error.errno not in NOT_SUPPORTED:
                raise
            yield name


def _value_of(descriptor: int, name: str) -> bytes | None:
    """Return an attribute that the new file has already, such as a label of the system."""
    try:
        return os.getxattr(descriptor, name)
    except OSError:
        return None


def _give_access_list(descriptor: int, access_list: bytes | None) -> bool:
    """Set the access list, or take away one that came from the folder; tell whether it is done."""
    if not hasattr(os, "setxattr"):
        return True
    try:
        if access_list is not None:
            os.setxattr(descriptor, _ACCESS_LIST, access_list)
        elif _value_of(descriptor, _ACCESS_LIST) is not None:
            os.removexattr(descriptor, _ACCESS_LIST)
    except OSError as error:
        if error.errno not in NOT_SUPPORTED:
            raise
        return False
    return True


def _without_group(access_list: bytes) -> bytes:
    """Return an access list that gives the group and others only what both of them had."""
    head, body = access_list[:4], access_list[4:]
    rights = {tag: right for tag, right, _ in _ENTRY.iter_unpack(body)}
    both = rights[_GROUP] & rights[_OTHERS] & rights.get(_MASK, 7)
    entries = (
        _ENTRY.pack(tag, both if tag in (_GROUP, _OTHERS) else right, number)
        for tag, right, number in _ENTRY.iter_unpack(body)
    )
    return head + b"".join(entries)
