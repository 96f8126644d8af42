"""What each window of a convolution looks at, as columns of a matrix, and back.

Maps lie as (maps, pictures, rows, columns); `table` tells how windows walk over them
(`convfilter.nn.training.walk`).
"""

from convfilter.runtime.compiled.addresses import view
from convfilter.runtime.compiled.declare import loop


@loop(
    "class T, i8 maps_at, i8 map_pitch, i8 maps, i8 pictures, const i8[:] walk, T[:] patches -> i8"
)
def gather(T, maps_at, map_pitch, maps, pictures, walk, patches):
    """Write the patches (maps * taps, pictures * outputs); beyond the edges are zeros; return 0."""
    rows, columns, out_rows, out_columns = walk[0], walk[1], walk[2], walk[3]
    kernel_rows, kernel_columns, down, right = walk[4], walk[5], walk[6], walk[7]
    top, left, apart_rows, apart_columns = walk[8], walk[9], walk[10], walk[11]
    area = rows * columns
    source = view(maps_at, (maps - 1) * map_pitch + pictures * area, T)
    at = 0
    for m in range(maps):
        for u in range(kernel_rows):
            for v in range(kernel_columns):
                shift = v * apart_columns - left
                # the outputs whose tap lies within the columns
                first = min(max(0, (right - 1 - shift) // right), out_columns)
                last = max(first, min(out_columns, (columns - 1 - shift) // right + 1))
                for n in range(pictures):
                    start = m * map_pitch + n * area
                    for i in range(out_rows):
                        row = i * down + u * apart_rows - top
                        if row < 0 or row >= rows:
                            for j in range(out_columns):
                                patches[at + j] = T(0)
                        else:
                            for j in range(first):
                                patches[at + j] = T(0)
                            place = start + row * columns + shift
                            if right == 1:
                                for j in range(first, last):
                                    patches[at + j] = source[place + j]
                            else:
                                for j in range(first, last):
                                    patches[at + j] = source[place + j * right]
                            for j in range(last, out_columns):
                                patches[at + j] = T(0)
                        at += out_columns
    return 0


@loop(
    "class T, const T[:] patches, i8 maps, i8 pictures, const i8[:] walk, i8 maps_at,"
    " i8 map_pitch -> i8"
)
def scatter(T, patches, maps, pictures, walk, maps_at, map_pitch):
    """Add each number of the patches to the place that it came from; return 0."""
    rows, columns, out_rows, out_columns = walk[0], walk[1], walk[2], walk[3]
    kernel_rows, kernel_columns, down, right = walk[4], walk[5], walk[6], walk[7]
    top, left, apart_rows, apart_columns = walk[8], walk[9], walk[10], walk[11]
    area = rows * columns
    target = view(maps_at, (maps - 1) * map_pitch + pictures * area, T)
    at = 0
    for m in range(maps):
        for u in range(kernel_rows):
            for v in range(kernel_columns):
                shift = v * apart_columns - left
                first = min(max(0, (right - 1 - shift) // right), out_columns)
                last = max(first, min(out_columns, (columns - 1 - shift) // right + 1))
                for n in range(pictures):
                    start = m * map_pitch + n * area
                    for i in range(out_rows):
                        row = i * down + u * apart_rows - top
                        if 0 <= row < rows:
                            place = start + row * columns + shift
                            if right == 1:
                                for j in range(first, last):
                                    target[place + j] += patches[at + j]
                            else:
                                for j in range(first, last):
                                    target[place + j * right] += patches[at + j]
                        at += out_columns
    return 0
