"""Holds the database's percentiles against the load tool's: compare-latencies.py NAME LOG ANSWER [near]

LOG has a line for each request: start, status, microseconds. ANSWER is "requests errors p50 p95 p99" of the
database, in milliseconds.

What may differ, and what may not: the server begins to measure after the tool has sent a request and stops before
the tool has its answer, so each request took the server less than the tool. Of values that are less one by one,
every percentile is less as well. On top come at most 1 % of the histogram's buckets, and the microsecond that the
tool cuts off.

With "near" there are lower bounds, for requests that take the server longer than the way to it. On a machine that
does other things a few of them wait longer on the way all the same (the tool has no turn, say). Where these are at most
one in 20, each percentile of the server is at least half of the tool's percentile 5 points below: 19 of 20 requests
took the tool at most twice what they took the server, and the others move a rank by no more than their number. (The
same percentile of the tool will not do: of 60 requests p99 is the longest, and one that waited makes it anything.)
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


def percentile(p):
    return sent[math.ceil(p * len(sent)) - 1]  # nearest rank, as the database's


def check(what, ok, text):
    print(f"  {name} {what}: {text}{'' if ok else '  WRONG'}")
    return ok


ok = check("requests", requests == len(sent) and errors == 0 and statuses == {"200"},
           f"tool {len(sent)}, database {requests:.0f}, of them errors {errors:.0f}")
for p, server in zip((0.5, 0.95, 0.99), percentiles):
    tool, least = percentile(p), percentile(p - 0.05) / 2 / 1.01 if near else 0
    fits = least <= server <= tool * 1.01 + 0.001
    ok = check(f"p{p * 100:.0f}", fits, f"tool {tool:.3f} ms, database {server:.3f} ms ({server / tool:.1%})") and ok
sys.exit(0 if ok else 1)
