// What several views share.
import { Fragment, html, signal, useEffect, useRef } from "/offstage/ui.js";
import { count } from "/offstage/format.js";

export const types = ["Sci-tech", "Magazine", "Comic", "Classic", "Horror"];

export function bytes(number) {
  for (const [unit, size] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]])
    if (number >= size) return `${(number / size).toFixed(number >= 100 * size ? 0 : 1)} ${unit}`;
  return `${number} bytes`;
}

export const State = ({ state }) => html`<span class=${"state " + state}>${state}</span>`;

export const Bar = ({ value, max, label, kind = "" }) => html`
  <progress class=${kind} aria-label=${label} max=${Math.max(1, max)} value=${value}></progress>`;

export const Empty = ({ title, children }) => html`<div class="empty"><p class="empty-title">${title}</p>${children}</div>`;

export const Loading = ({ lines = 6 }) => html`
  <div class="loading" role="status"><span class="hidden">Loading</span>
    ${Array.from({ length: lines }, () => html`<div class="bone" aria-hidden="true"></div>`)}</div>`;

export const Failing = ({ error, again }) => html`
  <div class="empty failing" role="alert">
    <p class="empty-title">${error.unreachable ? "The shop does not answer" : "This could not be loaded"}</p>
    <p>${error.unreachable ? "It may be starting again. This page goes on by itself once it is back." : error.message}</p>
    <button type="button" onClick=${again}>Try again</button>
  </div>`;

/** Pages of a list: first, back, a number to type, on, last. */
export function Pager({ label, page, size, total, go, small = false }) {
  const last = Math.max(1, Math.ceil(total / size));
  if (last === 1) return null;
  const typed = (event) => {
    const to = Math.min(last, Math.max(1, Math.floor(Number(event.target.value)) || page));
    event.target.value = to;
    if (to !== page) go(to);
  };
  const step = (to, mark, name, enabled) => html`
    <button type="button" class="step" aria-label=${name} disabled=${!enabled} onClick=${() => go(to)}>${mark}</button>`;
  return html`
    <nav class="pager" aria-label=${label}>
      ${small ? null : step(1, "«", "First page", page > 1)}
      ${step(page - 1, "‹", "Page before", page > 1)}
      ${small
        ? html`<span class="quiet">${count(page)} of ${count(last)}</span>`
        : html`<label class="quiet">Page <input type="number" min="1" max=${last} value=${page} onChange=${typed} /> of ${count(last)}</label>`}
      ${step(page + 1, "›", "Next page", page < last)}
      ${small ? null : step(last, "»", "Last page", page < last)}
    </nav>`;
}

/** A window over the page; Escape and the ground behind close it. */
export function Dialog({ label, close, wide = false, children }) {
  const dialog = useRef(null);
  useEffect(() => {
    const element = dialog.current;
    const back = document.activeElement;
    element.showModal();
    return () => { element.close(); back?.focus?.(); };
  }, []);
  return html`
    <dialog ref=${dialog} class=${wide ? "wide" : ""} aria-label=${label}
      onCancel=${(event) => { event.preventDefault(); close(); }}
      onMouseDown=${(event) => { if (event.target === dialog.current) close(); }}>
      <div class="dialog">${children}</div>
    </dialog>`;
}

// One question at a time, before what cannot be undone.

const question = signal(null);
/** True when confirmed. */
export const ask = (title, text, button) => new Promise((answer) => { question.value = { title, text, button, answer }; });

export function Question() {
  const asked = question.value;
  if (!asked) return null;
  const answer = (yes) => { question.value = null; asked.answer(yes); };
  return html`
    <${Dialog} key=${asked.title} label=${asked.title} close=${() => answer(false)}>
      <h2>${asked.title}</h2>
      <p>${asked.text}</p>
      <div class="buttons end">
        <button type="button" onClick=${() => answer(false)}>Keep it as it is</button>
        <button type="button" class="danger" onClick=${() => answer(true)}>${asked.button}</button>
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
      <div key=${id} class=${"message " + kind}><span>${text}</span>
        <button type="button" class="bare" aria-label="Dismiss this message" onClick=${() => dismiss(id)}>✕</button></div>`)}
  </div>`;

export { Fragment };
