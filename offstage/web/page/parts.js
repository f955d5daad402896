// What several views share: states, times, progress, and how loading, nothing and failing look.
import { html, signal, useCallback, useEffect, useRef, useState } from "./ui.js";
import { absolute, ago, count } from "./format.js";
import { api } from "./api.js";
import { connection, onReconnect } from "./live.js";

export const states = ["scheduled", "ready", "running", "waiting", "done", "failed", "cancelled"];

/** The time of day, ticking for what is told relative to it. */
export const now = signal(Date.now());
setInterval(() => { if (!document.hidden) now.value = Date.now(); }, 1000);

export const State = ({ state, asked = false }) =>
  html`<span class=${"state " + state}>${state}${asked ? html`<span class="asked"> · asked to stop</span>` : null}</span>`;

/** A job that failed before and will be tried again is scheduled, and says so. */
export const JobState = ({ job }) => html`
  <${State} state=${job.state} asked=${job.state === "running" && job.cancel_requested_at} />
  ${job.errors > 0 && (job.state === "scheduled" || job.state === "ready") ? html`<span class="hint">retrying</span>` : null}`;

export const Time = ({ at }) => (at ? html`<time datetime=${at} title=${absolute(at)}>${ago(at, now.value)}</time>` : html`<span>–</span>`);

export function Progress({ progress, label }) {
  if (!progress) return null;
  const { done, total } = progress;
  if (!total) return html`<span class="progress-text">${count(done)} done</span>`;
  const share = Math.min(1, done / total);
  return html`
    <span class="progress">
      <progress max=${total} value=${done} aria-label=${label}></progress>
      <span class="progress-text" title=${`${count(done)} of ${count(total)}`}>${Math.floor(share * 100)} %</span>
    </span>`;
}

export const Empty = ({ title, children }) => html`<div class="empty"><p class="empty-title">${title}</p><p>${children}</p></div>`;

export const Loading = ({ lines = 5 }) => html`
  <div class="loading" role="status"><span class="hidden">Loading</span>${Array.from({ length: lines }, () => html`<div class="bone" aria-hidden="true"></div>`)}</div>`;

/** What a failure is called, and what is to be done about it. */
function told(error) {
  if (error.unreachable) return ["The server does not answer", "It may be starting again. This page goes on by itself once it is back."];
  if (error.status === 401) return ["Your login has ended", "Log in again to go on."];
  if (error.status === 403) return ["This is not for you", error.message];
  return ["This could not be loaded", error.message];
}

export function Failing({ error, again }) {
  const [title, text] = told(error);
  return html`
    <div class="failing" role="alert">
      <p class="empty-title">${title}</p>
      <p>${text}</p>
      <button onClick=${again}>Try again</button>
    </div>`;
}

/**
 * Loads something and loads it anew when told, when `keys` change, and when a lost connection is back.
 * What was shown stays while the next is on its way, and when that fails.
 */
export function useLoaded(load, keys) {
  const [loaded, set] = useState({ data: null, error: null, keys: null });
  const running = useRef(null);
  const again = useCallback(async () => {
    running.current?.abort();
    const abort = (running.current = new AbortController());
    try {
      const data = await load(abort.signal);
      if (running.current === abort) set({ data, error: null, keys: keys.join("\n") });
    } catch (error) {
      if (error.name === "AbortError" || running.current !== abort) return;
      set((before) => ({ ...before, error }));
    }
  }, keys);
  useEffect(() => {
    again();
    return () => running.current?.abort();
  }, keys);
  useEffect(() => onReconnect(again), keys);
  const fresh = loaded.keys === keys.join("\n");
  return { data: fresh || connection.value === "lost" ? loaded.data : null, stale: loaded.data, error: loaded.error, again };
}

/** Calls `body` soon after it was asked, at most once a `pause`. */
export function useThrottled(body, pause = 1000) {
  const timer = useRef(null);
  const last = useRef(0);
  const latest = useRef(body);
  latest.current = body;
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(() => {
    if (timer.current) return;
    timer.current = setTimeout(() => {
      timer.current = null;
      last.current = Date.now();
      latest.current();
    }, Math.max(60, last.current + pause - Date.now()));
  }, []);
}

// Messages: what became of what was asked for.

export const messages = signal([]);
let lastMessage = 0;

export function say(text, kind = "good") {
  const id = ++lastMessage;
  messages.value = [...messages.value.slice(-3), { id, text, kind }];
  if (kind === "good") setTimeout(() => dismiss(id), 6000);
}
export const dismiss = (id) => { messages.value = messages.value.filter((message) => message.id !== id); };

export const Messages = () => html`
  <div class="messages" role="status" aria-live="polite">
    ${messages.value.map(({ id, text, kind }) => html`
      <div key=${id} class=${"message " + kind}>
        <span>${text}</span>
        <button class="bare" aria-label="Dismiss this message" onClick=${() => dismiss(id)}>✕</button>
      </div>`)}
  </div>`;

// One question at a time, before what cannot be undone.

export const question = signal(null);
/** True when confirmed. */
export const ask = (title, text, button, danger = true) =>
  new Promise((answer) => { question.value = { title, text, button, danger, answer }; });

export function Question() {
  const dialog = useRef(null);
  const asked = question.value;
  useEffect(() => { if (asked) dialog.current.showModal(); }, [asked]);
  if (!asked) return null;
  const answer = (yes) => { dialog.current.close(); question.value = null; asked.answer(yes); };
  return html`
    <dialog ref=${dialog} aria-labelledby="question-title" onCancel=${(event) => { event.preventDefault(); answer(false); }}>
      <h2 id="question-title">${asked.title}</h2>
      <p>${asked.text}</p>
      <div class="buttons">
        <button onClick=${() => answer(false)}>Keep it as it is</button>
        <button class=${asked.danger ? "danger" : ""} onClick=${() => answer(true)}>${asked.button}</button>
      </div>
    </dialog>`;
}

// What can be done to a job, and in which states.

export const actions = {
  run: { label: "Run now", past: "runs now", fits: (state) => state === "scheduled" },
  retry: { label: "Retry", past: "is tried again", fits: (state) => state === "failed" || state === "cancelled" || state === "done" },
  cancel: { label: "Cancel", past: "was cancelled", fits: (state) => ["scheduled", "ready", "running", "waiting"].includes(state) },
  delete: { label: "Delete", past: "was deleted", fits: (state) => state !== "running", asks: true },
};

export async function act(action, { id, state }, after) {
  const { past, asks } = actions[action];
  if (action === "retry" && state === "done" && !(await ask(`Run job ${id} once more?`, "It is done. What it did, it will do again.", "Run it again", false))) return;
  if (asks && !(await ask(`Delete job ${id}?`, "Its arguments, result and history go with it. This cannot be undone.", "Delete it"))) return;
  try {
    const { result } = await api.act(action, id);
    say(result === "requested" ? `Job ${id} was asked to stop.` : `Job ${id} ${past}.`);
    after?.();
  } catch (error) {
    say(error.message, "bad");
  }
}
