// What the server tells as it happens, through one stream for all tabs.
//
// A browser opens few connections to one host, so one tab (whoever holds the lock) listens for all and passes
// on what it hears over a BroadcastChannel; when that tab closes, the next one takes over. Where there are no
// locks (a page that came by plain HTTP from another machine) each tab listens for itself.
//
//   connection   "connecting" | "live" | "lost"; and since when
//   stats        the newest sample
//   queues       every queue with its counts, kept fresh while somebody looks
//   onChanges    hears {jobs: [{id, state}], more}
//   onReconnect  hears that something may have been missed
import { api } from "./api.js";
import { signal } from "./ui.js";

export const connection = signal("connecting");
export const lostAt = signal(0);
export const stats = signal(null);
export const queues = signal(null);

const changeListeners = new Set();
const reconnectListeners = new Set();
const listen = (set) => (listener) => { set.add(listener); return () => set.delete(listener); };
export const onChanges = listen(changeListeners);
export const onReconnect = listen(reconnectListeners);

const address = new URL("v1/events", location.href);
address.hash = "";
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("offstage " + address) : null;
let leading = false;
let server = null;

/** Every tab comes here with all that is told, the one that listens and those it passes it on to. */
function hear(message) {
  if (message.kind === "state") {
    const before = connection.value;
    if (message.state === before) return;
    if (message.state === "lost" && before !== "lost") lostAt.value = Date.now();
    connection.value = message.state;
    if (message.state === "live" && before === "lost") reconnectListeners.forEach((listener) => listener());
    if (message.state === "live") refreshQueues();
  } else if (message.kind === "stats") {
    stats.value = message.data;
    refreshQueues();
  } else if (message.kind === "jobs") {
    changeListeners.forEach((listener) => listener(message.data));
  } else if (message.kind === "hello") {
    if (server !== null && server !== message.data.server) reconnectListeners.forEach((listener) => listener());
    server = message.data.server;
  }
}

function tell(message) {
  channel?.postMessage(message);
  hear(message);
}

function open() {
  const source = new EventSource(address);
  const pass = (kind) => source.addEventListener(kind, (event) => tell({ kind, data: JSON.parse(event.data) }));
  pass("hello");
  pass("stats");
  pass("jobs");
  source.onopen = () => tell({ kind: "state", state: "live" });
  source.onerror = () => {
    tell({ kind: "state", state: "lost" });
    if (source.readyState !== EventSource.CLOSED) return; // it tries again by itself
    source.close();
    setTimeout(open, 3000);
  };
}

export function start() {
  channel?.addEventListener("message", ({ data }) => {
    if (data.kind !== "who") hear(data);
    else if (leading) channel.postMessage({ kind: "state", state: connection.value });
  });
  if (channel && navigator.locks) {
    channel.postMessage({ kind: "who" }); // somebody may be listening already
    navigator.locks.request("offstage " + address, () => {
      leading = true;
      open();
      return new Promise(() => {}); // held while this tab is open
    });
  } else {
    open();
  }
}

let asking = false;
let askAgain = false;

/** Reads the queues' counts anew, not more than once at a time. */
export async function refreshQueues() {
  if (asking) { askAgain = true; return; }
  asking = true;
  try {
    queues.value = (await api.queues()).queues;
  } catch { /* the view that shows them says so: see useLoaded */ }
  asking = false;
  if (askAgain) { askAgain = false; refreshQueues(); }
}

/** Sums a count over all queues. */
export const total = (state) => (queues.value ?? []).reduce((sum, queue) => sum + queue[state], 0);
