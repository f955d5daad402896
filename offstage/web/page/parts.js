// What several views share: states of jobs, times, progress, loading, and what can be done to a job.
import { html, signal, useCallback, useEffect, useRef, useState } from "./ui.js";
import { absolute, ago, count } from "./format.js";
import { api } from "./api.js";
import { State, ask, say, useAnswer } from "./common.js";
import { connection, onReconnect } from "./live.js";

export const states = ["scheduled", "ready", "running", "waiting", "done", "failed", "cancelled"];

/** The time of day, ticking for what is told relative to it. */
export const now = signal(Date.now());
setInterval(() => { if (!document.hidden) now.value = Date.now(); }, 1000);

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

/**
 * Loads something and loads it anew when told, when `keys` change, and when a lost connection is back.
 * What was shown stays while the next is on its way, and when that fails.
 */
export function useLoaded(load, keys) {
  const key = keys.join("\n");
  const answer = useAnswer(load, key);
  useEffect(() => onReconnect(answer.again), []);
  const fresh = answer.key === key;
  return { data: fresh || connection.value === "lost" ? answer.data : null, error: answer.error, again: answer.refresh };
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
