#!/usr/bin/python3
"""What Django REST framework's ModelSerializer says of a book that is sent as JSON.

usage: drf_json_oracle.py REQUESTS      (a line a request: POST, PUT or PATCH, a blank, the body)

PUT and PATCH change the book that KEPT is. One JSON line a request: {"saved": {...}} with all fields as they
are then, or {"errors": {field: [sentence, ...]}}, or {"detail": true} where the body is no JSON.
"""
import json, sys
from drf_book import Book, BookSerializer
from rest_framework.utils.json import loads

KEPT = dict(title="Kept", author="Kept too", book_type="Horror", ISBN="1", year_published="1999", price="1.50",
            no_of_pages=7, quantity=8, description="kept")
FIELDS = list(KEPT)

with open(sys.argv[1], encoding="utf-8", newline="\n") as f:
    for line in f:
        method, body = line.rstrip("\n").split(" ", 1)
        try:
            data = loads(body)
        except ValueError:
            print(json.dumps({"detail": True})); continue
        if method == "POST":
            saved, serializer = dict.fromkeys(FIELDS), BookSerializer(data=data)
        else:
            saved, serializer = dict(KEPT), BookSerializer(Book(**KEPT), data=data, partial=method == "PATCH")
        if serializer.is_valid():
            saved.update(serializer.validated_data)
            if not isinstance(saved["price"], str): saved["price"] = str(saved["price"] + 0)
            print(json.dumps({"saved": {k: saved[k] for k in FIELDS}}, ensure_ascii=False))
        else:
            print(json.dumps({"errors": serializer.errors}, ensure_ascii=False))
