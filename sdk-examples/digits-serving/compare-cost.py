"""Prints what monitoring costs a request: compare-cost.py FOLDER ROUNDS

Each round has the same number of requests with and without; the ratio of a round is that of its medians.
"""
import math
import statistics
import sys


def median(name, number):
    with open(f"{sys.argv[1]}/{name}-{number}.log", encoding="utf-8") as file:
        # The tool tells whole microseconds, of which one is half a percent: between them is where the ranks say.
        return statistics.median_grouped([int(line.split()[2]) for line in file], 1)


rounds = [(median("monitored", number), median("plain", number)) for number in range(int(sys.argv[2]))]
ratios = sorted(monitored / plain for monitored, plain in rounds)
count = len(ratios)
# The order statistics between which the true median lies 95 times of 100, whatever the distribution.
below = max(0, math.floor((count - 1.96 * math.sqrt(count)) / 2))
print(f"  median of a request: {statistics.median(m for m, _ in rounds):.1f} us monitored, "
      f"{statistics.median(p for _, p in rounds):.1f} us not; ratio of {count} pairs: "
      f"median {statistics.median(ratios):.4f}, 95 % between {ratios[below]:.4f} and {ratios[count - 1 - below]:.4f}")
