"""Holds the database's percentiles against the load tool's: compare-latencies.py NAME LOG ANSWER [near]

LOG has a line for each request: start, status, microseconds. ANSWER is "requests errors p50 p95 p99" of the
database, in milliseconds.

What may differ, and what may not: the server begins to measure after the tool has sent a request and stops before
the tool has its answer, so each request took the server less than the tool. Of values that are less one by one,
every percentile is less as well. On top come at most 1 % of the histogram's buckets, and the microsecond that the
tool cuts off. With "near", the median of the server is at least half of the tool's.
"""
import math
import sys

name, log, answer = sys.argv[1:4]
near = sys.argv[4:] == ["near"]
with open(log, encoding="utf-8") as file:
    lines = [line.split() for line in file]
statuses = {status for _, status, _ in lines}
sent = sorted(int(microseconds) / 1000 for _, _, microseconds in lines)
requests, errors, *percentiles = map(float, answer.split() or [math.nan] * 5)


def check(what, ok, text):
    print(f"  {name} {what}: {text}{'' if ok else '  WRONG'}")
    return ok


ok = check("requests", requests == len(sent) and errors == 0 and statuses == {"200"},
           f"tool {len(sent)}, database {requests:.0f}, of them errors {errors:.0f}")
for p, server in zip((0.5, 0.95, 0.99), percentiles):
    tool = sent[math.ceil(p * len(sent)) - 1]  # nearest rank, as the database's
    fits = server <= tool * 1.01 + 0.001 and (not near or p != 0.5 or server >= tool / 2)
    ok = check(f"p{p * 100:.0f}", fits, f"tool {tool:.3f} ms, database {server:.3f} ms ({server / tool:.1%})") and ok
sys.exit(0 if ok else 1)
