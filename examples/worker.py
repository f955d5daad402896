#!/usr/bin/env python3
"""A worker in Python, of the standard library alone: takes jobs over HTTP, does them, says what became of them.

    python3 worker.py http://127.0.0.1:8000/offstage python      (where the jobs API is, and the queues to serve)

Ctrl-C ends it; the job in hand is given back. OFFSTAGE_TOKEN is its token, where the server demands one.
"""
import json
import os
import sys
import threading
import time
import traceback
from urllib.request import HTTPError, Request, urlopen
URL = sys.argv[1].rstrip("/") + "/v1/leases"
HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ.get("OFFSTAGE_TOKEN", "none")}

def shout(args, log):
    log(f"shouting {len(args['text'])} letters")
    return {"text": args["text"].upper() + "!"}

HANDLERS = {"shout": shout}
def post(path, **body):
    with urlopen(Request(URL + path, json.dumps(body).encode(), HEADERS), timeout=60) as answer:
        return json.loads(answer.read() or "null")

def run(job, heartbeat_s):
    lease, ended = "/" + job["lease"], threading.Event()

    def beat():  # who is silent for long is taken for dead, and its job given to another
        while not ended.wait(heartbeat_s):
            try:
                post(lease + "/heartbeat")
            except OSError:
                pass  # the next one may get through; a lease that is lost is told at the end

    threading.Thread(target=beat, daemon=True).start()
    try:
        result = HANDLERS[job["kind"]](job["args"], lambda line: post(lease + "/progress", log=[line]))
        post(lease + "/ack", result=result)
    except KeyboardInterrupt:
        post(lease + "/release")
        raise
    except HTTPError as refused:  # 409: the lease is lost, another worker has the job now
        print(f"job {job['id']}: {json.loads(refused.read())['detail']}", file=sys.stderr)
    except Exception as error:  # tried again, by the backoff of its kind
        post(lease + "/fail", error=f"{error!r}\n{traceback.format_exc()}")
    finally:
        ended.set()

while True:
    try:
        got = post("", worker=f"python-{os.getpid()}", queues=sys.argv[2:], wait_ms=30_000)
        for each in got["jobs"]:
            run(each, got["heartbeat_ms"] / 1000)
    except KeyboardInterrupt:
        sys.exit(0)
    except OSError as error:  # the server is starting again, or has no room
        print(f"no answer, trying again: {error}", file=sys.stderr)
        time.sleep(1)
