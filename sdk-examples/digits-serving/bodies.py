"""Writes the bodies of the load test, of real images: bodies.py DIGITS_CSV FOLDER"""
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    images = [list(map(int, line.split(",")))[:64] for line in file]
with open(sys.argv[2] + "/image.json", "w", encoding="utf-8") as file:
    json.dump({"pixels": images[0]}, file)
with open(sys.argv[2] + "/batch.json", "w", encoding="utf-8") as file:
    json.dump({"images": images[:500]}, file)
