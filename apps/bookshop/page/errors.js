// The refused rows of one import, page by page.
import { html, useEffect, useState } from "/offstage/ui.js";
import { Dialog, Failing, Loading } from "/offstage/common.js";
import { count, plural } from "/offstage/format.js";
import { api } from "./api.js";
import { Pager } from "./parts.js";

const text = (value) => (Array.isArray(value) ? value.join(", ") : value);

function Row({ error }) {
  const wrong = Object.keys(error.errors);
  const right = Object.entries(error.values).filter(([name, value]) => !wrong.includes(name) && value !== "");
  return html`
    <tr>
      <th scope="row" class="number">${count(error.row)}</th>
      <td><ul class="faults">${wrong.map((field) => html`
        <li><strong>${field}</strong> ${error.messages[field].join(" ")}
          ${error.values[field] !== undefined && error.values[field] !== "" ? html` <span class="quiet">given:</span> <code>${text(error.values[field])}</code>` : null}</li>`)}</ul></td>
      <td class="given">${right.map(([name, value]) => html`<span><span class="quiet">${name}</span> ${text(value)}</span> `)}</td>
    </tr>`;
}

export function Errors({ it, close }) {
  const [page, setPage] = useState(1);
  const [shown, setShown] = useState({});
  const [tries, setTries] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    api.errors(it.id, page, stop.signal).then((list) => setShown({ list, page }), (error) => {
      if (error.name !== "AbortError") setShown((before) => ({ ...before, error }));
    });
    return () => stop.abort();
  }, [page, tries]);
  const { list, error } = shown;
  return html`
    <${Dialog} kind="wide" label=${`Refused rows of ${it.file}`} close=${close}>
      <div class="spread"><h2>Refused rows of ${it.file}</h2>
        <button type="button" class="bare" aria-label="Close" onClick=${close}>✕</button></div>
      <p>Download them, mend them and import the file again: only these rows are new then. A spreadsheet drops the zeros that an ISBN begins with:
        open errors.csv with its columns as text.</p>
      <div class="buttons"><a class="button primary" href=${`/api/v1/imports/${it.id}/errors.csv`} download>Download errors.csv</a></div>
      ${error ? html`<${Failing} error=${error} again=${() => { setShown({}); setTries(tries + 1); }} />`
        : !list ? html`<${Loading} />`
        : html`
          <div class=${"scroll" + (shown.page === page ? "" : " busy")} tabindex="0" role="region" aria-label="Refused rows">
            <table class="refused"><thead><tr><th class="number">Row</th><th>What is wrong</th><th>The rest of the row</th></tr></thead>
              <tbody>${list.results.map((one) => html`<${Row} key=${one.row} error=${one} />`)}</tbody></table>
          </div>
          <div class="spread"><span class="quiet" role="status">${plural(list.count, "refused row")}</span>
            <${Pager} label="Pages of refused rows" page=${page} size=${25} total=${list.count} go=${setPage} /></div>`}
    <//>`;
}
