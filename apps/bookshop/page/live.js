// What changes by itself: imports and actions on many books, asked for again and again.
//
// Twice a second while something is under way, every four seconds else, not at all while nobody looks; where the
// shop does not answer less and less often, up to every ten seconds, and at once when the network is back.
import { computed, signal } from "/offstage/ui.js";
import { api } from "./api.js";

export const connection = signal("connecting"); // "live", "lost"
export const lostAt = signal(0);
export const importsPage = signal(1);
export const imports = signal(null);            // a page of the API, newest first
export const bulks = signal([]);                // the newest actions
export const paused = signal([]);               // the names of paused queues, while something waits in any
export const failure = signal(null);            // what the shop said instead
/** Grows when the books may have changed. */
export const booksChanged = signal(0);

export const isLive = (state) => state === "queued" || state === "running" || state === "retrying";
export const underWay = computed(() =>
  (imports.value?.results ?? []).some((it) => isLive(it.state)) || bulks.value.some((it) => isLive(it.state)));

export const importsSize = 8;
let timer = null;
let asking = null;
let failures = 0;
let before = "";

function heard() {
  failures = 0;
  connection.value = "live";
  failure.value = null;
}

function missed(error) {
  failures += 1;
  failure.value = error;
  if (!error.unreachable || connection.value === "lost") return;
  lostAt.value = Date.now();
  connection.value = "lost";
}

/** Asks now. */
export async function look() {
  clearTimeout(timer);
  asking?.abort();
  const mine = (asking = new AbortController());
  try {
    const [list, actions] = await Promise.all([api.imports(importsPage.value, importsSize, mine.signal), api.bulk(mine.signal)]);
    const waits = [...list.results, ...actions.results].some((it) => it.state === "queued");
    paused.value = waits ? (await api.queues(mine.signal)).queues.filter((queue) => queue.paused).map((queue) => queue.name) : [];
    imports.value = list;
    bulks.value = actions.results;
    heard();
    const now = JSON.stringify([list.results.map((it) => [it.id, it.rows_inserted, it.state]), actions.results.map((it) => [it.id, it.changed, it.state])]);
    if (before && now !== before) booksChanged.value += 1;
    before = now;
  } catch (error) {
    if (error.name === "AbortError") return;
    if (error.status === 404 && importsPage.value > 1) importsPage.value = 1; // fewer than there were
    else missed(error);
  }
  plan();
}

function plan() {
  clearTimeout(timer);
  if (document.hidden) return;
  const pause = failures > 0 ? Math.min(10_000, 500 * 2 ** failures) : underWay.value ? 500 : 4000;
  timer = setTimeout(look, pause);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
addEventListener("online", look);
