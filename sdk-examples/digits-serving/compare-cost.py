"""Prints what monitoring costs a request: compare-cost.py FOLDER ROUNDS

Each round has the same number of requests with and without; the ratio of a round is that of its medians.
"""
import statistics
import sys


def median(name, number):
    with open(f"{sys.argv[1]}/{name}-{number}.log", encoding="utf-8") as file:
        return statistics.median(int(line.split()[2]) for line in file)


rounds = [(median("monitored", number), median("plain", number)) for number in range(1, int(sys.argv[2]) + 1)]
ratios = sorted(monitored / plain for monitored, plain in rounds)
print(f"  median of a request: {statistics.median(m for m, _ in rounds):.1f} us monitored, "
      f"{statistics.median(p for _, p in rounds):.1f} us not; ratio of {len(ratios)} pairs: "
      f"median {statistics.median(ratios):.4f}, from {ratios[0]:.4f} to {ratios[-1]:.4f}")
