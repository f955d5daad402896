// The imports, newest first, and how far each is. Their elements stay while their numbers change, so that focus
// and open lists of errors stay too.

import { ask, bytes, count, counted, element, say, seconds, showPager } from "./dom.js";
import { showErrors } from "./errors.js";

const size = 10;
const list = document.getElementById("imports");
const none = document.getElementById("no-imports");
const pager = document.getElementById("imports-pager");
const shown = new Map(); // id: what card() gives
let page = 1;

export const isLive = (state) => state === "queued" || state === "running" || state === "retrying";

function numbers(it) {
  const parts = [];
  if (it.state === "queued" && it.rows_read === 0) parts.push("waits for its turn", bytes(it.bytes_total));
  else {
    parts.push(`${counted(it.rows_read, "row", "rows")} read`, `${count(it.rows_inserted)} inserted`, `${count(it.rows_refused)} refused`);
    if (it.rows_per_second > 0 && it.state === "running") parts.push(`${count(it.rows_per_second)} rows/s`);
    if (it.state === "running" && it.bytes_read > 0 && it.rows_per_second > 0) {
      const left = ((it.bytes_total - it.bytes_read) / it.bytes_read) * (it.rows_read / it.rows_per_second);
      parts.push(`${seconds(left)} left`);
    }
  }
  return parts.join(" · ");
}

function details(it) {
  const parts = [];
  if (it.sheet) parts.push(`sheet ${it.sheet}`);
  if (it.encoding && it.encoding !== "UTF-8") parts.push(`read as ${it.encoding}`);
  if (it.delimiter && it.delimiter !== ",") parts.push(`parted by ${it.delimiter}`);
  if (it.ignored_columns.length > 0) parts.push(`ignored: ${it.ignored_columns.join(", ")}`);
  return parts.join(" · ");
}

function card(id) {
  const title = element("h3", { id: `import-${id}` });
  const state = element("span", { class: "state" });
  const bar = element("progress", { "aria-labelledby": `import-${id}` });
  const text = element("p", { class: "numbers" });
  const about = element("p", { class: "numbers" });
  const error = element("p", { class: "notice", hidden: true });
  const errors = element("div", { hidden: true });
  const cancel = element("button", { type: "button", hidden: true, onclick: () => cancelImport(id, cancel) }, "Cancel");
  const open = element("button", { type: "button", hidden: true, "aria-expanded": "false", onclick: () => toggle() });
  const root = element("li", {}, element("div", { class: "row spread" }, title, state), bar, text, about, error,
    element("div", { class: "row actions" }, open, cancel), errors);

  function toggle() {
    errors.hidden = !errors.hidden;
    open.setAttribute("aria-expanded", String(!errors.hidden));
    if (!errors.hidden) showErrors(errors, id, 1);
  }

  function update(it) {
    root.className = it.state;
    say(title, it.file);
    say(state, it.cancel_requested && it.state === "running" ? "cancelling" : it.state);
    bar.max = Math.max(1, it.bytes_total);
    bar.value = it.state === "done" ? bar.max : it.bytes_read;
    bar.setAttribute("aria-valuetext", `${it.state}, ${Math.floor((100 * bar.value) / bar.max)} %`);
    say(text, numbers(it));
    say(about, details(it));
    about.hidden = about.textContent === "";
    error.hidden = !it.error;
    error.className = it.state === "failed" ? "notice bad" : "notice";
    say(error, it.state === "retrying" ? `Will be tried again. ${it.error}` : it.error || "");
    cancel.hidden = !isLive(it.state);
    cancel.disabled = it.cancel_requested;
    open.hidden = it.rows_refused === 0;
    say(open, `${counted(it.rows_refused, "refused row", "refused rows")}`);
  }
  return { root, update };
}

async function cancelImport(id, button) {
  button.disabled = true;
  try {
    await ask(`/api/v1/imports/${id}/cancel`, { method: "POST" });
  } catch {
    button.disabled = false; // it has ended meanwhile, or nobody answers: the next look tells
  }
}

/** Looks once. Gives the imports that are shown. */
export async function loadImports() {
  const answer = await ask(`/api/v1/imports?page=${page}&page_size=${size}`).catch((error) => {
    if (error.lost || page === 1) throw error;
    page = 1;
    return ask(`/api/v1/imports?page_size=${size}`);
  });
  const ids = new Set(answer.results.map((it) => it.id));
  for (const [id, old] of shown) {
    if (ids.has(id)) continue;
    old.root.remove();
    shown.delete(id);
  }
  answer.results.forEach((it, index) => {
    if (!shown.has(it.id)) shown.set(it.id, card(it.id));
    const { root, update } = shown.get(it.id);
    update(it);
    if (list.children[index] !== root) list.insertBefore(root, list.children[index] || null);
  });
  none.hidden = answer.count > 0;
  showPager(pager, { page, size, total: answer.count, go: (to) => { page = to; loadImports().catch(() => {}); } });
  return answer.results;
}

/** Shows the newest ones again. */
export function firstPage() {
  page = 1;
}
