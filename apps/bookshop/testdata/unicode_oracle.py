#!/usr/bin/python3
"""What Python says of UTF-8 and of characters: the judge of reading/encoding.hpp and reading/unicode.hpp.

usage: unicode_oracle.py CASES      A line of CASES is a byte string in hexadecimal.

A line a case comes out: where it stops being UTF-8, or -1. Then a line for every character that is blank or a
decimal digit: its number and the digit's value, -1 for a blank.
"""
import sys, unicodedata

for case in open(sys.argv[1]):
    try:
        bytes.fromhex(case).decode()
        print(-1)
    except UnicodeDecodeError as wrong:
        print(wrong.start)
for number in range(0x110000):
    digit = unicodedata.decimal(chr(number), -1)
    if digit >= 0 or chr(number).isspace():
        print(number, digit)
