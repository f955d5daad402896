"""Runs the lines of the guide, then worker.py, against jobs_page.   worker_test.py JOBS_PAGE WORKER GUIDE"""
import json
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request

program, worker, guide = sys.argv[1:]


def call(path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url + path, data, {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.loads(answer.read())


def expect(what, is_so):
    if not is_so:
        sys.exit(f"not as it should be: {what}")


with tempfile.TemporaryDirectory() as folder:
    page = subprocess.Popen([program, "0"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    url = page.stdout.readline().strip().rstrip("/")
    hands = None
    try:
        lines = "".join(re.findall("```sh\n(.*?)```", pathlib.Path(guide).read_text(), re.DOTALL))
        lines = lines.replace("http://127.0.0.1:8000/offstage", url)
        subprocess.run(["bash", "-euo", "pipefail"], input='curl() { command curl -fsS "$@"; }\n' + lines, text=True,
                       check=True, timeout=60, stdout=subprocess.DEVNULL)
        job = call("/v1/jobs?queue=python")["jobs"][0]
        expect(job, job["state"] == "done" and job["progress"] == {"done": 1, "total": 2})
        hands = subprocess.Popen([sys.executable, worker, url, "python"])

        shout = {"kind": "shout", "args": {"text": "come here"}}
        first = call("/v1/jobs", shout, **{"Idempotency-Key": "one"})
        expect(f"a second request puts in no second job: {first}",
               call("/v1/jobs", shout, **{"Idempotency-Key": "one"})["id"] == first["id"])
        job = call(f"/v1/jobs/{first['id']}?wait=30s")
        expect(job, job["state"] == "done" and job["result"] == {"text": "COME HERE!"})
        expect(job["notes"], job["notes"][0]["text"] == "shouting 9 letters")

        broken = call("/v1/jobs", {"kind": "shout", "args": {}, "max_attempts": 1})
        job = call(f"/v1/jobs/{broken['id']}?wait=30s")
        expect(job, job["state"] == "failed" and job["error"].startswith("KeyError('text')\nTraceback"))

        greeted = call("/v1/jobs", {"kind": "greet", "args": {"name": "Ada"}})
        job = call(f"/v1/jobs/{greeted['id']}?wait=30s")
        expect(job, job["result"] == "Good day, Ada")

        hands.send_signal(signal.SIGINT)
        expect("the worker ends when it is asked to", hands.wait(30) == 0)
        page.stdin.close()
        expect("the program ends with its input", page.wait(30) == 0)
    finally:
        if hands:
            hands.kill()
        page.kill()
