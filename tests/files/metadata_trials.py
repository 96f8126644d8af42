"""Many files with random metadata into every format, with exiftool as the witness of what is kept.

Run by hand, since it needs exiftool (Debian: libimage-exiftool-perl):

    python -m tests.files.metadata_trials 2000
"""

from __future__ import annotations

import base64
import io
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from convfilter import apply
from convfilter.images import FORMATS, read, suffix_of, write
from tests.files.metadata_files import MAKERS, Item, everything_in, made_file
from tests.formats.declared import written

TARGETS = [name for name in written(lambda holds: holds.colour) if FORMATS[name].extra is None]
UNREADABLE = ("oblong", "tIME", "oFFs", "sCAL", "prVt", "tag", "GDAL", "georeference")
"""What exiftool tells in words of its own, or not at all: the plain witness looks for it."""


_PACKED = re.compile(rb"base64Binary'>\s*([\w+/=\s]+)<")


def seen_by_exiftool(folder: Path) -> dict[str, bytes]:
    """Return all that exiftool finds in each file, in text and binary."""
    seen = {}
    command = ["exiftool", "-a", "-u", "-b", "-G1", "-X", "-q", str(folder)]
    done = subprocess.run(command, capture_output=True, check=False)
    for part in done.stdout.split(b"<rdf:Description rdf:about=")[1:]:
        name = part[1 : part.index(part[:1], 1)].decode()
        packed = (base64.b64decode(found) for found in _PACKED.findall(part))
        seen[Path(name).name] = part + b"".join(packed)
    return seen


def trial(folder: Path, number: int) -> list[tuple[str, Item, str]]:
    """Put one file into every format; return items and notes by the names of the results."""
    source = [*MAKERS][number % len(MAKERS)]
    data, items = made_file(source, number // len(MAKERS))
    image = apply("identity", read(io.BytesIO(data)))
    told = []
    for target in TARGETS:
        path = folder / f"{number}-{source}-{target}{suffix_of(target)}"
        notes = " ".join(write(image, path, format=target))
        told += [(path.name, item, notes) for item in items]
    return told


def main() -> int:
    count = int(sys.argv[1])
    wrong: Counter[str] = Counter()
    checked = kept = named = 0
    for start in range(0, count, 50):
        with tempfile.TemporaryDirectory() as place:
            folder = Path(place)
            told = [
                each
                for number in range(start, min(start + 50, count))
                for each in trial(folder, number)
            ]
            seen = seen_by_exiftool(folder)
            plain = {path.name: everything_in(path.read_bytes()) for path in folder.iterdir()}
        for name, item, notes in told:
            # of several comments of Netpbm exiftool tells one
            is_netpbm = name.endswith(suffix_of("PNM")) and "omment" in item.named[0]
            witness = plain if item.named[0] in UNREADABLE or is_netpbm else seen
            checked += 1
            is_named = any(words in notes for words in item.named)
            is_kept = item.word in witness.get(name, b"")
            kept, named = kept + is_kept, named + is_named
            if not (is_kept or is_named):
                wrong[f"{name.partition('-')[2]}: {item.named}"] += 1
    print(f"{count} files, {checked} items: {kept} kept, {named} named, {wrong.total()} lost")
    for what, times in wrong.most_common():
        print(times, what)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
