#!/usr/bin/python3
"""What Python's csv module reads in each of many texts: the judge of reading/csv_reader.hpp.

usage: csv_oracle.py CASES      A line of CASES is the delimiter and the text (UTF-8), both in hexadecimal.

A line a case comes out: its rows parted by ';', their cells by ',', each cell an 'x' and its UTF-8 in hexadecimal.
Blank lines are not rows, as csv.DictReader has it.
"""
import csv, io, sys

csv.field_size_limit(1 << 30)
for case in open(sys.argv[1]):
    delimiter, text = (bytes.fromhex(part) for part in case.rstrip("\n").split(" "))
    lines = io.TextIOWrapper(io.BytesIO(text), encoding="utf-8", newline="")
    rows = (row for row in csv.reader(lines, delimiter=delimiter.decode(), strict=False) if row)
    print(";".join(",".join("x" + cell.encode().hex() for cell in row) for row in rows))
