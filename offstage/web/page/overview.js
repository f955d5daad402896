// The first view: how it goes.
import { html, useEffect, useState } from "./ui.js";
import { api } from "./api.js";
import { Chart } from "./chart.js";
import { Empty, Failing, Loading } from "./common.js";
import { compact, count, duration, rate } from "./format.js";
import { onChanges, queues, refreshQueues, stats, total } from "./live.js";
import { Time, useLoaded, useThrottled } from "./parts.js";
import { QueueTable } from "./queues.js";

const shown = 900; // samples: half an hour

const rates = [
  { key: "done", label: "done", color: "--good" },
  { key: "enqueued", label: "enqueued", color: "--accent" },
  { key: "failed", label: "failed", color: "--bad" },
];
const latencies = [
  { key: "waited_p50_ms", label: "wait p50", color: "--accent" },
  { key: "waited_p99_ms", label: "wait p99", color: "--accent", dash: [4, 4] },
  { key: "ran_p50_ms", label: "run p50", color: "--good" },
  { key: "ran_p99_ms", label: "run p99", color: "--good", dash: [4, 4] },
];

const Tile = ({ state, label, note }) => html`
  <a class=${`tile ${state}${total(state) ? "" : " zero"}`} href=${"#/jobs?state=" + state}>
    <span class="tile-label">${label}</span>
    <span class="tile-number" title=${count(total(state))}>${compact(total(state))}</span>
    <span class="tile-note">${note}</span>
  </a>`;

function useSamples() {
  const { data, error, again } = useLoaded((signal) => api.stats(signal), []);
  const [fresh, setFresh] = useState([]);
  useEffect(() => stats.subscribe((sample) => { if (sample) setFresh((before) => [...before.slice(1 - shown), sample]); }), []);
  const known = data?.samples ?? [];
  const newest = known.at(-1)?.at_ms ?? 0;
  const samples = [...known, ...fresh.filter((sample) => sample.at_ms > newest)].slice(-shown);
  return { samples: data ? samples : null, error, again };
}

function Failures() {
  const { data, error, again } = useLoaded((signal) => api.jobs({ state: "failed", limit: 5 }, signal), []);
  const soon = useThrottled(again);
  useEffect(() => onChanges(({ jobs, more }) => { if (more || jobs.some((job) => job.state === "failed")) soon(); }), []);
  let body = html`<${Loading} lines=${3} />`;
  if (data && !data.jobs.length) body = html`<p class="quiet">None. Jobs that fail for good are listed here.</p>`;
  else if (data) body = html`
    <ul class="failures">
      ${data.jobs.map((job) => html`
        <li key=${job.id}>
          <a href=${"#/jobs/" + job.id}>${job.kind} <span class="id">${job.id}</span></a>
          <span class="failure-error">${job.error}</span>
          <${Time} at=${job.ended_at} />
        </li>`)}
    </ul>`;
  else if (error) body = html`<${Failing} error=${error} again=${again} />`;
  return html`
    <section class="card" aria-labelledby="failures">
      <div class="card-head"><h2 id="failures">Failed lately</h2><a href="#/jobs?state=failed">All failed jobs</a></div>
      ${body}
    </section>`;
}

export function Overview() {
  const { samples, error, again } = useSamples();
  useEffect(() => { refreshQueues(); }, []);
  const known = queues.value;
  const last = stats.value ?? samples?.at(-1);
  if (!known && error) return html`<h1 tabindex="-1">Overview</h1><${Failing} error=${error} again=${() => { again(); refreshQueues(); }} />`;
  if (!known || !samples) return html`<h1 tabindex="-1">Overview</h1><${Loading} lines=${8} />`;
  if (!known.length) return html`
    <h1 tabindex="-1">Overview</h1>
    <${Empty} title="No job yet">As soon as a program puts in its first job, its queue, rates and latencies are here.<//>`;
  return html`
    <h1 tabindex="-1">Overview</h1>
    <div class="tiles">
      <${Tile} state="running" label="Running" note=${last ? `${rate(last.done)} done` : ""} />
      <${Tile} state="ready" label="Ready" note=${last && last.waited_p99_ms !== null ? `wait ${duration(last.waited_p99_ms)} at p99` : "waiting for a worker"} />
      <${Tile} state="scheduled" label="Scheduled" note="for later, or to be retried" />
      <${Tile} state="failed" label="Failed" note="will not be retried" />
      <${Tile} state="done" label="Done" note="kept in history" />
    </div>
    <div class="charts">
      <${Chart} title="Jobs a second" samples=${samples} series=${rates} format=${rate} />
      <${Chart} title="Latency" samples=${samples} series=${latencies} format=${duration} log />
    </div>
    <section class="card" aria-labelledby="queues">
      <div class="card-head"><h2 id="queues">Queues</h2></div>
      <${QueueTable} queues=${known} />
    </section>
    <${Failures} />`;
}
