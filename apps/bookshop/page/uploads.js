// The way in: files dropped anywhere (app.js keeps them from the browser) or chosen, sent one after the other, each with how
// far it is.
import { html, signal, useEffect, useRef, useState } from "/offstage/ui.js";
import { say } from "/offstage/common.js";
import { upload } from "./api.js";
import { importsPage, look } from "./live.js";
import { Bar, bytes } from "./parts.js";

const sending = signal([]); // {key, file, options, state: waiting | sending | looking | existed | refused | broken, …}
const kept = new Map();     // import id → its file, so that it can be sent again while this page is open
let lastKey = 0;
let chooser = null;
let choosing = {};

const change = (key, now) => { sending.value = sending.value.map((it) => (it.key === key ? { ...it, ...now } : it)); };
const drop = (key) => { sending.value = sending.value.filter((it) => it.key !== key); };

/** Puts files into the line. */
export function send(files, options = {}) {
  const more = [...files].map((file) => ({ key: ++lastKey, file, options, state: "waiting", sent: 0, stop: new AbortController() }));
  sending.value = [...sending.value, ...more];
  next();
}

async function next() {
  if (sending.value.some((it) => it.state === "sending" || it.state === "looking")) return;
  const one = sending.value.find((it) => it.state === "waiting");
  if (!one) return;
  change(one.key, { state: "sending" });
  try {
    const told = (sent, total) => change(one.key, { sent, state: sent === total ? "looking" : "sending" });
    const answer = await upload(one.file, one.options, told, one.stop.signal);
    kept.set(answer.import.id, one.file);
    importsPage.value = 1;
    if (answer.existed) change(one.key, { state: "existed", import: answer.import });
    else drop(one.key);
    look();
  } catch (error) {
    if (error.name === "AbortError") drop(one.key);
    else change(one.key, { state: error.unreachable ? "broken" : "refused", error });
  }
  next();
}

const again = (one, options) => { drop(one.key); send([one.file], options); };

/** Sends an import's file once more: the one that this page still has, or one that is chosen. */
export function sendAgain(it) {
  const options = { again: it.state === "done", sheet: it.sheet ?? "" }; // what failed or was cancelled goes on where it was
  const file = kept.get(it.id);
  if (file) {
    send([file], options);
    return;
  }
  say(`Choose ${it.file} once more: the shop keeps no file after its import.`);
  choosing = options;
  chooser.click();
}

function Sending({ one }) {
  const { file, state, sent, error } = one;
  const share = Math.floor((100 * sent) / Math.max(1, file.size));
  const bad = state === "refused" || state === "broken";
  const words = {
    waiting: "Waits for its turn",
    sending: `Sending: ${bytes(sent)} of ${bytes(file.size)}, ${share} %`,
    looking: "Sent. The shop looks at it…",
    existed: `The same content came within the last hour: it is import ${one.import?.id}, and nothing new was imported.`,
    refused: error?.code === "not_a_table" ? `${error.message} Send CSV, or XLSX saved by a spreadsheet.` : error?.message,
    broken: "The connection broke off. Send it again; nothing is half imported.",
  };
  const sheet = error?.code === "no_such_sheet" ? html`
    <form class="inline" onSubmit=${(event) => { event.preventDefault(); again(one, { ...one.options, sheet: event.target.sheet.value }); }}>
      <label>Sheet <input name="sheet" required /></label><button>Import it</button></form>` : null;
  return html`
    <li class=${"upload" + (bad ? " bad" : "")}>
      <div class="spread"><strong class="file">${file.name}</strong>
        ${state === "waiting" || state === "sending"
          ? html`<button type="button" class="bare" aria-label=${`Do not send ${file.name}`} onClick=${() => (state === "waiting" ? drop(one.key) : one.stop.abort())}>✕</button>`
          : state === "looking" ? null
          : html`<button type="button" class="bare" aria-label=${`Dismiss ${file.name}`} onClick=${() => drop(one.key)}>✕</button>`}
      </div>
      ${state === "sending" || state === "looking" ? html`<${Bar} value=${sent} max=${file.size} label=${`Upload of ${file.name}`} />` : null}
      <p class="small" role=${bad ? "alert" : null}>${words[state]}</p>
      ${state === "existed" ? html`<button type="button" onClick=${() => again(one, { ...one.options, again: true })}>Import it again</button>` : null}
      ${state === "broken" ? html`<button type="button" onClick=${() => again(one, one.options)}>Send it again</button>` : null}
      ${sheet}
    </li>`;
}

export function Uploads() {
  const input = useRef(null);
  const [over, setOver] = useState(false);
  useEffect(() => {
    chooser = input.current;
    let depth = 0; // enter and leave come for every element on the way
    const carries = (event) => event.dataTransfer?.types.includes("Files");
    const on = {
      dragenter: (event) => { if (carries(event)) { depth += 1; setOver(true); } },
      dragleave: (event) => { if (carries(event) && --depth <= 0) { depth = 0; setOver(false); } },
      drop: (event) => {
        if (!carries(event)) return;
        depth = 0;
        setOver(false);
        send(event.dataTransfer.files);
      },
    };
    for (const [name, listener] of Object.entries(on)) addEventListener(name, listener);
    return () => { for (const [name, listener] of Object.entries(on)) removeEventListener(name, listener); };
  }, []);
  const chosen = () => {
    send([...input.current.files], choosing);
    choosing = {};
    input.current.value = "";
  };
  return html`
    <section class="card" aria-labelledby="import-title">
      <h2 id="import-title">Import books</h2>
      <div class=${"drop" + (over ? " over" : "")}>
        <p><strong>${over ? "Let go to import" : "Drop files here"}</strong>${over ? null : html` or `}
          ${over ? null : html`<button type="button" class="primary" onClick=${() => { choosing = {}; input.current.click(); }}>Choose files</button>`}</p>
        <p class="small quiet">CSV or XLSX with a header line: title, author, book_type, ISBN, year_published, price, quantity; no_of_pages and description where you have them.</p>
        <input ref=${input} class="hidden" type="file" multiple tabindex="-1" aria-label="Files to import"
          accept=".csv,.tsv,.txt,.xlsx,text/csv,text/tab-separated-values" onChange=${chosen} />
      </div>
      ${sending.value.length ? html`<ul class="uploads" aria-label="Uploads">${sending.value.map((one) => html`<${Sending} key=${one.key} one=${one} />`)}</ul>` : null}
    </section>`;
}
