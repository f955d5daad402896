// The book table: search, type, order, pages.

import { ask, count, counted, element, say, showPager } from "./dom.js";

const size = 50;
const columns = [
  { name: "title", label: "Title" },
  { name: "author", label: "Author" },
  { name: "book_type", label: "Type" },
  { name: "ISBN", label: "ISBN", extra: true },
  { name: "year_published", label: "Year", extra: true },
  { name: "price", label: "Price", number: true },
  { name: "no_of_pages", label: "Pages", number: true, extra: true },
  { name: "quantity", label: "Quantity", number: true, extra: true },
];
const search = document.getElementById("search");
const type = document.getElementById("type");
const head = document.getElementById("books-head");
const body = document.getElementById("books-body");
const note = document.getElementById("books-note");
const total = document.getElementById("books-count");
const pager = document.getElementById("books-pager");
const asked = { page: 1, ordering: "-id" };
let last = null; // aborts the question before

const classes = (column) => [column.number && "number", column.extra && "extra"].filter(Boolean).join(" ") || null;

function order(name) {
  asked.ordering = asked.ordering === name ? `-${name}` : asked.ordering === `-${name}` ? "-id" : name;
  asked.page = 1;
  showHead();
  loadBooks();
}

function showHead() {
  const focused = document.activeElement?.dataset?.column;
  head.replaceChildren(...columns.map((column) => {
    const up = asked.ordering === column.name;
    const down = asked.ordering === `-${column.name}`;
    return element("th", { scope: "col", class: classes(column), "aria-sort": up ? "ascending" : down ? "descending" : null },
      element("button", { type: "button", "data-column": column.name, onclick: () => order(column.name) },
        column.label, element("span", { "aria-hidden": "true" }, up ? " ▲" : down ? " ▼" : "")));
  }));
  if (focused) head.querySelector(`[data-column="${focused}"]`)?.focus();
}

function line(book) {
  return element("tr", {}, ...columns.map((column) => {
    const value = book[column.name];
    const text = value === null ? "–" : column.number && column.name !== "price" ? count(value) : String(value);
    return element("td", { class: classes(column) }, text,
      column.name === "title" && book.description ? element("div", { class: "clip", title: book.description }, book.description) : null);
  }));
}

function query() {
  const parameters = new URLSearchParams({ page: asked.page, page_size: size, ordering: asked.ordering });
  if (search.value.trim()) parameters.set("search", search.value.trim());
  if (type.value) parameters.set("book_type", type.value);
  return parameters;
}

/** Looks once. Throws where nobody answers. */
export async function loadBooks() {
  last?.abort();
  const question = new AbortController();
  last = question;
  body.classList.add("busy");
  try {
    const answer = await ask(`/api/v1/books?${query()}`, { signal: question.signal });
    body.replaceChildren(...answer.results.map(line));
    const narrowed = search.value.trim() || type.value;
    say(total, counted(answer.count, "book", "books"));
    say(note, answer.count > 0 ? "" : narrowed ? "No book is like that." : "No books yet: import some above.");
    showPager(pager, { page: asked.page, size, total: answer.count, go: (to) => { asked.page = to; loadBooks(); } });
  } catch (error) {
    if (error.name !== "AbortError") say(note, error.message);
  } finally {
    if (last === question) body.classList.remove("busy");
  }
}

export function watchBooks() {
  let typing = 0;
  const anew = () => { asked.page = 1; loadBooks(); };
  search.addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(anew, 250); });
  type.addEventListener("change", anew);
  document.getElementById("find").addEventListener("submit", (event) => { event.preventDefault(); anew(); });
  showHead();
  return loadBooks();
}
