// One book: looked at, changed, added, deleted.
import { html, useEffect, useRef, useState } from "/offstage/ui.js";
import { ask, Dialog, say } from "/offstage/common.js";
import { may } from "/offstage/who.js";
import { api } from "./api.js";
import { booksChanged } from "./live.js";
import { types } from "./parts.js";

/** What a field is called, and what takes it. The shop has the rules; it says what is wrong. */
export const fields = [
  { name: "title", label: "Title" },
  { name: "author", label: "Author" },
  { name: "book_type", label: "Type", choices: types },
  { name: "ISBN", label: "ISBN" },
  { name: "year_published", label: "Year", short: true },
  { name: "price", label: "Price", short: true, mode: "decimal" },
  { name: "no_of_pages", label: "Pages", short: true, mode: "numeric", optional: true },
  { name: "quantity", label: "Quantity", short: true, mode: "numeric" },
  { name: "description", label: "Description", long: true, optional: true },
];

function Field({ field, value, wrong }) {
  const id = `book-${field.name}`;
  const common = { id, name: field.name, "aria-invalid": wrong ? "true" : null, "aria-describedby": wrong ? `${id}-wrong` : null };
  const control = field.choices ? html`
      <select ...${common}>${[...(value ? [] : [""]), ...field.choices].map((choice) => html`<option value=${choice} selected=${choice === value}>${choice || "Choose one"}</option>`)}</select>`
    : field.long ? html`<textarea rows="4" defaultValue=${value ?? ""} ...${common}></textarea>`
    : html`<input defaultValue=${value ?? ""} autocomplete="off" inputmode=${field.mode ?? null} ...${common} />`;
  return html`
    <div class=${"field" + (field.short ? " short" : "")}>
      <label for=${id}>${field.label}${field.optional ? html` <span class="quiet">optional</span>` : null}</label>
      ${control}
      ${wrong ? html`<p class="wrong" id=${`${id}-wrong`}>${wrong.join(" ")}</p>` : null}
    </div>`;
}

/** `book` is null for a new one. */
export function Book({ book, close }) {
  const form = useRef(null);
  const [wrong, setWrong] = useState(null);
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const filled = useRef(null); // not the book: an <input> holds no line breaks, a <textarea> others
  const held = () => Object.fromEntries(fields.map(({ name }) => [name, form.current.elements[name].value]));
  useEffect(() => { filled.current = held(); }, []);
  /** All of a new book; of one that is there what was changed here, for the rest may have been changed elsewhere. */
  const given = () => {
    const all = Object.fromEntries(Object.entries(held()).filter(([name, value]) => !book || value !== filled.current[name]));
    if (all.no_of_pages === "") all.no_of_pages = null;
    if (all.description === "" && !book) all.description = null;
    return all;
  };
  const run = async (work) => {
    setBusy(true);
    setFailed("");
    try {
      await work();
      booksChanged.value += 1;
      close();
    } catch (error) {
      setBusy(false);
      setWrong(error.fields);
      setFailed(error.fields ? "Mend what is marked, then save again." : error.message);
      const first = error.fields && fields.find((field) => error.fields[field.name]);
      if (first) form.current.elements[first.name].focus();
    }
  };
  const save = (event) => {
    event.preventDefault();
    const sent = given();
    if (Object.keys(sent).length === 0) { close(); return; }
    run(async () => {
      const saved = book ? await api.changeBook(book.id, sent) : await api.addBook(sent);
      say(book ? `“${saved.title}” is saved.` : `“${saved.title}” is in the book table.`);
    });
  };
  const remove = async () => {
    if (!(await ask(`Delete “${book.title}”?`, "It leaves the book table. This cannot be undone.", "Delete it"))) return;
    run(async () => {
      await api.removeBook(book.id);
      say(`“${book.title}” is deleted.`);
    });
  };
  const title = book ? `Book ${book.id}` : "Add a book";
  return html`
    <${Dialog} label=${title} close=${close}>
      <div class="spread"><h2>${title}</h2><button type="button" class="bare" aria-label="Close" onClick=${close}>✕</button></div>
      <form ref=${form} onSubmit=${save} noValidate>
        <fieldset class="fields" disabled=${!may("admin")}>${fields.map((field) => html`<${Field} key=${field.name} field=${field} value=${book?.[field.name]} wrong=${wrong?.[field.name]} />`)}</fieldset>
        <p class="wrong" role="alert">${failed}</p>
        <div class="buttons">
          ${may("admin") ? html`<button class="primary" disabled=${busy}>${book ? "Save" : "Add it"}</button>` : null}
          <button type="button" onClick=${close}>Close</button>
          ${book && may("admin") ? html`<button type="button" class="danger last" disabled=${busy} onClick=${remove}>Delete</button>` : null}
        </div>
      </form>
    <//>`;
}
