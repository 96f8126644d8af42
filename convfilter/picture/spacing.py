"""How far pixels lie apart, and the units in which files and people say it."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

__all__ = ["PIXELS", "UNITS", "Spacing", "unit_named"]

PIXELS = "px"

UNITS = {
    "pm": Fraction(1, 10**12),
    "A": Fraction(1, 10**10),
    "nm": Fraction(1, 10**9),
    "um": Fraction(1, 10**6),
    "mm": Fraction(1, 10**3),
    "cm": Fraction(1, 10**2),
    "dm": Fraction(1, 10),
    "m": Fraction(1),
    "km": Fraction(10**3),
    "in": Fraction(254, 10**4),
    "ft": Fraction(3048, 10**4),
    "pt": Fraction(254, 72 * 10**4),
}
"""Metres, by the way in which a unit is written here."""

_SPELLINGS = {
    PIXELS: ("pixel", "pixels"),
    "pm": ("picometer", "picometers"),
    "A": ("\u00c5", "\u212b", "angstrom", "\u00e5ngstr\u00f6m"),
    "nm": ("nanometer", "nanometers"),
    # the micro sign and the Greek letter
    "um": ("\u00b5m", "\u03bcm", "micron", "microns", "micrometer", "micrometers"),
    "mm": ("millimeter", "millimeters"),
    "cm": ("centimeter", "centimeters"),
    "m": ("meter", "meters"),
    "km": ("kilometer", "kilometers"),
    "in": ("inch", "inches", '"'),
    "ft": ("foot", "feet"),
}
_LEAST, _MOST, _LONGEST = 1e-12, 1e12, 40
"""Numbers between which distances lie, whatever the unit, and the characters of one."""

_NAMED = {
    **{unit: unit for unit in (PIXELS, *UNITS)},
    **{word: unit for unit, words in _SPELLINGS.items() for word in words},
}


def unit_named(word: str) -> str | None:
    """Return a unit of `UNITS`, or `PIXELS`, as ImageJ, OME and people write it; else None."""
    return _NAMED.get(word) or _NAMED.get(word.lower().replace("metre", "meter"))


class Spacing(NamedTuple):
    """How far the middles of neighbouring pixels lie apart: ``Spacing.of(0.5, 0.25, "um")``.

    Attributes
    ----------
    rows, columns : Fraction
        From one row to the next, and from one column to the next.
    unit : str
        One of `UNITS`, or a word for what is no length, such as "degrees".
    """

    rows: Fraction
    columns: Fraction
    unit: str

    @classmethod
    def of(
        cls, rows: Fraction | float | str, columns: Fraction | float | str, unit: str
    ) -> Spacing | None:
        """Return the spacing that two numbers, or their texts, state; None if they cannot be."""
        down, along = _exact(rows), _exact(columns)
        known = unit_named(unit) or unit
        if down is None or along is None or known == PIXELS:
            return None
        return cls(down, along, known)

    @classmethod
    def of_resolution(cls, across: float, down: float, unit: str) -> Spacing | None:
        """Return the spacing of so many pixels a unit along a row, and along a column."""
        if not all(_LEAST < each < _MOST for each in (across, down)):
            return None
        # fractions in files have denominators of 1, 1000 or a million
        rows, columns = (Fraction(each).limit_denominator(10**6) for each in (down, across))
        return cls.of(1 / rows, 1 / columns, unit) if rows and columns else None

    @property
    def metres(self) -> tuple[Fraction, Fraction] | None:
        """The same in metres; None where it is no length."""
        length = UNITS.get(self.unit)
        return None if length is None else (self.rows * length, self.columns * length)

    def times(self, rows: int, columns: int) -> Spacing:
        """Return the spacing of every so many pixels."""
        return self._replace(rows=self.rows * rows, columns=self.columns * columns)

    def turned(self) -> Spacing:
        """Return the spacing of a picture whose rows were columns."""
        return self._replace(rows=self.columns, columns=self.rows)

    def __str__(self) -> str:
        rows, columns = (f"{float(each):.6g}" for each in (self.rows, self.columns))
        text = rows if rows == columns else f"{rows} by {columns}"
        return f"{text} {self.unit}"


def _exact(number: Fraction | float | str) -> Fraction | None:
    """Return a number as it is written, so that 0.1 is a tenth; None for what is no distance."""
    if not isinstance(number, Fraction):
        text = str(number).strip()
        try:
            # a power of ten may be longer than memory
            if len(text) > _LONGEST or not _LEAST < float(text) < _MOST:
                return None
            number = Fraction(text)
        except ValueError:
            return None
    return number if number > 0 else None
