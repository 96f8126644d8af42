"""Maxima and sums of windows, and the way of gradients back."""

from convfilter.runtime.compiled.declare import loop


@loop("const T[:,:,:] maps, const i8[:] walk, T[:,:,:] out, i8[:,:,:] places -> i8")
def largest(maps, walk, out, places):
    """Write the maximum of each window, and where in its map it lies; return 0.

    Of equal numbers the first one counts; a NaN wins. The padding never does.
    """
    rows, columns = walk[0], walk[1]
    for n in range(maps.shape[0]):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                place = -1
                best = maps[n, 0, 0]
                for u in range(walk[4]):
                    row = i * walk[6] + u * walk[10] - walk[8]
                    if row < 0 or row >= rows:
                        continue
                    for v in range(walk[5]):
                        column = j * walk[7] + v * walk[11] - walk[9]
                        if column < 0 or column >= columns:
                            continue
                        number = maps[n, row, column]
                        if place < 0 or number > best or number != number:
                            best = number
                            place = row * columns + column
                out[n, i, j] = best
                places[n, i, j] = place
    return 0


@loop("const T[:,:,:] gradient, const i8[:,:,:] places, T[:,:] out -> i8")
def to_places(gradient, places, out):
    """Add each number to the place of its maximum; return 0."""
    for n in range(gradient.shape[0]):
        for i in range(gradient.shape[1]):
            for j in range(gradient.shape[2]):
                out[n, places[n, i, j]] += gradient[n, i, j]
    return 0


@loop("const T[:,:,:] maps, const i8[:] walk, T[:,:,:] out -> i8")
def sums(maps, walk, out):
    """Write the sum of each window; the padding is zero; return 0."""
    rows, columns = walk[0], walk[1]
    for n in range(maps.shape[0]):
        for i in range(out.shape[1]):
            for j in range(out.shape[2]):
                total = maps.dtype.type(0)
                for u in range(walk[4]):
                    row = i * walk[6] + u * walk[10] - walk[8]
                    for v in range(walk[5]):
                        column = j * walk[7] + v * walk[11] - walk[9]
                        if 0 <= row < rows and 0 <= column < columns:
                            total += maps[n, row, column]
                out[n, i, j] = total
    return 0


@loop("const T[:,:,:] gradient, const i8[:] walk, T[:,:,:] out -> i8")
def to_windows(gradient, walk, out):
    """Add each number to all places of its window; return 0."""
    rows, columns = walk[0], walk[1]
    for n in range(gradient.shape[0]):
        for i in range(gradient.shape[1]):
            for j in range(gradient.shape[2]):
                for u in range(walk[4]):
                    row = i * walk[6] + u * walk[10] - walk[8]
                    for v in range(walk[5]):
                        column = j * walk[7] + v * walk[11] - walk[9]
                        if 0 <= row < rows and 0 <= column < columns:
                            out[n, row, column] += gradient[n, i, j]
    return 0
