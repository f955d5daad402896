// What any page is made of: a state, nothing, loading and failing, an answer that is kept fresh, windows, one question at a
// time, messages.
// For the pages of a program too, which import it from where the jobs page is mounted; common.css has its looks.
import { html, signal, useCallback, useEffect, useRef, useState } from "./ui.js";

export const State = ({ state, asked = false }) =>
  html`<span class=${"state " + state}>${state}${asked ? html`<span class="asked"> · asked to stop</span>` : null}</span>`;

export const Empty = ({ title, children }) => html`<div class="empty"><p class="empty-title">${title}</p>${children}</div>`;

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
      <button type="button" onClick=${again}>Try again</button>
    </div>`;
}

const pause = (milliseconds) => new Promise((go) => setTimeout(go, milliseconds));

/**
 * What `load(signal)` answers, asked for anew when `key` changes, which alone aborts what is under way. `data`, with the `key`
 * that it answers, stays while the next is on its way and when that fails; `error` is the one of this key.
 *
 *   refresh()  asks once more, after the answer that is on its way and twice the time that it took (2 s at most): each answer is
 *              shown, however often this is called, and what changes all the time does not keep the server at work all the time
 *   again()    asks at once and forgets the error and what is on its way: that may never come, after a connection was lost
 *
 * A server that is busy (an error with `retryAfter`, in seconds) is asked again after that time.
 */
export function useAnswer(load, key) {
  const [kept, keep] = useState({ data: null, key: null, error: null, failed: null });
  const [tries, setTries] = useState(0);
  const run = useRef(null);
  useEffect(() => {
    const stop = new AbortController();
    let running = false;
    let wanted = false;
    run.current = async () => {
      wanted = true;
      if (running) return;
      running = true;
      while (wanted && !stop.signal.aborted) {
        wanted = false;
        const asked = performance.now();
        try {
          const data = await load(stop.signal);
          if (stop.signal.aborted) return;
          keep({ data, key, error: null, failed: null });
          await pause(Math.min(2 * (performance.now() - asked), 2000));
        } catch (error) {
          if (stop.signal.aborted) return;
          keep((before) => ({ ...before, error, failed: key }));
          wanted ||= error.retryAfter > 0;
          if (error.retryAfter > 0) await pause(1000 * error.retryAfter);
        }
      }
      running = false;
    };
    run.current();
    return () => stop.abort();
  }, [key, tries]);
  const refresh = useCallback(() => run.current(), []);
  const again = useCallback(() => { keep((before) => ({ ...before, error: null })); setTries((before) => before + 1); }, []);
  return { data: kept.data, key: kept.key, error: kept.failed === key ? kept.error : null, refresh, again };
}

/** A window over the page; Escape and the ground behind close it. */
export function Dialog({ label, close, kind = "", children }) {
  const dialog = useRef(null);
  useEffect(() => {
    const element = dialog.current;
    const back = document.activeElement;
    element.showModal();
    return () => { element.close(); back?.focus?.(); };
  }, []);
  return html`
    <dialog ref=${dialog} class=${kind} aria-label=${label}
      onCancel=${(event) => { event.preventDefault(); close(); }}
      onMouseDown=${(event) => { if (event.target === dialog.current) close(); }}>
      <div class="dialog">${children}</div>
    </dialog>`;
}

// One question at a time, before what cannot be undone.

const question = signal(null);
/** True when confirmed. */
export const ask = (title, text, button, danger = true) =>
  new Promise((answer) => { question.value = { title, text, button, danger, answer }; });

export function Question() {
  const asked = question.value;
  if (!asked) return null;
  const answer = (yes) => { question.value = null; asked.answer(yes); };
  return html`
    <${Dialog} key=${asked.title} kind="question" label=${asked.title} close=${() => answer(false)}>
      <h2>${asked.title}</h2>
      <p>${asked.text}</p>
      <div class="buttons end">
        <button type="button" onClick=${() => answer(false)}>Keep it as it is</button>
        <button type="button" class=${asked.danger ? "danger" : ""} onClick=${() => answer(true)}>${asked.button}</button>
      </div>
    <//>`;
}

// Messages: what became of what was asked for.

const messages = signal([]);
let lastMessage = 0;

export function say(text, kind = "good") {
  const id = ++lastMessage;
  messages.value = [...messages.value.slice(-3), { id, text, kind }];
  if (kind === "good") setTimeout(() => dismiss(id), 6000);
}
const dismiss = (id) => { messages.value = messages.value.filter((message) => message.id !== id); };

export const Messages = () => html`
  <div class="messages" role="status" aria-live="polite">
    ${messages.value.map(({ id, text, kind }) => html`
      <div key=${id} class=${"message " + kind}>
        <span>${text}</span>
        <button type="button" class="bare" aria-label="Dismiss this message" onClick=${() => dismiss(id)}>✕</button>
      </div>`)}
  </div>`;
