"""A still life, path traced with NumPy: the photograph among the samples.

Units are roughly decimetres; x points right, y away from the camera, z up. Every path starts on a
thin lens, is lit directly by one random point of a square softbox at each matte surface
(next-event estimation), and ends after a few bounces (Kajiya, "The rendering equation", 1986).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from textures import Floats, column, dot, orange, plaster, printed_card, stone, unit, vector, wood

Ints = NDArray[np.intp]

EPSILON = np.float32(2e-3)
FAR = np.float32(1e9)


@dataclass(frozen=True)
class Material:
    """How a surface answers light; `coat` is the reflectance of its gloss at right angles."""

    colour: Floats
    coat: float = 0.0
    roughness: float = 0.0
    metal: bool = False


SPHERES = (  # centre, radius
    (vector(-1.35, 1.15, 1.0), 1.0),
    (vector(0.22, -0.15, 0.66), 0.66),
    (vector(-0.78, -0.95, 0.43), 0.43),
    (vector(1.62, -1.15, 0.47), 0.47),
    (vector(0.42, -1.55, 0.17), 0.17),
)
FLOOR, WALL, CARD, BLOCK, CUP, LIGHT = 5, 6, 7, 8, 9, 10
MATERIALS = {
    0: Material(vector(0.93, 0.93, 0.95), metal=True, roughness=0.004),
    1: Material(vector(0.62, 0.025, 0.03), coat=0.05),
    2: Material(vector(1, 1, 1), coat=0.03, roughness=0.22),
    3: Material(vector(1, 1, 1), coat=0.035, roughness=0.16),
    4: Material(vector(0.95, 0.72, 0.33), metal=True, roughness=0.05),
    FLOOR: Material(vector(1, 1, 1), coat=0.03, roughness=0.10),
    WALL: Material(vector(1, 1, 1)),
    CARD: Material(vector(1, 1, 1)),
    BLOCK: Material(vector(0.08, 0.17, 0.36), coat=0.03, roughness=0.25),
    CUP: Material(vector(0.80, 0.77, 0.70), coat=0.05, roughness=0.02),
}

# the softbox: centre, half edges, radiance
LIGHT_CENTRE = vector(-4.2, -2.6, 6.2)
LIGHT_RADIANCE = vector(21.0, 19.0, 16.5)
_INWARD = unit(vector(0.2, 0.4, 0.4) - LIGHT_CENTRE)
_SIDE = unit(np.cross(_INWARD, vector(0, 0, 1)).astype(np.float32))
LIGHT_U = _SIDE * np.float32(1.35)
LIGHT_V = np.cross(_SIDE, _INWARD).astype(np.float32) * np.float32(1.35)
LIGHT_AREA = 4 * 1.35 * 1.35

# the card leans back: corner at its lower left, edges to the right and up
CARD_ORIGIN = vector(0.50, 1.75, 0.0)
CARD_U = vector(2.02, -0.40, 0.0)
CARD_V = vector(0.08, 0.42, 1.72)
CARD_TEXTURE = printed_card()

CUP_CENTRE, CUP_RADIUS, CUP_HEIGHT = vector(2.72, 0.45, 0.0), 0.46, 1.12
BLOCK_CENTRE, BLOCK_HALF, BLOCK_TURN = vector(-2.25, -0.55, 0.28), vector(0.50, 0.34, 0.28), 0.5
WALL_Y = np.float32(3.6)


def _quad(o: Floats, d: Floats, corner: Floats, u: Floats, v: Floats) -> tuple[Floats, ...]:
    """Distance to a parallelogram and the coordinates (0 to 1) along its edges."""
    normal = np.cross(u, v)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (corner - o) @ normal / (d @ normal)
        local = o + column(t) * d - corner
        a, b = local @ (u / (u @ u)), local @ (v / (v @ v))
    # the edges of every quad here stand at right angles, or nearly so
    inside = (t > EPSILON) & (a >= 0) & (a <= 1) & (b >= 0) & (b <= 1)
    return np.where(inside, t, FAR), a, b


def _turn(a: Floats, angle: float) -> Floats:
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return np.stack([c * a[:, 0] + s * a[:, 1], c * a[:, 1] - s * a[:, 0], a[:, 2]], axis=1)


def _block(o: Floats, d: Floats) -> Floats:
    local, along = _turn(o - BLOCK_CENTRE, BLOCK_TURN), _turn(d, BLOCK_TURN)
    with np.errstate(divide="ignore", invalid="ignore"):
        first, second = (-BLOCK_HALF - local) / along, (BLOCK_HALF - local) / along
    near = np.minimum(first, second).max(axis=1)
    far = np.maximum(first, second).min(axis=1)
    return np.where((near <= far) & (near > EPSILON), near, FAR)


def _cup(o: Floats, d: Floats) -> Floats:
    """Distance to an open cylinder, hit from outside or inside."""
    px, py = o[:, 0] - CUP_CENTRE[0], o[:, 1] - CUP_CENTRE[1]
    a = d[:, 0] ** 2 + d[:, 1] ** 2 + np.float32(1e-12)
    b = px * d[:, 0] + py * d[:, 1]
    c = px * px + py * py - np.float32(CUP_RADIUS**2)
    root = np.sqrt(np.maximum(b * b - a * c, 0))
    best = np.full(len(o), FAR, dtype=np.float32)
    for t in ((-b + root) / a, (-b - root) / a):
        z = o[:, 2] + t * d[:, 2]
        ok = (b * b > a * c) & (t > EPSILON) & (z > 0) & (z < CUP_HEIGHT)
        best = np.where(ok & (t < best), t, best)
    return best


def intersect(o: Floats, d: Floats, *, light: bool) -> tuple[Floats, Ints]:
    """Distance along each ray to the nearest surface, and which; `FAR` and -1 for none."""
    best = np.full(len(o), FAR, dtype=np.float32)
    which = np.full(len(o), -1, dtype=np.intp)

    def offer(t: Floats, name: int) -> None:
        closer = t < best
        best[closer] = t[closer]
        which[closer] = name

    for name, (centre, radius) in enumerate(SPHERES):
        offset = o - centre
        b = (offset * d).sum(axis=1)
        inside = b * b - (offset * offset).sum(axis=1) + np.float32(radius**2)
        root = np.sqrt(np.maximum(inside, 0))
        t = np.where(-b - root > EPSILON, -b - root, -b + root)
        offer(np.where((inside > 0) & (t > EPSILON), t, FAR), name)
    with np.errstate(divide="ignore", invalid="ignore"):
        for name, t in ((FLOOR, -o[:, 2] / d[:, 2]), (WALL, (WALL_Y - o[:, 1]) / d[:, 1])):
            offer(np.where(t > EPSILON, t, FAR), name)
    offer(_quad(o, d, CARD_ORIGIN, CARD_U, CARD_V)[0], CARD)
    offer(_block(o, d), BLOCK)
    offer(_cup(o, d), CUP)
    if light:
        offer(_quad(o, d, LIGHT_CENTRE - LIGHT_U - LIGHT_V, 2 * LIGHT_U, 2 * LIGHT_V)[0], LIGHT)
    return best, which


def surface(name: int, p: Floats, d: Floats) -> tuple[Floats, Floats]:
    """Return unit normals towards the rays, and the colours, at points of a surface."""
    if name < len(SPHERES):
        centre, radius = SPHERES[name]
        n = (p - centre) / np.float32(radius)
    elif name in (FLOOR, WALL):
        n = np.broadcast_to(vector(0, 0, 1) if name == FLOOR else vector(0, -1, 0), p.shape)
    elif name == CARD:
        n = np.broadcast_to(unit(np.cross(CARD_U, CARD_V).astype(np.float32)), p.shape)
    elif name == BLOCK:
        local = _turn(p - BLOCK_CENTRE, BLOCK_TURN) / BLOCK_HALF
        axis = np.abs(local).argmax(axis=1)
        n = np.zeros_like(p)
        rows = np.arange(len(p))
        n[rows, axis] = np.sign(local[rows, axis])
        n = _turn(n, -BLOCK_TURN)
    else:
        n = (p - CUP_CENTRE) / np.float32(CUP_RADIUS)
        n[:, 2] = 0
    colour = np.broadcast_to(MATERIALS[name].colour, p.shape)
    if name == 2:
        colour = stone(n)
    elif name == 3:
        colour = orange(n)
    elif name == FLOOR:
        colour = wood(p)
    elif name == WALL:
        colour = plaster(p)
    elif name == CARD:
        _, a, b = _quad(p - n, n, CARD_ORIGIN, CARD_U, CARD_V)
        height, width = CARD_TEXTURE.shape[:2]
        row = np.clip((1 - b) * height, 0, height - 1).astype(np.intp)
        colour = CARD_TEXTURE[row, np.clip(a * width, 0, width - 1).astype(np.intp)]
    elif name == CUP:  # two painted bands
        z = p[:, 2]
        band = ((z > 0.72) & (z < 0.86)) | ((z > 0.90) & (z < 0.93))
        colour = np.where(column(band), vector(0.05, 0.16, 0.30), colour)
    return np.where(dot(n, d) > 0, -n, n), colour


def room(d: Floats) -> Floats:
    """Light from the rest of the room: a warm lamp-lit side and a cool one, brighter above."""
    up = 0.5 + 0.5 * d[:, 2:]
    cool = np.clip(d[:, :1] * 0.5 + 0.5, 0, 1)
    base = vector(0.34, 0.29, 0.24) * (1 - cool) + vector(0.20, 0.27, 0.36) * cool
    window = (np.abs(d[:, 0] - 0.62) < 0.16) & (d[:, 1] < 0) & (np.abs(d[:, 2] - 0.45) < 0.2)
    light: Floats = base * (0.25 + 1.1 * up) + column(window) * vector(1.6, 2.0, 2.5)
    return light


def trace(
    o: Floats, d: Floats, first: Floats, rng: np.random.Generator, bounces: int = 5
) -> Floats:
    """Radiance that arrives along each ray, of shape (rays, 3).

    `first` holds four numbers from 0 to 1 for the first surface: the point of the softbox that
    lights it, and the direction in which the path goes on.
    """
    total = np.zeros_like(o)
    weight = np.ones_like(o)
    ray = np.arange(len(o))
    mirrored = np.ones(len(o), dtype=bool)  # the softbox is seen directly and in gloss only
    for bounce in range(bounces):
        t, which = intersect(o, d, light=True)
        missed, lit = which == -1, (which == LIGHT) & mirrored
        total[ray[missed]] += weight[missed] * room(d[missed])
        total[ray[lit]] += weight[lit] * np.minimum(LIGHT_RADIANCE, 14.0)
        keep = ~missed & (which != LIGHT)
        ray, weight, which = ray[keep], weight[keep], which[keep]
        d, t, mirrored = d[keep], t[keep], mirrored[keep]
        if not len(ray):
            break
        p = o[keep] + column(t) * d
        n, colour = np.empty_like(p), np.empty_like(p)
        coat = np.zeros((len(p), 1), np.float32)
        rough = np.zeros((len(p), 1), np.float32)
        metal = np.zeros(len(p), dtype=bool)
        for name, material in MATERIALS.items():
            here = which == name
            if here.any():
                n[here], colour[here] = surface(name, p[here], d[here])
                coat[here], rough[here] = material.coat, material.roughness
                metal[here] = material.metal
        facing = np.clip(-dot(n, d), 0, 1)
        fresnel = np.where(coat > 0, coat + (1 - coat) * (1 - facing) ** 5, 0)  # Schlick
        # gloss is weak but shows a bright lamp, so it is followed oftener than its share
        chance = np.where(coat > 0, 0.25 + 0.75 * fresnel, 0)
        glossy = metal | (rng.random(len(p), dtype=np.float32) < chance[:, 0])
        matte = ~glossy
        with np.errstate(divide="ignore", invalid="ignore"):
            shine = np.where(column(metal), colour, fresnel / chance)
        weight = weight * np.where(column(glossy), shine, colour * (1 - fresnel) / (1 - chance))
        spots = first[ray[matte], :2] if bounce == 0 else rng.random((matte.sum(), 2), np.float32)
        total[ray[matte]] += weight[matte] * _direct(p[matte], n[matte], spots)
        ball = sphere(first[ray, 2:] if bounce == 0 else rng.random((len(p), 2), np.float32))
        gloss = unit(d - 2 * dot(d, n) * n + rough * ball)
        d = np.where(column(glossy), gloss, unit(n + np.float32(0.999) * ball))
        above = dot(n, d)
        d = np.where(above < 0, d - 2 * above * n, d)
        # lamps seen in a ball seen in the floor would be white dots at this number of paths
        o, mirrored = p + n * EPSILON, mirrored & glossy & (which != FLOOR)
        if bounce >= 1:  # few paths matter from here on: end some, let the others count for them
            alive = np.clip(weight.max(axis=1), 0.05, 0.9)
            stay = rng.random(len(p), dtype=np.float32) < alive
            weight = weight[stay] / column(alive[stay])
            o, d, ray, mirrored = o[stay], d[stay], ray[stay], mirrored[stay]
    return total


def sphere(place: Floats) -> Floats:
    """Points of the unit sphere; numbers from 0 to 1 spread evenly stay so."""
    z, angle = 1 - 2 * place[:, 0], np.float32(2 * np.pi) * place[:, 1]
    reach = np.sqrt(np.maximum(1 - z * z, 0))
    return np.stack([reach * np.cos(angle), reach * np.sin(angle), z], axis=1)


def _direct(p: Floats, n: Floats, spot: Floats) -> Floats:
    """Light from a point (0 to 1, 0 to 1) of the softbox, as a matte surface returns it."""
    spot = 2 * spot - 1
    way = LIGHT_CENTRE + spot[:, :1] * LIGHT_U + spot[:, 1:] * LIGHT_V - p
    squared = dot(way, way)
    length = np.sqrt(squared)
    way = way / length
    cosines = np.clip(dot(n, way), 0, 1) * np.clip(-(way @ _INWARD), 0, 1)[:, np.newaxis]
    nearest, _ = intersect(p + n * EPSILON, way, light=False)
    seen = column(nearest) > length
    share: Floats = seen * cosines * np.float32(LIGHT_AREA / np.pi) / squared
    return share * LIGHT_RADIANCE


def render(
    width: int = 768, height: int = 512, samples: int = 49, seed: int = 1
) -> NDArray[np.uint8]:
    """Return the picture as uint8 of shape (height, width, 3); the same for the same arguments."""
    step = max(1, 24_000 // width)  # arrays that stay in the cache
    tops = range(0, height, step)

    def band(top: int) -> Floats:
        rows = np.arange(top, min(top + step, height))
        return _band(rows, width, height, samples, np.random.default_rng([seed, top]))

    with ThreadPoolExecutor() as pool:
        light = np.concatenate(list(pool.map(band, tops)))
    return develop(light, np.random.default_rng([seed, height]))


def _band(rows: Ints, width: int, height: int, samples: int, rng: np.random.Generator) -> Floats:
    """Radiance of some rows of the picture, of shape (rows, width, 3)."""
    eye, target = vector(0.35, -7.4, 2.75), vector(0.22, 0.0, 0.68)
    focus, aperture, spread = np.float32(7.15), np.float32(0.035), np.float32(0.405)
    ahead = unit(target - eye)
    right = unit(np.cross(ahead, vector(0, 0, 1)).astype(np.float32))
    up = np.cross(right, ahead).astype(np.float32)
    side = int(np.sqrt(samples))
    cells = np.indices((side, side), dtype=np.float32).reshape(2, -1).T
    row, column_of = (
        a.ravel().astype(np.float32) for a in np.meshgrid(rows, range(width), indexing="ij")
    )
    # over its samples, a pixel sees every part of the softbox and every direction once, in an
    # order of its own
    start = rng.integers(len(cells), size=(2, row.size))
    pairs = np.concatenate([cells, cells[rng.permutation(len(cells))]], axis=1)
    total = np.zeros((row.size, 3), dtype=np.float32)
    for number, cell in enumerate(cells):
        place = (cell + rng.random((row.size, 2), dtype=np.float32)) / np.float32(side)
        turns = (start + number) % len(cells)
        part = np.concatenate([pairs[turns[0], :2], pairs[turns[1], 2:]], axis=1)
        first = (part + rng.random(part.shape, dtype=np.float32)) / np.float32(side)
        x = ((column_of + place[:, 0]) / width - np.float32(0.5)) * 2 * spread
        y = (
            (np.float32(0.5) - (row + place[:, 1]) / height)
            * 2
            * spread
            * np.float32(height / width)
        )
        toward = ahead + column(x) * right + column(y) * up
        angle = np.float32(2 * np.pi) * rng.random(row.size, dtype=np.float32)
        reach = aperture * np.sqrt(rng.random(row.size, dtype=np.float32))
        lens = column(reach * np.cos(angle)) * right + column(reach * np.sin(angle)) * up
        radiance = trace(eye + lens, unit(toward * focus - lens), first, rng)
        # a few paths that find a lamp by chance would leave white dots
        total += np.minimum(radiance, 8.0)
    return (total / len(cells)).reshape(len(rows), width, 3)


def develop(light: Floats, rng: np.random.Generator, exposure: float = 0.8) -> NDArray[np.uint8]:
    """Turn radiance into 8 bits: vignette, filmic curve (Narkowicz's fit of ACES), gamma, grain."""
    height, width = light.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    light = light * np.float32(exposure) * (1 - 0.16 * (x * x + y * y))[..., np.newaxis]
    curve = light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14)
    display = np.clip(curve, 0, 1) ** np.float32(1 / 2.2)
    grain = rng.standard_normal((height, width, 1), dtype=np.float32) * np.float32(0.005)
    rounded: NDArray[np.uint8] = np.rint(255 * np.clip(display + grain, 0, 1)).astype(np.uint8)
    return rounded
