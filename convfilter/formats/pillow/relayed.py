"""A file that shows Pillow something else than its bytes as they lie."""

from __future__ import annotations

import io
from typing import BinaryIO

__all__ = ["RelayedFile"]


class RelayedFile(io.RawIOBase):
    """A file that is read through another object; a subclass tells what `read` gives."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self.file = file

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def seekable(self) -> bool:
        """Return that any place can be gone to."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place of the file, and return it."""
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        """Return the place in the file."""
        return self.file.tell()
