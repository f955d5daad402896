// The shop's API as functions.

import { signal } from "/offstage/ui.js";

/** The login has ended: everything is refused until the next one. */
export const loggedOut = signal(false);

/** What went wrong: as the shop told it, or as the network did (status 0). */
export class Failure extends Error {
  constructor(status, answer) {
    super(sentence(status, answer));
    this.status = status;
    this.retryAfter = 0; // seconds, where the shop is busy
    /** Of a refused book: {field: [sentence, …]}. */
    this.fields = status === 400 && answer && !answer.detail && !answer.response ? answer : null;
  }
  get unreachable() { return this.status === 0; }
}

function sentence(status, answer) {
  if (status === 0) return "The shop does not answer.";
  const told = answer?.detail ?? answer?.response ?? (answer && status === 400 ? Object.values(answer).flat().join(" ") : null);
  return told ? told.replace(/([^.!?…])$/, "$1.") : `The shop answered ${status}.`;
}

async function call(method, path, body, signal) {
  let response;
  try {
    response = await fetch(path, {
      method, signal,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0);
  }
  loggedOut.value = response.status === 401;
  const text = await response.text();
  let answer = null;
  try { answer = text ? JSON.parse(text) : null; } catch { /* told by its status */ }
  if (!response.ok) {
    const failure = new Failure(response.status, answer);
    if (response.status === 503) failure.retryAfter = Number(response.headers.get("Retry-After")) || 0;
    throw failure;
  }
  return answer;
}

function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return given.length ? "?" + new URLSearchParams(given) : "";
}

export const api = {
  books: (asked, signal) => call("GET", "/api/v1/books" + query(asked), undefined, signal),
  book: (id) => call("GET", `/api/v1/books/${id}`),
  addBook: (book) => call("POST", "/api/v1/books", book),
  changeBook: (id, book) => call("PATCH", `/api/v1/books/${id}`, book),
  removeBook: (id) => call("DELETE", `/api/v1/books/${id}`),
  imports: (page, size, signal) => call("GET", "/api/v1/imports" + query({ page, page_size: size }), undefined, signal),
  errors: (id, page, signal) => call("GET", `/api/v1/imports/${id}/errors` + query({ page, page_size: 25 }), undefined, signal),
  cancelImport: (id) => call("POST", `/api/v1/imports/${id}/cancel`),
  startBulk: (asked) => call("POST", "/api/v1/bulk", asked),
  bulk: (signal) => call("GET", "/api/v1/bulk?page_size=3", undefined, signal),
  queues: (signal) => call("GET", "/offstage/v1/queues", undefined, signal),
  cancelBulk: (id) => call("POST", `/api/v1/bulk/${id}/cancel`),
};

/**
 * Sends a file; `told(sent, total)` as it goes. XMLHttpRequest, for fetch does not tell how far an upload is.
 * Gives {existed, import}; `stop.abort()` ends it.
 */
export function upload(file, { again = false, sheet = "" }, told, stop) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("PUT", `/api/v1/upload/${encodeURIComponent(file.name)}` + query({ again: again ? 1 : "", sheet }));
    request.responseType = "json";
    request.upload.onprogress = (event) => told(event.loaded, event.total);
    request.onabort = () => reject(new DOMException("stopped", "AbortError"));
    request.onerror = () => reject(new Failure(0));
    request.onload = () => {
      const { status, response } = request;
      loggedOut.value = status === 401;
      if (status === 200 || status === 201) resolve({ existed: status === 200, import: response.import });
      else reject(Object.assign(new Failure(status, response), { code: response?.code }));
    };
    stop.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
