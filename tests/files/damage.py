"""Damaged picture files: python -m tests.files.damage --minutes 10 --seed 1, or --each 5000.

Valid files of every format and kind are changed at random and read, in a process of their own, so
that a crash of a decoder is seen and counted. Exits with 1 if anything but a picture or one line of
words came of a file.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image as PillowImages

from convfilter.errors import ConvfilterError
from convfilter.files.row_reading import open_rows
from convfilter.images import FORMATS, Image, Metadata, read, write
from tests.formats.animation.animation_files import Cel, Sprite, apng, gif
from tests.formats.exif.exif_blocks import exif_block
from tests.formats.png import png_files
from tests.formats.tiff.tiff_files import COMPRESSIONS, Kind, tiff_file

STEP = 37
"""Bytes from one place where files are cut off to the next."""

BATCH = 500
"""Files that a process reads before another takes over."""

MOST_PIXELS = 1_000_000

MOST_SECONDS = 20.0
"""Of a processor, for a file."""

MOST_MEMORY = 4 << 30
"""Bytes that a process may take; none of the files justifies a tenth of it."""

_TOO_MUCH = "fit into memory"
_WORD = re.compile(rb"[A-Za-z][A-Za-z0-9]{3}")


def whole_files() -> dict[str, bytes]:
    """Return valid files by what they are."""
    files = [*_by_pillow(), *_deep_tiffs(), *_tiffs_of_pages(), *_pngs(), *_animations()]
    return dict([*files, *_plain_ones(), *_by_ourselves(), *_samples()])


def _picture(dtype: str, *shape: int) -> NDArray[Any]:
    random = np.random.default_rng(len(shape))
    steps = np.cumsum(random.integers(-9, 10, shape), axis=1)
    return (steps / 300).astype(dtype) if dtype[0] == "f" else (steps * 77).astype(dtype)


def _by_pillow() -> Iterator[tuple[str, bytes]]:
    rgb, grey = PillowImages.fromarray(_picture("uint8", 29, 31, 3)), None
    grey = rgb.convert("L")
    exif = PillowImages.Exif()
    exif[0x0112], exif[0x010E] = 6, "a picture"
    kinds: list[tuple[str, str, PillowImages.Image, dict[str, Any]]] = [
        ("JPEG", "JPEG", rgb, {"exif": exif, "dpi": (300, 300)}),
        ("JPEG, progressive", "JPEG", rgb, {"progressive": True}),
        ("JPEG, grey", "JPEG", grey, {}),
        ("JPEG, CMYK", "JPEG", rgb.convert("CMYK"), {}),
        ("TIFF", "TIFF", rgb, {}),
        ("TIFF, LZW", "TIFF", rgb, {"compression": "tiff_lzw"}),
        ("TIFF, JPEG", "TIFF", rgb, {"compression": "jpeg"}),
        ("TIFF, palette", "TIFF", rgb.quantize(16), {}),
        ("TIFF, fax", "TIFF", grey.convert("1"), {"compression": "group4"}),
        ("WebP", "WEBP", rgb, {"lossless": True}),
        ("WebP, lossy, alpha", "WEBP", rgb.convert("RGBA"), {"quality": 60}),
        ("BMP", "BMP", rgb, {}),
        ("BMP, palette", "BMP", rgb.quantize(16), {}),
        ("GIF", "GIF", rgb.quantize(16), {}),
        ("GIF, frames", "GIF", rgb, {"save_all": True, "append_images": [grey.convert("RGB")]}),
        ("AVIF", "AVIF", rgb, {"quality": 50}),
        ("PNG, palette, transparent", "PNG", rgb.quantize(16), {"transparency": 3}),
    ]
    for name, format_name, picture, options in kinds:
        file = io.BytesIO()
        picture.save(file, format_name, **options)
        yield name, file.getvalue()


def _deep_tiffs() -> Iterator[tuple[str, bytes]]:
    for compression in COMPRESSIONS:
        kind = Kind(compression, 2, resolution=(300, 300, 2))
        yield f"TIFF, 16 bits, {compression}", tiff_file(_picture("uint16", 17, 19, 3), kind)
        kind = Kind(compression, 3, ">", tile=(16, 16))
        yield f"TIFF, floats, {compression}", tiff_file(_picture("float32", 17, 19, 3), kind)


def _tiffs_of_pages() -> Iterator[tuple[str, bytes]]:
    deep, shallow = _picture("uint16", 17, 19, 3), _picture("uint8", 13, 11, 3)
    for order in ("<", ">"):
        told = Metadata(exif=exif_block(order), dpi=(300, 150), icc_profile=b"RGB " * 40)
        file = io.BytesIO()
        write(Image(shallow, metadata=told, following=(Image(deep, metadata=told),)), file,
              format="TIFF")  # fmt: skip
        yield f"TIFF, pages and EXIF, {order}", file.getvalue()
    file = io.BytesIO()
    with tifffile.TiffWriter(file, bigtiff=True) as writer:
        for number, pixels in enumerate((deep, shallow, shallow, deep)):
            compression = "zlib" if number % 2 else None
            writer.write(pixels, photometric="rgb", compression=compression, subfiletype=number & 1)
    yield "BigTIFF, pages and copies", file.getvalue()


def _pngs() -> Iterator[tuple[str, bytes]]:
    for colour, depth in png_files.KINDS:
        if colour == 3:
            continue
        samples = _picture("uint16", 15, 17, png_files.CHANNELS[colour]) & (2**depth - 1)
        for interlaced in (False, True):
            name = f"PNG, type {colour}, {depth} bits{', interlaced' if interlaced else ''}"
            data = png_files.encode(samples, colour, depth, Random(1), interlaced=interlaced)
            yield name, data


def _animations() -> Iterator[tuple[str, bytes]]:
    steps = _picture("uint16", 3, 11, 13, 4)
    for colour, depth in ((2, 8), (6, 8), (6, 16)):
        samples = steps[..., : png_files.CHANNELS[colour]] & (2**depth - 1)
        sprites = [Sprite(samples[0])]
        sprites += [Sprite(samples[1, 2:, 3:], 3, 2, disposal=1, over=True), Sprite(samples[2])]
        yield f"PNG, frames of type {colour}, {depth} bits", apng(sprites, (13, 11), colour, depth)
    index = steps[..., 0] % 4
    cels = [Cel(index[0], disposal=1), Cel(index[1, 2:, 3:], 3, 2, disposal=2, clear=True)]
    yield "GIF, frames, clear", gif([*cels, Cel(index[2], disposal=3)], (13, 11), again=0)
    first, *others = (PillowImages.fromarray(part) for part in steps.astype(np.uint8))
    file = io.BytesIO()
    first.save(
        file, "WEBP", save_all=True, append_images=others, lossless=True, duration=[9, 50, 9]
    )
    yield "WebP, frames", file.getvalue()


def _plain_ones() -> Iterator[tuple[str, bytes]]:
    deep = _picture("uint16", 9, 11, 3)
    shallow = deep.astype(np.uint8)
    yield "PPM", b"P6 11 9 255\n" + shallow.tobytes()
    yield "PPM, 16 bits", b"P6 11 9 65535\n" + deep.astype(">u2").tobytes()
    yield "PPM, in words", b"P3 11 9 65535\n" + b" ".join(b"%d" % v for v in deep.ravel())
    yield "PGM", b"P5 11 9 255\n" + shallow[..., 0].tobytes()
    yield "PGM, 16 bits", b"P5 11 9 65535\n" + deep[..., 0].astype(">u2").tobytes()
    yield "PBM", b"P4 11 9\n" + bytes(range(18))


def _by_ourselves() -> Iterator[tuple[str, bytes]]:
    for format_name, form in FORMATS.items():
        if form.write is not None:
            shape = (13, 15, 3) if form.holds.colour else (13, 15)
            pixels = _picture("uint8", *shape)
            if form.holds.depth == 1:
                pixels = pixels > 127
            file = io.BytesIO()
            write(pixels, file, format=format_name)
            yield f"{format_name} of our own", file.getvalue()


def _samples() -> Iterator[tuple[str, bytes]]:
    """Yield the files that the tests of formats have as `SAMPLES`, by what they are."""
    for path in sorted((Path(__file__).parents[1] / "formats").rglob("test_*.py")):
        if re.search(r"^SAMPLES\b", path.read_text("utf-8"), re.MULTILINE):
            name = ".".join(path.relative_to(Path(__file__).parents[2]).with_suffix("").parts)
            yield from import_module(name).SAMPLES.items()


def outcome(data: bytes) -> str:
    """Read a file and return what came of it: "picture", "refused", or what should not be.

    Where it can be read row by row, that has to come to the same pixels or words, or to an error.
    """
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        image: Image | None = None
        try:
            try:
                image = read(io.BytesIO(data), max_pixels=MOST_PIXELS)
            finally:
                by_rows = _of_rows(data, image)
        except ConvfilterError as error:
            if by_rows:
                return by_rows
            if "\n" in str(error):
                return f"several lines: {error!r}"
            if _TOO_MUCH in str(error):
                return f"took memory: {error}"
            return "warned" if seen else "refused"
        except Exception as error:  # noqa: BLE001 - it is what is looked for
            return f"{type(error).__name__}: {error}"
    if seen:
        return f"warned: {seen[0].message}"
    if by_rows:
        return by_rows
    return "picture" if image.pixels.size else "no pixels"


def _of_rows(data: bytes, image: Image | None) -> str:
    """Read a file some rows after the others; return what should not be, else nothing."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "a")
        path.write_bytes(data)
        try:
            with open_rows(path, max_pixels=MOST_PIXELS) as rows:
                said, height = rows.image, rows.image.height
                pixels = np.concatenate(
                    [rows.read(top, min(top + 7, height)) for top in range(0, height, 7)]
                )
        except ConvfilterError as error:
            return f"several lines: {error!r}" if "\n" in str(error) else ""
        except Exception as error:  # noqa: BLE001 - it is what is looked for
            return f"rows: {type(error).__name__}: {error}"
    if image is None:
        return "rows are read of what is refused as a whole"
    same = np.array_equal(pixels, image.pixels, equal_nan=pixels.dtype.kind == "f")
    if not same or (said.dtype, said.shape) != (image.dtype, image.shape):
        return "rows are others than those of the whole"
    about = [
        (each.alpha, each.left_out, each.nodata, repr(each.metadata)) for each in (said, image)
    ]
    return "" if about[0] == about[1] else f"rows say {about[0]}, the whole {about[1]}"


def mutated(data: bytes, random: Random) -> bytes:
    """Return a file with a few changes: bytes, bits, numbers, pieces lost, doubled or swapped."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
        at = random.randrange(len(changed)) if random.random() < 0.6 else _early(changed, random)
        match random.randrange(9):
            case 0:
                changed[at] = random.randrange(256)
            case 1:
                changed[at] ^= 1 << random.randrange(8)
            case 2:
                number = random.choice((0, 1, 255, 256, 65535, 2**31 - 1, 2**31, 2**32 - 1))
                order = random.choice(("little", "big"))
                changed[at : at + 4] = number.to_bytes(4, order)[: len(changed) - at]
            case 3:
                del changed[at : at + random.choice((1, 2, 4, 100))]
            case 4:
                changed[at:at] = changed[at : at + random.choice((1, 4, 40))]
            case 5:
                changed[at:at] = random.randbytes(random.choice((1, 2, 8)))
            case 6:
                del changed[random.randrange(len(changed)) + 1 :]
            case _:
                _change_box(changed, random)
        if not changed:
            changed = bytearray(b"\0")
    return bytes(changed)


def _change_box(data: bytearray, random: Random) -> None:
    """Change what stands around a word of four letters: its length, a letter, a number behind."""
    words = [found.start() for found in _WORD.finditer(data)]
    if not words:
        return
    at = random.choice(words)
    match random.randrange(3):
        case 0:
            length = int.from_bytes(data[max(at - 4, 0) : at], "big")
            changed = random.choice((length + 1, length - 1, length * 2, 0, 1, 8, len(data)))
            data[max(at - 4, 0) : at] = (changed % 2**32).to_bytes(4, "big")[-min(at, 4) or 4 :]
        case 1:
            data[at + random.randrange(4)] = random.randrange(256)
        case _:
            place = at + 4 + random.randrange(24)
            number = random.choice((0, 1, 2, 3, 4, random.randrange(256), 255, 65535))
            data[place : place + 2] = number.to_bytes(2, "big")[: max(len(data) - place, 0)]


def _early(data: bytearray, random: Random) -> int:
    """Return a place near the beginning, where headers stand."""
    return random.randrange(min(len(data), 200))


def read_batch(seed: int, batch: int, only: str = "") -> Counter[str]:
    """Read so many mutated files, those whose names begin so, and count what came of them."""
    random = Random(f"{seed} {batch}")
    files = [each for each in whole_files().items() if each[0].startswith(only)]
    found: Counter[str] = Counter()
    for number in range(BATCH):
        name, data = random.choice(files)
        started = time.process_time()
        result = outcome(mutated(data, random))
        seconds = time.process_time() - started
        if seconds > MOST_SECONDS:
            result = f"took {seconds:.0f} s"
        if result not in ("picture", "refused"):
            result = f"{name}, batch {batch}, number {number}: {result}"
        found[result] += 1
    return found


def formats_of(files: Iterable[str]) -> list[str]:
    """Return how the names of files of each format begin."""
    return sorted({re.split(r",| of our own", name)[0] for name in files})


def trial(seed: int, only: str, batches: Iterable[int]) -> tuple[Counter[str], list[str]]:
    """Read batches, each in a process of its own; return what came of files, and failures."""
    counts: Counter[str] = Counter()
    failures: list[str] = []
    for batch in batches:
        command = [sys.executable, "-X", "faulthandler", "-m", "tests.files.damage"]
        command += ["--batch", str(batch), "--seed", str(seed), "--only", only]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)
        except subprocess.TimeoutExpired:
            failures.append(f"{only}: batch {batch} did not end")
            continue
        if done.returncode or done.stderr:
            failures.append(f"{only}: batch {batch} ended {done.returncode}: {done.stderr[-600:]}")
        for line in done.stdout.splitlines():
            times, _, result = line.partition("\t")
            counts[result] += int(times)
    failures += [result for result in counts if result not in ("picture", "refused")]
    return counts, failures


def _limit_memory() -> None:
    if sys.platform == "linux":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))


def _until(seconds: float) -> Iterator[int]:
    end, batch = time.monotonic() + seconds, 0
    while time.monotonic() < end:
        yield batch
        batch += 1


def main() -> int:
    """Read mutated files for as long as asked, or so many of each format."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--batch", type=int, help="one batch, in this process")
    parser.add_argument("--only", default="", help='how names of files begin, "HEIC" for example')
    parser.add_argument("--each", type=int, help="so many files of each format, or of --only")
    given = parser.parse_args()
    if given.batch is not None:
        _limit_memory()
        for result, times in read_batch(given.seed, given.batch, given.only).items():
            print(f"{times}\t{result}")
        return 0
    names, batches = [given.only], None
    if given.each is not None:
        names = [given.only] if given.only else formats_of(whole_files())
        batches = range(-(-given.each // BATCH))
    failed = False
    for name in names:
        tried = _until(60 * given.minutes) if batches is None else batches
        counts, failures = trial(given.seed, name, tried)
        print(*failures, sep="\n", end="\n" * bool(failures))
        print(
            f"{name or 'all'}: {counts.total()} files with seed {given.seed}:"
            f" {counts['picture']} pictures, {counts['refused']} refused, {len(failures)} failures",
            flush=True,
        )
        failed |= bool(failures)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
