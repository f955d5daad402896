// The book table: search, type, order, pages, columns, a selection and what is done to it.
//
// What is asked for stands in the address (#search=emma&page=2), so that going back works and a view can be kept.
import { html, signal, useEffect, useRef, useState } from "/offstage/ui.js";
import { ask, Empty, Failing, Loading, say, useAnswer } from "/offstage/common.js";
import { count, plural } from "/offstage/format.js";
import { may } from "/offstage/who.js";
import { api } from "./api.js";
import { Book, fields } from "./book.js";
import { booksChanged, connection, look, lostAt } from "./live.js";
import { Pager, types } from "./parts.js";

const sizes = [25, 50, 100, 250];
const orders = fields.flatMap(({ name }) => [name, "-" + name]);
const defaults = { search: "", book_type: "", ordering: "", page: 1, page_size: 50 };

function read() {
  const given = new URLSearchParams(location.hash.slice(1));
  const number = (name) => Math.max(1, Math.floor(Number(given.get(name))) || defaults[name]);
  const known = (name, all) => (all.includes(given.get(name)) ? given.get(name) : "");
  return {
    search: given.get("search") ?? "", book_type: known("book_type", types), ordering: known("ordering", orders),
    page: number("page"), page_size: sizes.includes(number("page_size")) ? number("page_size") : defaults.page_size,
  };
}

function address(now) {
  const told = Object.entries(now).filter(([name, value]) => value !== defaults[name]);
  return told.length ? "#" + new URLSearchParams(told) : location.pathname;
}

/** What the address asks for; what nobody knows is taken out of it. */
function follow() {
  const now = read();
  history.replaceState(null, "", address(now));
  return now;
}
const asked = signal(follow());
addEventListener("hashchange", () => { asked.value = follow(); });

/** Asks for something else, from the first page on where nothing else is said. */
function go(change) {
  const now = { ...asked.value, page: 1, ...change };
  history[change.search !== undefined ? "replaceState" : "pushState"](null, "", address(now));
  asked.value = now;
}

// Columns: which are shown is kept in this browser.

const always = "title";
const shownColumns = signal(keptColumns());
function keptColumns() {
  try {
    const kept = JSON.parse(localStorage.getItem("bookshop columns"));
    if (Array.isArray(kept)) return kept;
  } catch { /* nothing is kept, or nothing may be */ }
  return fields.map((field) => field.name).filter((name) => name !== "description");
}
function toggleColumn(name) {
  const now = shownColumns.value.includes(name) ? shownColumns.value.filter((it) => it !== name) : [...shownColumns.value, name];
  shownColumns.value = now;
  try { localStorage.setItem("bookshop columns", JSON.stringify(now)); } catch { /* for now only, then */ }
}

const numbers = ["price", "no_of_pages", "quantity"];

function Columns() {
  const menu = useRef(null);
  const close = (event) => {
    const { current } = menu;
    if (!current.open || (event.type === "keydown" ? event.key !== "Escape" : current.contains(event.target))) return;
    current.open = false;
    if (event.type === "keydown") current.querySelector("summary").focus();
  };
  useEffect(() => {
    for (const type of ["keydown", "pointerdown", "focusin"]) addEventListener(type, close);
    return () => { for (const type of ["keydown", "pointerdown", "focusin"]) removeEventListener(type, close); };
  }, []);
  return html`
    <details class="columns" ref=${menu}>
      <summary class="button">Columns</summary>
      <div class="menu" role="group" aria-label="Columns that are shown">
        ${fields.filter((field) => field.name !== always).map(({ name, label }) => html`
          <label><input type="checkbox" checked=${shownColumns.value.includes(name)} onChange=${() => toggleColumn(name)} /> ${label}</label>`)}
      </div>
    </details>`;
}

function Head({ field }) {
  const { ordering } = asked.value;
  const up = ordering === field.name;
  const down = ordering === "-" + field.name;
  const next = up ? "-" + field.name : down ? "" : field.name;
  return html`
    <th scope="col" class=${numbers.includes(field.name) ? "number" : ""} aria-sort=${up ? "ascending" : down ? "descending" : null}>
      <button type="button" class="sort" onClick=${() => go({ ordering: next })}>${field.label}<span aria-hidden="true">${up ? " ▲" : down ? " ▼" : ""}</span></button>
    </th>`;
}

function Row({ book, columns, chosen, choose, fresh, open }) {
  const cell = ({ name, label }) => {
    if (name === always)
      return html`<th scope="row" class="title"><button type="button" class="link" onClick=${() => open(book)}>${book.title}</button></th>`;
    return html`<td class=${numbers.includes(name) ? "number" : name} data-label=${label}>${name === "description" ? html`<span class="clip">${book[name]}</span>` : book[name] ?? "–"}</td>`;
  };
  return html`
    <tr class=${chosen ? "chosen" : ""}>
      ${may("admin") ? html`<td class="check"><label><span class="hidden">Select ${book.title}</span><input type="checkbox" checked=${chosen} disabled=${!fresh} onClick=${(event) => choose(book.id, event.shiftKey)} /></label></td>` : null}
      ${columns.map(cell)}
    </tr>`;
}

/** What is done to the selection: `chosen` ids, or everything that the filter matches. */
function Selection({ chosen, everything, total, onPage, all, clear }) {
  const number = everything ? total : chosen.size;
  const start = async (change, title, text, button) => {
    if (!(await ask(title, text, button))) return;
    const { search, book_type } = asked.value;
    try {
      await api.startBulk({ ...change, ...(everything ? { filter: { search, book_type } } : { ids: [...chosen] }) });
      clear();
      look();
    } catch (error) {
      say(error.message, "bad");
    }
  };
  const what = everything ? `all ${plural(number, "book")}${asked.value.search || asked.value.book_type ? " that match" : ""}` : plural(number, "book");
  const setType = (event) => {
    const value = event.target.value;
    event.target.value = "";
    if (value) start({ action: "set_type", value }, `Make ${what} ${value}?`, "Their type is changed in the background; you see how far it is.", `Make them ${value}`);
  };
  return html`
    <div class="selection" role="group" aria-label="What is selected">
      <strong role="status">${everything ? "All " : ""}${count(number)} selected</strong>
      ${!everything && onPage && total > chosen.size ? html`<button type="button" class="link" onClick=${all}>Select all ${count(total)}${asked.value.search || asked.value.book_type ? " that match" : ""}</button>` : null}
      <label><span class="hidden">Set their type</span>
        <select onChange=${setType}><option value="">Set type…</option>${types.map((type) => html`<option>${type}</option>`)}</select></label>
      <button type="button" class="danger" onClick=${() => start({ action: "delete" }, `Delete ${what}?`, "They leave the book table, in the background. This cannot be undone.", `Delete ${plural(number, "book")}`)}>Delete</button>
      <button type="button" onClick=${clear}>Clear</button>
    </div>`;
}

/** The page that is asked for; what was there stays while the next is on its way, and when that fails. */
function useBooks() {
  const now = asked.value;
  const key = JSON.stringify(now);
  const load = async (signal) => {
    try {
      return await api.books(now, signal);
    } catch (error) {
      if (error.status === 404 && now.page > 1) go({ page: 1 }); // there are fewer than there were
      throw error;
    }
  };
  const { data: list, key: shown, error, refresh, again } = useAnswer(load, key);
  const back = connection.value !== "lost" && lostAt.value;
  useEffect(() => { if (booksChanged.value > 0) refresh(); }, [booksChanged.value]);
  useEffect(() => { if (back) again(); }, [back]);
  const busy = error?.retryAfter > 0;
  return { list, error: busy ? null : error, busy, fresh: shown === key, again };
}

function Search() {
  const [typed, setTyped] = useState(asked.value.search);
  const timer = useRef(null);
  const sent = useRef(asked.value.search);
  useEffect(() => { // somebody went back
    if (asked.value.search !== sent.current) setTyped(sent.current = asked.value.search);
  }, [asked.value.search]);
  const find = (text) => {
    clearTimeout(timer.current);
    if (text !== asked.value.search) go({ search: (sent.current = text) });
  };
  const type = (event) => {
    const text = event.target.value;
    setTyped(text);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => find(text), 250);
  };
  return html`
    <form class="search" role="search" onSubmit=${(event) => { event.preventDefault(); find(typed); }}>
      <label class="hidden" for="search">Search title, author or ISBN</label>
      <input id="search" type="search" placeholder="Search title, author or ISBN" autocomplete="off" value=${typed} onInput=${type} />
    </form>`;
}

export function Books() {
  const { list, error, busy, fresh, again } = useBooks();
  const [chosen, setChosen] = useState(new Set());
  const [everything, setEverything] = useState(false);
  const [opened, setOpened] = useState(undefined); // undefined: none, null: a new one
  const last = useRef(null);
  const { search, book_type, page, page_size } = asked.value;
  const clear = () => { setChosen(new Set()); setEverything(false); };
  const deselect = () => { clear(); document.getElementById("books-title").focus(); }; // what had the focus goes
  useEffect(clear, [search, book_type]);

  const ids = list ? list.results.map((book) => book.id) : [];
  const onPage = ids.length > 0 && ids.every((id) => chosen.has(id));
  const choose = (id, upTo) => {
    const now = new Set(chosen);
    const from = upTo && ids.includes(last.current) ? ids.indexOf(last.current) : ids.indexOf(id);
    const to = ids.indexOf(id);
    const on = !now.has(id);
    for (const one of ids.slice(Math.min(from, to), Math.max(from, to) + 1)) on ? now.add(one) : now.delete(one);
    last.current = id;
    setEverything(false);
    setChosen(now);
  };
  const choosePage = () => {
    const now = new Set(chosen);
    for (const id of ids) onPage ? now.delete(id) : now.add(id);
    setEverything(false);
    setChosen(now);
  };
  const open = async (book) => {
    try { setOpened(await api.book(book.id)); } // as it is now
    catch (failure) { say(failure.status === 404 ? `“${book.title}” is not there any more.` : failure.message, "bad"); }
  };
  const columns = fields.filter(({ name }) => name === always || shownColumns.value.includes(name));
  const filtered = search || book_type;
  const first = (page - 1) * page_size + 1;
  const known = list && (fresh || list.count > 0); // that nothing matched says nothing about another search

  const table = () => html`
    <div class=${"scroll" + (fresh || error ? "" : " busy")} tabindex="0" role="region" aria-label="Book table">
      <table class="books" aria-rowcount=${list.count + 1}>
        <thead><tr>
          ${may("admin") ? html`<td class="check"><label><span class="hidden">Select this page</span><input type="checkbox" checked=${everything || onPage} disabled=${!fresh} onClick=${choosePage} /></label></td>` : null}
          ${columns.map((field) => html`<${Head} key=${field.name} field=${field} />`)}
        </tr></thead>
        <tbody>${list.results.map((book) => html`
          <${Row} key=${book.id} book=${book} columns=${columns} chosen=${everything || chosen.has(book.id)} choose=${choose} fresh=${fresh} open=${open} />`)}</tbody>
      </table>
    </div>`;

  const body = () => {
    if (!known) return error ? html`<${Failing} error=${error} again=${again} />` : html`<${Loading} lines=${10} />`;
    if (list.count > 0) return table();
    if (filtered) return html`<${Empty} title="Nothing matches"><p>No book has that in its title, author or ISBN${book_type ? ` and is ${book_type}` : ""}.</p>
      <button type="button" onClick=${() => go({ search: "", book_type: "" })}>Show all books</button><//>`;
    return html`<${Empty} title="The shop has no books yet">${may("work") ? html`<p>Drop a file to import many${may("admin") ? ", or add one" : ""}.</p>` : null}
      ${may("admin") ? html`<button type="button" onClick=${() => setOpened(null)}>Add a book</button>` : null}<//>`;
  };

  return html`
    <section class="card books" id="books" aria-labelledby="books-title">
      <div class="toolbar">
        <h2 id="books-title" tabindex="-1">Books</h2>
        <${Search} />
        <label><span class="hidden">Type</span>
          <select value=${book_type} onChange=${(event) => go({ book_type: event.target.value })}>
            <option value="">All types</option>${types.map((type) => html`<option value=${type} selected=${type === book_type}>${type}</option>`)}
          </select></label>
        <${Columns} />
        ${may("admin") ? html`<button type="button" class="primary" onClick=${() => setOpened(null)}>Add a book</button>` : null}
      </div>
      ${busy ? html`<p class="notice quiet" role="status">The shop is busy: trying again…</p>` : null}
      ${error && known && connection.value !== "lost" ? html`<p class="notice bad" role="alert">${error.message} <button type="button" onClick=${again}>Try again</button></p>` : null}
      ${fresh && (chosen.size || everything) ? html`<${Selection} chosen=${chosen} everything=${everything} total=${list?.count ?? 0} onPage=${onPage} all=${() => setEverything(true)} clear=${deselect} />` : null}
      ${body()}
      <div class="spread foot">
        <span class="quiet" role="status">${!list ? "" : list.count === 0 ? (filtered ? "No books" : "")
          : `${count(first)}–${count(Math.min(first + page_size - 1, list.count))} of ${plural(list.count, "book")}`}</span>
        ${list ? html`<${Pager} label="Pages of books" page=${page} size=${page_size} total=${list.count} go=${(to) => go({ page: to })} />` : null}
        <label class="quiet">Books a page
          <select onChange=${(event) => go({ page_size: Number(event.target.value) })}>${sizes.map((size) => html`<option selected=${size === page_size}>${size}</option>`)}</select></label>
      </div>
    </section>
    ${opened === undefined ? null : html`<${Book} key=${opened?.id} book=${opened} close=${() => setOpened(undefined)} />`}`;
}
