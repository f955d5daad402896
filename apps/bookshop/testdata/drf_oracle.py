#!/usr/bin/python3
"""What Django REST framework's ModelSerializer says of each row of a CSV of books.

usage: drf_oracle.py BOOKS.csv > VERDICTS.jsonl      (needs python3-django, python3-djangorestframework)

One JSON line a data row: {"row": N, "ok": true, "saved": {...}} or {"row": N, "ok": false, "errors": {field: [code, ...]}}.
Every field is read as text, as Python's csv reads the file; a blank stays a blank, but a blank
no_of_pages is null, as the model means it. A short row's missing cells are blank; a row with more
cells than the header is refused with {"row": ["too_many_fields"]}, and blank lines are not rows.
The Book fields are those of rules/book.hpp.
"""
import csv, json, sys
from drf_book import BookSerializer

csv.field_size_limit(1 << 30)
with open(sys.argv[1], newline="", encoding="utf-8-sig") as f:
    for n, row in enumerate(csv.DictReader(f), 1):
        data = dict(row)
        if None in data:
            print(json.dumps({"row": n, "ok": False, "errors": {"row": ["too_many_fields"]}})); continue
        data = {k: "" if v is None else v for k, v in data.items()}
        if data.get("no_of_pages") == "": data["no_of_pages"] = None
        s = BookSerializer(data=data)
        if s.is_valid():
            v = dict(s.validated_data); v["price"] = str(v["price"] + 0)   # -0.00 is read back as 0.00
            print(json.dumps({"row": n, "ok": True, "saved": v}, ensure_ascii=False))
        else:
            print(json.dumps({"row": n, "ok": False, "errors": {k: [e.code for e in es] for k, es in s.errors.items()}}))
