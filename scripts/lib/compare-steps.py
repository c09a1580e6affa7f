"""Holds rows from SQL (standard input) against the steps that a training loop wrote down (a CSV file).

Prints a checksum of each column on both sides and fails where one differs. The columns after those of the file
were not given by the loop: they are null, but for the last, the time between steps, which the SDK measured.
"""
import struct
import sys
import zlib


def checksum(rows, column, is_whole):
    code = "<q" if is_whole else "<d"
    number = int if is_whole else float
    return zlib.crc32(b"".join(struct.pack(code, number(row[column])) for row in rows))


with open(sys.argv[1], encoding="utf-8") as file:
    names, *taken = [line.rstrip("\n").split(",") for line in file]
found = [line.rstrip("\n").split(",") for line in sys.stdin]

differs = len(taken) != len(found)
for column, name in enumerate(names):
    ours, theirs = (checksum(rows, column, column < 3) for rows in (taken, found))
    differs = differs or ours != theirs
    print(f"{name:14} taken {ours:08x}  in the database {theirs:08x}  {'same' if ours == theirs else 'DIFFERENT'}")
for row in found:
    *absent, measured = row[len(names):]
    differs = differs or any(absent) or (measured == "") != (row[0] == "0")
print("every value of every row is the one that was recorded" if not differs else "the rows are not those taken")
sys.exit(1 if differs else 0)
