// Jobs by state, kind, queue, tag and text; and what can be done to several at once.
//
// The address has all of the view (#/jobs?state=failed&kind=mail&before=120), so that it can be kept, shared
// and gone back to. The newest page follows what happens, unless something is selected: rows must not move
// under the hand.
import { html, signal, useEffect, useMemo, useRef, useState } from "./ui.js";
import { api } from "./api.js";
import { Empty, Failing, Loading, ask, say } from "./common.js";
import { compact, count, plural } from "./format.js";
import { onChanges, queues, refreshQueues } from "./live.js";
import { JobState, Progress, Time, actions, states, useLoaded, useThrottled } from "./parts.js";
import { may } from "./who.js";

const pageSize = 50;
const patience = 2000; // ms that a search goes on without finding enough
const fields = ["state", "kind", "queue", "tag", "text"];
const kinds = signal([]);

const only = (parameters) => Object.fromEntries(fields.filter((field) => parameters.get(field)).map((field) => [field, parameters.get(field)]));

function go(filter, before) {
  const parameters = new URLSearchParams(filter);
  if (before) parameters.set("before", before);
  location.hash = "#/jobs" + (parameters.size ? "?" + parameters : "");
}

/** How many jobs a state has, in one queue or in all; null where nobody counts that. */
function counted(state, filter) {
  if (!queues.value || filter.kind || filter.tag || filter.text) return null;
  return queues.value.filter((queue) => !filter.queue || queue.name === filter.queue)
    .reduce((sum, queue) => sum + (state ? queue[state] : states.reduce((all, each) => all + queue[each], 0)), 0);
}

const Tabs = ({ filter }) => html`
  <nav class="tabs" aria-label="Jobs by state">
    ${["", ...states].map((state) => {
      const { state: _, ...rest } = filter;
      const to = new URLSearchParams(state ? { ...rest, state } : rest);
      const number = counted(state, filter);
      return html`
        <a href=${"#/jobs" + (to.size ? "?" + to : "")} aria-current=${(filter.state ?? "") === state ? "page" : null}>
          ${state || "all"}${number === null ? null : html` <span class="tab-count" title=${count(number)}>${compact(number)}</span>`}
        </a>`;
    })}
  </nav>`;

function Filters({ filter }) {
  const form = useRef(null);
  useEffect(() => { api.kinds().then((answer) => { kinds.value = answer.kinds; }, () => {}); }, []);
  const submit = (event) => {
    event?.preventDefault();
    const given = Object.fromEntries([...new FormData(form.current)].map(([name, value]) => [name, value.trim()]).filter(([, value]) => value));
    if (filter.state) given.state = filter.state;
    go(given);
  };
  const field = (name, label, list, placeholder) => html`
    <label>${label}
      <input type="search" name=${name} key=${name + (filter[name] ?? "")} defaultValue=${filter[name] ?? ""} list=${list} placeholder=${placeholder}
        autocomplete="off" spellcheck=${false} onChange=${submit} />
    </label>`;
  return html`
    <form class="filters" role="search" aria-label="Find jobs" ref=${form} onSubmit=${submit}>
      ${field("kind", "Kind", "kinds", "any")}
      ${field("queue", "Queue", "queue-names", "any")}
      ${field("tag", "Tag", null, "any")}
      ${field("text", "Text", null, "in arguments or error")}
      <button>Find</button>
      <datalist id="kinds">${kinds.value.map((kind) => html`<option value=${kind.name} />`)}</datalist>
      <datalist id="queue-names">${(queues.value ?? []).map((queue) => html`<option value=${queue.name} />`)}</datalist>
      ${Object.keys(filter).some((name) => name !== "state") ? html`<a class="clear" href=${filter.state ? "#/jobs?state=" + filter.state : "#/jobs"}>Clear</a>` : null}
    </form>`;
}

/** Does an action to the ids, or to all that the filter finds, step by step. */
async function actOnAll(action, ids, filter, onStep) {
  const sum = { changed: 0, requested: 0, refused: 0, not_found: 0 };
  const steps = ids ? Array.from({ length: Math.ceil(ids.length / 1000) }, (_, i) => ({ ids: ids.slice(i * 1000, i * 1000 + 1000) })) : [{ filter, before: 0 }];
  while (steps.length) {
    const answer = await api.actOnMany(action, steps.shift());
    for (const key in sum) sum[key] += answer[key];
    if (answer.next && !onStep(sum)) break;
    if (answer.next) steps.push({ filter, before: answer.next });
  }
  return sum;
}

const leftAlone = (action) => (action === "delete" ? "they run, or their program looks them up" : "their state does not allow it");
const outcome = (action, { changed, requested, refused, not_found }) => [
  changed ? `${plural(changed, "job")} ${{ cancel: "cancelled", retry: "will be tried again", run: "run now", delete: "deleted" }[action]}.` : "",
  requested ? `${plural(requested, "job")} asked to stop.` : "",
  refused ? `${plural(refused, "job")} left alone: ${leftAlone(action)}.` : "",
  not_found ? `${plural(not_found, "job")} gone already.` : "",
].filter(Boolean).join(" ") || "No job was changed.";

function Bulk({ selected, everything, setEverything, filter, allKept, allShown, more, clear, again }) {
  const [busy, setBusy] = useState(null);
  const stopped = useRef(false);
  const matching = counted(filter.state, filter);
  const chosen = everything ? (matching === null ? "all that match" : `all ${count(matching)} that match`) : plural(selected.size, "job");
  const run = async (action) => {
    const { label, asks } = actions[action];
    const doneAgain = action === "retry" && !["failed", "cancelled"].includes(filter.state);
    const why = asks ? "Their arguments, results and history go with them. This cannot be undone."
      : doneAgain ? "Those that are done will do again what they did."
      : "This is for every job that the filter finds, also those on further pages.";
    if ((asks || doneAgain || everything) && !(await ask(`${label} ${chosen}?`, why, label, Boolean(asks)))) return;
    stopped.current = false;
    setBusy("Working…");
    try {
      say(outcome(action, await actOnAll(action, everything ? null : [...selected], filter, (sum) => {
        setBusy(`${count(sum.changed + sum.requested)} so far`);
        return !stopped.current;
      })));
      clear();
    } catch (error) {
      say(error.message, "bad");
    }
    setBusy(null);
    refreshQueues();
    again();
    document.querySelector("h1")?.focus(); // what had the focus goes
  };
  const fits = (action) => (!filter.state || actions[action].fits(filter.state)) && !(action === "delete" && allKept);
  return html`
    <div class="bulk" role="region" aria-label="Selected jobs">
      <span class="bulk-count" aria-live="polite">${busy ?? (everything ? `All ${matching === null ? "" : count(matching) + " "}that match` : `${count(selected.size)} selected`)}</span>
      ${busy
        ? html`<button onClick=${() => { stopped.current = true; }}>Stop</button>`
        : html`
          ${["retry", "run", "cancel", "delete"].filter(fits).map((action) => html`<button key=${action} class=${action === "delete" ? "danger" : ""} onClick=${() => run(action)}>${actions[action].label}</button>`)}
          ${allShown && more && !everything && Object.keys(filter).length ? html`<button class="link" onClick=${() => setEverything(true)}>Select all that match${matching === null ? "" : ` (${count(matching)})`}</button>` : null}
          <button class="link" onClick=${() => { clear(); document.querySelector("h1").focus(); }}>Clear selection</button>`}
    </div>`;
}

const When = ({ job }) => {
  if (job.ended_at) return html`<${Time} at=${job.ended_at} />`;
  if (job.state === "running") return html`started <${Time} at=${job.started_at} />`;
  if (job.state === "scheduled") return html`<${Time} at=${job.run_at} />`;
  return html`<${Time} at=${job.created_at} />`;
};

const Row = ({ job, checked, toggle }) => html`
  <tr class=${checked ? "checked" : ""}>
    ${may("admin") ? html`<td class="check"><label><input type="checkbox" checked=${checked} onClick=${(event) => toggle(job.id, event.shiftKey)} /><span class="hidden">Select job ${job.id}</span></label></td>` : null}
    <th scope="row" class="job-cell">
      <span class="job-name">
        <a href=${"#/jobs/" + job.id}>${job.kind} <span class="id">${job.id}</span></a>
        ${job.tags.map((tag) => html`<a key=${tag} class="tag" href=${"#/jobs?tag=" + encodeURIComponent(tag)}>${tag}</a>`)}
      </span>
      <span class=${"preview" + (job.error ? " preview-error" : "")}>${job.error ?? (job.preview === "{}" ? "" : job.preview)}</span>
    </th>
    <td class="state-cell"><${JobState} job=${job} />${job.state === "running" ? html`<${Progress} progress=${job.progress} label=${`Progress of job ${job.id}`} />` : null}</td>
    <td class="queue-cell">${job.queue}</td>
    <td class="number" title="attempts, of at most so many errors">${job.attempt}<span class="of">/${job.max_attempts}</span></td>
    <td class="when"><${When} job=${job} /></td>
  </tr>`;

function Table({ jobs, selected, setSelected }) {
  const lastTouched = useRef(null);
  const all = jobs.every((job) => selected.has(job.id));
  const toggle = (id, range) => {
    const next = new Set(selected);
    const on = !next.has(id);
    const ids = jobs.map((job) => job.id);
    const [from, to] = [ids.indexOf(lastTouched.current), ids.indexOf(id)].sort((a, b) => a - b);
    for (const each of range && from >= 0 ? ids.slice(from, to + 1) : [id]) on ? next.add(each) : next.delete(each);
    lastTouched.current = id;
    setSelected(next);
  };
  const box = useRef(null);
  useEffect(() => { if (box.current) box.current.indeterminate = !all && selected.size > 0; });
  return html`
    <table class="jobs">
      <thead><tr>
        ${may("admin") ? html`<th scope="col" class="check"><label><input type="checkbox" ref=${box} checked=${all} onClick=${() => setSelected(all ? new Set() : new Set(jobs.map((job) => job.id)))} /><span class="hidden">Select all jobs shown</span></label></th>` : null}
        <th scope="col">Job</th><th scope="col">State</th><th scope="col">Queue</th><th scope="col" class="number">Attempts</th><th scope="col">When</th>
      </tr></thead>
      <tbody>${jobs.map((job) => html`<${Row} key=${job.id} job=${job} checked=${selected.has(job.id)} toggle=${toggle} />`)}</tbody>
    </table>`;
}

/** Where few of many jobs match, an answer may be short of a page: older ones are looked through for a while. */
async function findPage(filter, before, signal) {
  const found = { jobs: [], next: before || null };
  const enough = Date.now() + patience;
  while (found.jobs.length < pageSize) {
    const answer = await api.jobs({ ...filter, before: found.next, limit: pageSize - found.jobs.length }, signal);
    found.jobs.push(...answer.jobs);
    found.next = answer.next;
    if (!answer.next || Date.now() > enough) break;
  }
  return found;
}

export function Jobs({ parameters }) {
  const key = parameters.toString();
  const filter = useMemo(() => only(parameters), [key]);
  const before = parameters.get("before");
  const { data: newest, error, again } = useLoaded((signal) => findPage(filter, before, signal), [key]);
  const [selected, setSelected] = useState(new Set());
  const [everything, setEverything] = useState(false);
  const [held, setHeld] = useState(null); // what was shown when the selection began
  const data = held?.key === key ? held.data : newest;
  const behind = data && newest && data !== newest && JSON.stringify(data.jobs) !== JSON.stringify(newest.jobs);
  const clear = () => { setSelected(new Set()); setEverything(false); setHeld(null); };
  const select = (next) => {
    if (!next.size) return clear();
    setSelected(next);
    if (held?.key !== key) setHeld({ key, data });
  };
  useEffect(clear, [key]);
  useEffect(() => { refreshQueues(); }, []);

  const soon = useThrottled(again);
  useEffect(() => onChanges(({ jobs, more }) => {
    const shown = new Set(newest?.jobs.map((job) => job.id));
    if (more || !before || jobs.some((job) => shown.has(job.id))) soon();
  }), [newest, before]);

  let body = html`<${Loading} lines=${10} />`;
  if (data) {
    const { jobs, next } = data;
    const narrow = Object.keys(filter).some((field) => field !== "state");
    const allKept = jobs.every((job) => job.kept || (!everything && !selected.has(job.id)));
    const allShown = jobs.length > 0 && jobs.every((job) => selected.has(job.id));
    body = html`
      ${selected.size || everything ? html`<${Bulk} selected=${selected} everything=${everything} setEverything=${setEverything} filter=${filter} allKept=${allKept} allShown=${allShown} more=${next !== null} clear=${clear} again=${again} />` : null}
      ${behind ? html`<p class="behind">Something has changed since. <button class="link" onClick=${() => setHeld({ key, data: newest })}>Show it</button></p>` : null}
      ${jobs.length ? html`<div class="card scroll" tabindex="0" role="region" aria-label="Jobs"><${Table} jobs=${jobs} selected=${selected} setSelected=${select} /></div>`
        : next !== null ? html`<${Empty} title="None found so far">The newest jobs were looked through. Older ones may match.<//>`
        : Object.keys(filter).length ? html`<${Empty} title=${narrow ? "No job matches" : `No ${filter.state} job`}>${before ? "There are no older ones." : narrow ? "Other conditions may find some." : "What comes is shown here at once."}<//>`
        : html`<${Empty} title="No job yet">Jobs are here as soon as a program puts them in.<//>`}
      <nav class="pages" aria-label="Pages">
        ${before ? html`<a class="button" href=${"#/jobs?" + new URLSearchParams(filter)}>Newest</a>` : null}
        ${next !== null ? html`<button onClick=${() => go(filter, next)}>${jobs.length ? "Older" : "Look further"}</button>` : null}
      </nav>`;
  } else if (error) body = html`<${Failing} error=${error} again=${again} />`;
  return html`
    <h1 tabindex="-1">Jobs</h1>
    <${Tabs} filter=${filter} />
    <${Filters} key=${key} filter=${filter} />
    ${data && error && !error.unreachable ? html`<p class="behind" role="alert">This is not fresh: ${error.message} <button class="link" onClick=${again}>Try again</button></p>` : null}
    ${body}`;
}
