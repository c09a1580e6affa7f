"""Prints what monitoring costs a request: compare-cost.py FOLDER ROUNDS

Each round has the same number of requests to each server; the ratio of a round is that of its medians.
"""
import math
import statistics
import sys


def median(name, number):
    with open(f"{sys.argv[1]}/{name}-{number}.log", encoding="utf-8") as file:
        # The tool tells whole microseconds, of which one is half a percent: between them is where the ranks say.
        return statistics.median_grouped([int(line.split()[2]) for line in file], 1)


count = int(sys.argv[2])
medians = {name: [median(name, number) for number in range(count)] for name in ("plain", "monitored", "disabled", "metered")}
for name, base, what in (("monitored", "plain", "a request, monitored, against one that is not"),
                         ("metered", "disabled", "the same with Hummingbird's own metrics, against Hyperstep disabled")):
    ratios = sorted(one / other for one, other in zip(medians[name], medians[base]))
    # The order statistics between which the true median lies 95 times of 100, whatever the distribution.
    below = max(0, math.floor((count - 1.96 * math.sqrt(count)) / 2))
    print(f"  {what}: {statistics.median(medians[name]):.1f} us to {statistics.median(medians[base]):.1f} us; "
          f"ratio of {count} rounds: median {statistics.median(ratios):.4f}, "
          f"95 % between {ratios[below]:.4f} and {ratios[count - 1 - below]:.4f}")
