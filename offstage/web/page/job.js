// One job: what it is, how far it is, what happened to it.
import { html, useEffect, useState } from "./ui.js";
import { api } from "./api.js";
import { Empty, Failing, Loading, say } from "./common.js";
import { absolute, between, count, duration, fineClock, plural } from "./format.js";
import { onChanges, stats } from "./live.js";
import { JobState, Progress, Time, act, actions, now, useLoaded, useThrottled } from "./parts.js";
import { may } from "./who.js";

const ended = (state) => ["done", "failed", "cancelled"].includes(state);

/** The name of a job's worker, where that is still known. */
function useWorker(id) {
  const [names, setNames] = useState(new Map());
  useEffect(() => {
    if (id) api.workers().then(({ workers }) => setNames(new Map(workers.map((worker) => [worker.id, worker.name]))), () => {});
  }, [id]);
  return names.get(id) ?? (id ? `number ${id}, which is gone` : "");
}

/** The moments of a job's life, oldest first. */
function moments(job, worker) {
  const list = [{ at: job.created_at, title: "Put in", text: `into queue ${job.queue}` }];
  let errors = 0;
  for (const note of job.notes) {
    if (note.what === "error") list.push({ at: note.at, kind: "bad", title: `Error ${++errors}`, text: note.text.split("\n")[0] });
    if (note.what === "crash") list.push({ at: note.at, kind: "bad", title: "Its worker died", text: note.text.split("\n")[0] });
  }
  if (job.started_at) list.push({ at: job.started_at, title: job.attempt > 1 ? `Started, attempt ${job.attempt}` : "Started", text: worker ? `by worker ${worker}` : "" });
  if (job.cancel_requested_at) list.push({ at: job.cancel_requested_at, kind: "warn", title: "Asked to stop", text: "" });
  if (job.state === "scheduled") list.push({ at: job.run_at, kind: "future", title: job.errors ? "Will be tried again" : "Will start", text: "" });
  if (job.state === "ready") list.push({ at: job.run_at, title: "Ready", text: "waits for a worker" });
  if (job.ended_at) list.push({ at: job.ended_at, kind: { done: "good", failed: "bad" }[job.state] ?? "warn", title: { done: "Done", failed: "Failed for good", cancelled: "Cancelled" }[job.state], text: job.started_at ? `after ${duration(between(job.started_at, job.ended_at))}` : "" });
  return list.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
}

const Timeline = ({ job, worker }) => html`
  <section class="card" aria-labelledby="timeline">
    <div class="card-head"><h2 id="timeline">Timeline</h2></div>
    <ol class="timeline">
      ${moments(job, worker).map(({ at, kind, title, text }) => html`
        <li class=${kind ?? ""}>
          <span class="moment">${title}</span>
          <span class="moment-text" title=${text}>${text}</span>
          <${Time} at=${at} />
        </li>`)}
    </ol>
  </section>`;

function Json({ title, value }) {
  const [copied, setCopied] = useState(false);
  const text = JSON.stringify(value, null, 2);
  const copy = async () => {
    try { await navigator.clipboard.writeText(text); setCopied(true); setTimeout(() => setCopied(false), 2000); } catch { say("The browser does not let this page copy.", "bad"); }
  };
  return html`
    <section class="card">
      <div class="card-head"><h2>${title}</h2>${navigator.clipboard ? html`<button class="link" onClick=${copy} aria-label=${"Copy " + title.toLowerCase()}>${copied ? "Copied" : "Copy"}</button>` : null}</div>
      <pre class="code" tabindex="0" role="region" aria-label=${title}>${text}</pre>
    </section>`;
}

/** The first line says what went wrong, the rest where. */
function ErrorNote({ note, open }) {
  const [first, ...rest] = note.text.split("\n");
  const head = html`<span class="note-kind">${note.what === "crash" ? "crash" : "error"}</span><span class="note-text">${first}</span><${Time} at=${note.at} />`;
  return rest.length
    ? html`<li><details open=${open}><summary>${head}</summary><pre class="code" tabindex="0" role="region" aria-label="Trace">${rest.join("\n")}</pre></details></li>`
    : html`<li class="plain-note">${head}</li>`;
}

function Errors({ job }) {
  const errors = job.notes.filter((note) => note.what !== "log").reverse();
  if (!errors.length && !job.error) return null;
  return html`
    <section class="card" aria-labelledby="errors">
      <div class="card-head"><h2 id="errors">${errors.length ? plural(errors.length, "error") : "Why it ended"}</h2></div>
      ${errors.length ? html`<ol class="notes">${errors.map((note, i) => html`<${ErrorNote} key=${note.at + i} note=${note} open=${i === 0} />`)}</ol>`
        : html`<p class="reason">${job.error}</p>`}
      ${errors.length && job.error && errors[0].text !== job.error ? html`<p class="reason">${job.error}</p>` : null}
    </section>`;
}

function Log({ job }) {
  const lines = job.notes.filter((note) => note.what === "log");
  if (!lines.length) return null;
  return html`
    <section class="card" aria-labelledby="log">
      <div class="card-head"><h2 id="log">Log</h2><span class="quiet">${plural(lines.length, "line")}</span></div>
      <div class="log" tabindex="0" role="region" aria-label="Lines of the log"><ol>
        ${lines.map((line, i) => html`<li key=${i}><time datetime=${line.at} title=${absolute(line.at)}>${fineClock(line.at)}</time><span>${line.text}</span></li>`)}
      </ol></div>
    </section>`;
}

const Facts = ({ job, worker }) => {
  const facts = [
    ["Queue", html`<a href=${"#/jobs?queue=" + encodeURIComponent(job.queue)}>${job.queue}</a>`],
    ["Attempts", html`${job.attempt}${job.errors ? `, ${plural(job.errors, "error")} of at most ${job.max_attempts}` : `, at most ${plural(job.max_attempts, "error")}`}`],
    ["Put in", html`<${Time} at=${job.created_at} />`],
    job.started_at ? ["Waited", duration(Math.max(0, between(job.run_at, job.started_at)))] : ["Due", html`<${Time} at=${job.run_at} />`],
    job.started_at && ["Ran", ended(job.state) ? duration(between(job.started_at, job.ended_at)) : job.state === "running" ? duration(now.value - Date.parse(job.started_at)) : duration(null)],
    ["Priority", job.priority],
    job.kept && ["Kept", html`<span title="Its program looks it up, so nobody deletes it">for ever</span>`],
    job.crashes > 0 && ["Deaths of its worker", job.crashes],
    ["Lease", job.lease || "none yet"],
    worker && ["Worker", worker],
    job.tags.length > 0 && ["Tags", html`<span class="tags">${job.tags.map((tag) => html`<a class="tag" href=${"#/jobs?tag=" + encodeURIComponent(tag)}>${tag}</a>`)}</span>`],
  ];
  return html`<dl class="facts card">${facts.filter(Boolean).map(([name, value]) => html`<div key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
};

export function Job({ id }) {
  const { data: job, error, again } = useLoaded((signal) => api.job(id, signal), [id]);
  const soon = useThrottled(again, 500);
  useEffect(() => onChanges(({ jobs, more }) => { if (more || jobs.some((changed) => changed.id === Number(id))) soon(); }), [id]);
  useEffect(() => stats.subscribe((sample) => { if (sample && job?.state === "running") soon(); }), [job?.state]);
  useEffect(() => { if (job) document.title = `${job.kind} ${job.id} · Offstage`; }, [job?.id]);
  const worker = useWorker(job?.worker);
  const back = html`<p class="crumb"><a href="#/jobs">Jobs</a></p>`;
  // The heading is the same element throughout: it may have the focus.
  const head = (rest) => html`<div class="job-head"><h1 tabindex="-1">${job?.kind ?? "Job"} <span class="id">${id}</span></h1>${rest}</div>`;
  if (error?.status === 404) return html`${back}${head()}<${Empty} title="This job is not there">It was deleted, or its time in history has passed.<//>`;
  if (!job && error) return html`${back}${head()}<${Failing} error=${error} again=${again} />`;
  if (!job) return html`${back}${head()}<${Loading} lines=${8} />`;
  const after = (action) => () => (action === "delete" ? (location.hash = "#/jobs") : again());
  return html`
    ${back}
    ${head(html`
      <${JobState} job=${job} />
      <div class="buttons">
        ${["retry", "run", "cancel", "delete"].filter((action) => may("admin") && actions[action].fits(job.state) && !(action === "delete" && job.kept)).map((action) => html`
          <button key=${action} class=${action === "delete" ? "danger" : ""} onClick=${() => act(action, job, after(action))}>${actions[action].label}</button>`)}
      </div>`)}
    ${job.progress && job.state !== "done" ? html`
      <div class="card job-progress">
        <${Progress} progress=${job.progress} label="Progress" />
        <span class="quiet">${job.progress.total ? `${count(job.progress.done)} of ${count(job.progress.total)}` : ""}</span>
      </div>` : null}
    <${Facts} job=${job} worker=${worker} />
    <${Errors} job=${job} />
    <div class="columns">
      <div>
        <${Json} title="Arguments" value=${job.args} />
        ${job.result !== null ? html`<${Json} title="Result" value=${job.result} />` : null}
        ${job.checkpoint !== null ? html`<${Json} title="Checkpoint" value=${job.checkpoint} />` : null}
      </div>
      <${Timeline} job=${job} worker=${worker} />
    </div>
    <${Log} job=${job} />`;
}
