"""The digits as pictures of 7x12 pixels: what the last layer of LeNet-5 compares with.

LeCun et al. 1998 take such pictures of all printable characters (figure 3), so that characters that
look alike have codes that are alike. These are drawn anew, in the same manner.
"""

from __future__ import annotations

import numpy as np

_PICTURES = """
..###.. ...##.. .#####. .#####. ....##. ####### ..####. ####### .#####. .#####.
.##.##. ..###.. ##...## ##...## ...###. ##..... .##.... ##...## ##...## ##...##
##...## .####.. .....## .....## ...###. ##..... ##..... .....## ##...## ##...##
##...## ...##.. .....## .....## ..#.##. ##..... ##..... ....##. ##...## ##...##
##...## ...##.. .....## ....##. ..#.##. ##..... ##..... ....##. .##.##. ##...##
##...## ...##.. ....##. ..###.. .#..##. ######. ######. ...##.. ..###.. .######
##...## ...##.. ...##.. ....##. .#..##. .....## ##...## ...##.. .##.##. .....##
##...## ...##.. ..##... .....## #...##. .....## ##...## ..##... ##...## .....##
##...## ...##.. .##.... .....## ####### .....## ##...## ..##... ##...## .....##
##...## ...##.. ##..... .....## ....##. .....## ##...## ..##... ##...## .....##
.##.##. ...##.. ##..... ##...## ....##. ##...## ##...## ..##... ##...## ....##.
..###.. .###### ####### .#####. ....##. .#####. .#####. ..##... .#####. .####..
"""

DIGITS = np.array(
    [
        [1.0 if pixel == "#" else -1.0 for row in rows for pixel in row]
        for rows in zip(*(line.split() for line in _PICTURES.split("\n") if line), strict=True)
    ]
)
"""For each digit its 84 pixels, row by row: 1 is ink, -1 is paper."""
DIGITS.flags.writeable = False
