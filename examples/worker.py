#!/usr/bin/env python3
"""A worker in Python, of the standard library alone: takes jobs over HTTP, does them, says what became of them.

    python3 worker.py http://127.0.0.1:8000/offstage python      (where the jobs API is, and the queues to serve)

Ctrl-C or SIGTERM ends it; the job in hand is given back. OFFSTAGE_TOKEN is its token, where the server demands one.
"""
import contextlib, http.client, json, os, signal, sys, threading, time, traceback, urllib.error, urllib.request
HEADERS = {"Content-Type": "application/json", "Authorization": "Bearer " + os.environ.get("OFFSTAGE_TOKEN", "none")}

def shout(args, log):
    log(f"shouting {len(args['text'])} letters")
    return {"text": args["text"].upper() + "!"}

HANDLERS = {"shout": shout}
class Refused(Exception): """Status and body of an answer that would be the same when asked again."""

def post(path, **body):
    request = urllib.request.Request(sys.argv[1].rstrip("/") + "/v1/leases" + path, json.dumps(body).encode(), HEADERS)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer: return json.loads(answer.read() or "null")
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, urllib.error.HTTPError) and error.code < 500:
            raise Refused(error.code, error.read(2000).decode(errors="replace")) from None
        raise OSError(f"no answer: {error!r}") from None

def tell(path, **body):  # until it is heard: what was done is not thrown away because the server is starting again
    while True:
        try: return post(path, **body)
        except OSError as error: print(f"{error}, trying again", file=sys.stderr)
        time.sleep(1)

def run(job, lease, ended, heartbeat_s):
    def beat():  # who is silent for long is taken for dead, and its job given to another
        while not ended.wait(heartbeat_s):
            with contextlib.suppress(OSError, Refused): post(lease + "/heartbeat")  # the next one may get through
    threading.Thread(target=beat, daemon=True).start()
    if job["kind"] not in HANDLERS: return tell(lease + "/snooze", delay_ms=60_000)  # another worker may know it
    try:
        result = HANDLERS[job["kind"]](job["args"], lambda line: tell(lease + "/progress", log=[line]))
        tell(lease + "/ack", result=result)
    except Exception as error:  # tried again, by the backoff of its kind; 409: the lease is lost, another has the job
        if isinstance(error, Refused) and error.args[0] == 409: raise
        tell(lease + "/fail", error=f"{error!r}\n{traceback.format_exc()}"[:100_000])

for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.default_int_handler)
while True:
    got, ended = {"jobs": []}, threading.Event()
    try:
        got = tell("", worker=f"python-{os.getpid()}", queues=sys.argv[2:], wait_ms=30_000)
        for job in got["jobs"]: run(job, "/" + job["lease"], ended, got["heartbeat_ms"] / 1000)
    except Refused as refused:
        print("refused: %d, %s" % refused.args, file=sys.stderr)
        if refused.args[0] != 409: sys.exit(1)
    except KeyboardInterrupt:
        for job in got["jobs"]:
            with contextlib.suppress(OSError, Refused): post(f"/{job['lease']}/release")
        sys.exit(0)
    finally: ended.set()
