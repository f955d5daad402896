// Imports, newest first, and actions on many books: each with how far it is.
import { html, useState } from "/offstage/ui.js";
import { Empty, Failing, Loading, say, State } from "/offstage/common.js";
import { absolute, count, duration, plural } from "/offstage/format.js";
import { may } from "/offstage/who.js";
import { api } from "./api.js";
import { Errors } from "./errors.js";
import { bulks, failure, imports, importsPage, importsSize, isLive, look, paused } from "./live.js";
import { Bar, Pager } from "./parts.js";
import { sendAgain } from "./uploads.js";

const waiting = (queue) => (paused.value.includes(queue) ? `Waits until the queue ${queue} goes on: it is paused` : "Waits for its turn");

/** "1,000 rows · 12 refused · 40,000 rows/s · 3 s left" */
function numbers(it) {
  if (it.state === "queued") return waiting("imports");
  const parts = [plural(it.rows_read, "row")];
  if (it.rows_refused > 0) parts.push(`${count(it.rows_refused)} refused`);
  if (it.state === "running" && it.rows_per_second > 0) {
    parts.push(`${count(it.rows_per_second)} rows/s`);
    if (it.bytes_read > 0) {
      const left = ((it.bytes_total - it.bytes_read) / it.bytes_read) * (it.rows_read / it.rows_per_second);
      parts.push(`${duration(Math.max(1000, Math.round(left) * 1000))} left`);
    }
  } else if (it.ended_at && it.started_at) {
    parts.push(duration(Date.parse(it.ended_at) - Date.parse(it.started_at)));
  }
  return parts.join(" · ");
}

function details(it) {
  const parts = [];
  if (it.sheet) parts.push(`sheet ${it.sheet}`);
  if (it.encoding && it.encoding !== "UTF-8") parts.push(`read as ${it.encoding}`);
  if (it.delimiter && it.delimiter !== ",") parts.push(`parted by ${it.delimiter}`);
  if (it.ignored_columns.length) parts.push(`ignored: ${it.ignored_columns.join(", ")}`);
  return parts.join(" · ");
}

function useCancel(cancel) {
  const [asked, setAsked] = useState(false);
  const press = async () => {
    setAsked(true);
    try {
      await cancel();
    } catch (error) {
      if (error.status !== 409) say(error.message, "bad"); // 409: it has ended meanwhile
    }
    await look();
    setAsked(false);
  };
  return [asked, press];
}

function Import({ it, open }) {
  const [asked, cancel] = useCancel(() => api.cancelImport(it.id));
  const about = details(it);
  const live = isLive(it.state);
  const state = live && it.cancel_requested ? "cancelling" : it.state;
  return html`
    <li class=${"import " + it.state}>
      <div class="spread"><h3 class="file" id=${`import-${it.id}`} title=${`Import ${it.id}, ${absolute(it.created_at)}`}>${it.file}</h3><${State} state=${state} /></div>
      <${Bar} value=${it.state === "done" ? it.bytes_total : it.bytes_read} max=${it.bytes_total} kind=${it.state} label=${`Import of ${it.file}`} />
      <p class="small numbers">${numbers(it)}</p>
      ${about ? html`<p class="small quiet">${about}</p>` : null}
      ${it.error ? html`<p class=${"small notice" + (it.state === "failed" ? " bad" : "")}>${it.state === "retrying" ? `Will be tried again. ${it.error}` : it.error}</p>` : null}
      <div class="buttons">
        ${it.rows_refused > 0 ? html`
          <button type="button" onClick=${() => open(it)} aria-describedby=${`import-${it.id}`}>${plural(it.rows_refused, "refused row")}</button>
          <a class="button" href=${`/api/v1/imports/${it.id}/errors.csv`} download aria-describedby=${`import-${it.id}`}>errors.csv</a>` : null}
        ${!may("work") ? null
          : live ? html`<button type="button" disabled=${asked || it.cancel_requested} onClick=${cancel} aria-describedby=${`import-${it.id}`}>Cancel</button>`
          : html`<button type="button" onClick=${() => sendAgain(it)} aria-describedby=${`import-${it.id}`}>Again</button>`}
      </div>
    </li>`;
}

function Bulk({ it }) {
  const [asked, cancel] = useCancel(() => api.cancelBulk(it.id));
  const name = it.action === "delete" ? `Delete ${plural(it.total, "book")}` : `Make ${plural(it.total, "book")} ${it.value}`;
  return html`
    <li class=${"import " + it.state}>
      <div class="spread"><h3 class="file">${name}</h3><${State} state=${it.cancel_requested && isLive(it.state) ? "cancelling" : it.state} /></div>
      <${Bar} value=${it.state === "done" ? it.total : it.looked} max=${it.total} kind=${it.state} label=${name} />
      <p class="small numbers">${it.state === "queued" ? waiting("bulk") : `${count(it.changed)} ${it.action === "delete" ? "deleted" : "changed"}`}</p>
      ${it.error ? html`<p class="small notice">${it.error}</p>` : null}
      ${isLive(it.state) && may("admin") ? html`<div class="buttons"><button type="button" disabled=${asked || it.cancel_requested} onClick=${cancel}>Cancel</button></div>` : null}
    </li>`;
}

/** Actions that are under way, or ended within the last minutes. */
function recent() {
  return bulks.value.filter((it) => isLive(it.state) || Date.now() - Date.parse(it.ended_at) < 300_000);
}

export function Imports() {
  const [errorsOf, setErrorsOf] = useState(null);
  const list = imports.value;
  const actions = recent();
  return html`
    ${actions.length ? html`
      <section class="card" aria-labelledby="actions-title"><h2 id="actions-title">Changes of many books</h2>
        <ol class="imports">${actions.map((it) => html`<${Bulk} key=${it.id} it=${it} />`)}</ol></section>` : null}
    <section class="card" aria-labelledby="imports-title">
      <h2 id="imports-title">Imports ${list ? html`<span class="quiet">${count(list.count)}</span>` : null}</h2>
      ${!list ? (failure.value ? html`<${Failing} error=${failure.value} again=${look} />` : html`<${Loading} lines=${3} />`)
        : list.count === 0 ? html`<${Empty} title="None yet"><p>What you import shows up here, with how far it is.</p><//>`
        : html`<ol class="imports">${list.results.map((it) => html`<${Import} key=${it.id} it=${it} open=${setErrorsOf} />`)}</ol>
          <${Pager} small label="Pages of imports" page=${importsPage.value} size=${importsSize} total=${list.count}
            go=${(page) => { importsPage.value = page; look(); }} />`}
    </section>
    ${errorsOf ? html`<${Errors} it=${errorsOf} close=${() => setErrorsOf(null)} />` : null}`;
}
