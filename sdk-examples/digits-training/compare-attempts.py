"""Holds a run's rows from SQL (standard input) against the steps that each of its attempts wrote down.

    compare-attempts.py FOLDER ATTEMPT    the attempt that was asked to end

An attempt writes a step down after it recorded it: where it was killed in between, the database has one more. One
that was asked to end writes down what it does until its process ends, and records no more of it.
"""
import collections
import glob
import os
import sys

found = collections.defaultdict(list)
for line in sys.stdin:
    attempt, *row = line.split()
    found[int(attempt)].append(tuple(map(float, row)))

files = glob.glob(os.path.join(sys.argv[1], "attempt-*.csv"))
written = {}
for path in files:
    with open(path, encoding="utf-8") as file:
        # The last line may have been cut by the kill.
        lines = file.read().split("\n")[1:-1]
    attempt = int(os.path.basename(path)[len("attempt-"):-len(".csv")])
    written[attempt] = [tuple(map(float, line.split(","))) for line in lines]



def fits(attempt):
    rows, steps = found[attempt], written.get(attempt, [])
    fewest = 1 if attempt == int(sys.argv[2]) else len(steps)
    return fewest <= len(rows) <= len(steps) + 1 and rows[:len(steps)] == steps[:len(rows)]


wrong = sorted(attempt for attempt in found.keys() | written.keys() if not fits(attempt))
print(f"  attempts {len(written)}, steps written down {sum(map(len, written.values()))}, "
      f"rows of the table {sum(map(len, found.values()))}")
for attempt in wrong:
    print(f"  attempt {attempt}: {len(written.get(attempt, []))} steps written down, {len(found[attempt])} rows, "
          "of other number or values")
sys.exit(1 if wrong or not written else 0)
