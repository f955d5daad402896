"""Runs the lines of the guide, then worker.py, against jobs_page.   worker_test.py JOBS_PAGE WORKER GUIDE"""
import http.server
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.request

program, worker, guide = sys.argv[1:]

# worker.py with a handler that says that it has begun, and ends in the way that it is told then.
TOLD = """
def told(args, log):
    print("begun", flush=True)
    how = sys.stdin.readline().strip()
    if how == "http error": raise urllib.error.HTTPError("http://elsewhere", 409, "Conflict", {}, None)
    return {"size": "x" * 2_000_000} if how == "too large" else {1, 2} if how == "no JSON" else how
"""
source = pathlib.Path(worker).read_text().replace('{"shout": shout}', '{"shout": told}').replace("def shout", TOLD + "\ndef shout")


def call(path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def expect(what, is_so):
    if not is_so:
        sys.exit(f"not as it should be: {what}")


class Page:
    """jobs_page in a folder; at the same port when it starts again."""

    def __init__(self, folder):
        self.folder, self.port = folder, "0"
        self.start()

    def start(self):
        self.process = subprocess.Popen([program, self.port], cwd=self.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip().rstrip("/")
        self.port = re.search(r":(\d+)/", self.url)[1]

    def stop(self):
        self.process.stdin.close()
        expect("the program ends with its input", self.process.wait(30) == 0)


class Told:
    """A worker whose handler is told how to end."""

    def __init__(self):
        self.process = subprocess.Popen([sys.executable, "-c", source, url, "python"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def has_begun(self):
        expect("its handler begins", self.process.stdout.readline() == "begun\n")

    def end_by(self, how):
        self.process.stdin.write(how + "\n")
        self.process.stdin.flush()


def put_in(**more):
    return call("/v1/jobs", {"kind": "shout", "args": {}, **more})["id"]


def ended(job):
    return call(f"/v1/jobs/{job}?wait=30s")


def follows_the_guide():
    lines = "".join(re.findall("```sh\n(.*?)```", pathlib.Path(guide).read_text(), re.DOTALL))
    lines = lines.replace("http://127.0.0.1:8000/offstage", url)
    subprocess.run(["bash", "-euo", "pipefail"], input='curl() { command curl -fsS "$@"; }\n' + lines, text=True,
                   check=True, timeout=60, stdout=subprocess.DEVNULL)
    job = call("/v1/jobs?queue=python")["jobs"][0]
    expect(job, job["state"] == "done" and job["progress"] == {"done": 1, "total": 2})


def does_jobs():
    hands = subprocess.Popen([sys.executable, worker, url, "python"])
    running.append(hands)
    shout = {"kind": "shout", "args": {"text": "come here"}}
    first = call("/v1/jobs", shout, **{"Idempotency-Key": "one"})
    expect(f"a second request puts in no second job: {first}",
           call("/v1/jobs", shout, **{"Idempotency-Key": "one"})["id"] == first["id"])
    job = ended(first["id"])
    expect(job, job["state"] == "done" and job["result"] == {"text": "COME HERE!"})
    expect(job["notes"], job["notes"][0]["text"] == "shouting 9 letters")

    job = ended(put_in(max_attempts=1))
    expect(job, job["state"] == "failed" and job["error"].startswith("KeyError('text')\nTraceback"))

    job = ended(call("/v1/jobs", {"kind": "greet", "args": {"name": "Ada"}})["id"])
    expect(job, job["result"] == "Good day, Ada")

    hands.send_signal(signal.SIGINT)
    expect("the worker ends when it is asked to", hands.wait(30) == 0)


def fails_what_it_cannot_end():
    hands = Told()
    running.append(hands.process)
    for how, error in (("too large", "Refused(413"), ("no JSON", "TypeError"), ("http error", "<HTTPError 409")):
        job = put_in(max_attempts=1)
        hands.has_begun()
        hands.end_by(how)
        record = ended(job)
        expect((how, record), record["state"] == "failed" and record["error"].startswith(error))
    return hands


def outlives_the_server(hands, page):
    """An outcome that could not be told is no failure; a job that was given back meanwhile is done once more."""
    job = put_in(max_attempts=1)
    hands.has_begun()
    page.stop()
    hands.end_by("too late")
    expect("it says so and tries again", "trying again" in hands.process.stderr.readline())
    page.start()
    hands.has_begun()
    hands.end_by("done")
    record = ended(job)
    expect(record, record["state"] == "done" and record["result"] == "done" and record["errors"] == 0)


def gives_back_what_it_holds(hands, number):
    job = put_in()
    hands.has_begun()
    hands.process.send_signal(number)
    expect("the worker ends when it is asked to", hands.process.wait(30) == 0)
    record = call(f"/v1/jobs/{job}")
    expect((number, record), record["state"] == "ready" and record["attempt"] == 0 and record["crashes"] == 0)
    call(f"/v1/jobs/{job}/delete", {})


def ends_where_it_is_not_let_in():
    """Tries again where a proxy has nobody behind it; ends where its token is not known, or its queue not open."""
    answers = [(502, b"<html>bad gateway</html>"), (401, b'{"status": 401, "detail": "This token is not known here"}')]

    class Door(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            status, body = answers.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Door) as door:
        threading.Thread(target=door.serve_forever, daemon=True).start()
        at = f"http://127.0.0.1:{door.server_port}/offstage"
        told = subprocess.run([sys.executable, worker, at, "python"], stderr=subprocess.PIPE, text=True, timeout=30)
        door.shutdown()
    expect(told, told.returncode == 1 and "trying again" in told.stderr and "This token is not known here" in told.stderr)
    told = subprocess.run([sys.executable, worker, url, "default"], stderr=subprocess.PIPE, text=True, timeout=30)
    expect(told, told.returncode == 1 and 'kind \\"greet\\" has a handler here' in told.stderr)


with tempfile.TemporaryDirectory() as folder:
    page, running = Page(folder), []
    url = page.url
    try:
        follows_the_guide()
        does_jobs()
        hands = fails_what_it_cannot_end()
        outlives_the_server(hands, page)
        gives_back_what_it_holds(hands, signal.SIGINT)
        hands = Told()
        running.append(hands.process)
        gives_back_what_it_holds(hands, signal.SIGTERM)
        ends_where_it_is_not_let_in()
        page.stop()
    finally:
        for process in [*running, page.process]:
            process.kill()
