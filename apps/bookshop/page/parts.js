// What several views share.
import { html } from "/offstage/ui.js";
import { count } from "/offstage/format.js";

export const types = ["Sci-tech", "Magazine", "Comic", "Classic", "Horror"];

export function bytes(number) {
  for (const [unit, size] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]])
    if (number >= size) return `${(number / size).toFixed(number >= 100 * size ? 0 : 1)} ${unit}`;
  return `${number} bytes`;
}

export const Bar = ({ value, max, label, kind = "" }) => html`
  <progress class=${kind} aria-label=${label} max=${Math.max(1, max)} value=${value}></progress>`;

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
