"""Draws lines of "first-x last-x y" from standard input as a curve in the terminal."""

import math
import sys

WIDTH, HEIGHT = 72, 14


def rows_of(points, dots, low, high):
    """The curve's rows from the top: two dots stand above each other in one letter."""
    upper, lower, both = dots
    span = (high - low) or 1.0
    levels = HEIGHT * 2 - 1
    cells = [[" "] * WIDTH for _ in range(HEIGHT)]
    for column in range(WIDTH):
        point = points[column * len(points) // WIDTH]
        level = round((point - low) / span * levels)
        row, odd = HEIGHT - 1 - level // 2, level % 2
        mark = upper if odd else lower
        cells[row][column] = both if cells[row][column] not in (" ", mark) else mark
    return ["".join(row) for row in cells]


def main():
    parts = [tuple(map(float, line.split())) for line in sys.stdin if line.strip()]
    parts = [part for part in parts if math.isfinite(part[2])]
    if not parts:
        print("  (nothing to draw)")
        return
    unicode_works = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    dots, bar, corner, line = (("▀", "▄", "█"), "┤", "└", "─") if unicode_works else (("'", ".", ":"), "|", "+", "-")
    values = [y for _, _, y in parts]
    low, high = min(values), max(values)
    # A loss that falls by decades would be a line along the bottom.
    is_log = low > 0 and high > 20 * low
    drawn = [math.log(y) for y in values] if is_log else values
    for index, row in enumerate(rows_of(drawn, dots, min(drawn), max(drawn))):
        label = {0: f"{high:.3g}", HEIGHT - 1: f"{low:.3g}"}.get(index, "")
        print(f"{label:>9} {bar}{row.rstrip()}")
    print(f"{'':>9} {corner}{line * WIDTH}")
    first, last = f"{parts[0][0]:.0f}", f"{parts[-1][1]:.0f}"
    print(f"{'':>11}{first}{last:>{WIDTH - len(first)}}")
    if is_log:
        print(f"{'':>11}(the vertical axis is logarithmic)")


main()
