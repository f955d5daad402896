// The jobs API as functions. Addresses are relative, so that the page works wherever it is mounted.

import { signal } from "./ui.js";

/** The login has ended: everything is refused until the next one. */
export const loggedOut = signal(false);

/** What went wrong, as the server told it (a problem document) or as the network did. */
export class Failure extends Error {
  constructor(status, code, detail) {
    super(detail);
    this.status = status;
    this.code = code;
    this.retryAfter = 0; // seconds, where the server is busy
  }
  /** Nobody answered: the server is down or out of reach. */
  get unreachable() { return this.status === 0; }
}

async function call(method, path, body, abort) {
  let response;
  try {
    response = await fetch(path, {
      method, signal: abort, credentials: "same-origin",
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(0, "unreachable", "The server does not answer.");
  }
  loggedOut.value = response.status === 401;
  const text = await response.text();
  let json = null;
  try { json = text ? JSON.parse(text) : null; } catch { /* told below by its status */ }
  if (!response.ok) {
    const failure = new Failure(response.status, json?.code ?? "http", json?.detail ?? `The server answered ${response.status}.`);
    if (response.status === 503) failure.retryAfter = Number(response.headers.get("Retry-After")) || 0;
    throw failure;
  }
  return json;
}

function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  return given.length ? "?" + new URLSearchParams(given) : "";
}

export const api = {
  jobs: (filter, signal) => call("GET", "v1/jobs" + query(filter), undefined, signal),
  job: (id, signal) => call("GET", `v1/jobs/${id}`, undefined, signal),
  queues: (signal) => call("GET", "v1/queues", undefined, signal),
  workers: (signal) => call("GET", "v1/workers", undefined, signal),
  kinds: (signal) => call("GET", "v1/kinds", undefined, signal),
  stats: (signal) => call("GET", "v1/stats", undefined, signal),
  pause: (queue, paused) => call("POST", `v1/queues/${encodeURIComponent(queue)}/${paused ? "pause" : "resume"}`),
  /** One action on one job. */
  act: (action, id) => call("POST", `v1/jobs/${id}/${action}`),
  /** One action on several jobs: {ids} or {filter, before}. */
  actOnMany: (action, which) => call("POST", `v1/jobs/${action}`, which),
};
