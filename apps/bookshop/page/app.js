// Puts the page's parts together: looks at the imports twice a second while one is under way, else now and then, and
// at the books when there are new ones.

import { loadBooks, watchBooks } from "./books.js";
import { say } from "./dom.js";
import { firstPage, isLive, loadImports } from "./imports.js";
import { watchUpload } from "./upload.js";

const connection = document.getElementById("connection");
const live = 500, idle = 5000, lost = 2000, booksEvery = 2000; // milliseconds
let timer = 0;
let inserted = null; // rows of all shown imports at the last look at the books
let looked = 0;

async function look() {
  clearTimeout(timer);
  let next = lost;
  try {
    const imports = await loadImports();
    if (connection.textContent) loadBooks();
    say(connection, "");
    const busy = imports.some((it) => isLive(it.state));
    next = busy ? live : idle;
    const rows = imports.reduce((sum, it) => sum + it.rows_inserted, 0);
    if (inserted !== null && rows !== inserted && (!busy || Date.now() - looked > booksEvery)) {
      looked = Date.now();
      inserted = rows;
      loadBooks();
    }
    inserted ??= rows;
  } catch (error) {
    connection.className = "bad";
    say(connection, `${error.message} Trying again…`);
  }
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(look, next);
}

document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
watchUpload(() => { firstPage(); look(); });
watchBooks();
look();
