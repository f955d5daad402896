// The shop's page in a real browser, with the real files.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Shop, axeFaults, books, close, data, header, hold, launch, open, shot, tabTo } from "./support.mjs";

const shop = new Shop();
let browser;
before(async () => {
  await shop.start();
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await shop.close();
});

const shown = (page) => page.locator(".foot [role=status]"); // "1–50 of 26,410 books"
const choose = (page, files) => page.setInputFiles("input[type=file]", files);
const imported = (page, count) => page.waitForFunction((least) => document.querySelectorAll(".import.done").length >= least, count, { timeout: 30_000 });
const newest = (page) => page.locator(".import").first();

test("an empty shop says what to do; a book is added, changed and deleted by the keyboard alone", async () => {
  const page = await open(browser, shop.url);
  await page.getByText("The shop has no books yet").waitFor();
  await shot(page, "shop-empty");
  assert.deepEqual(await axeFaults(page), []);

  const dialog = page.getByRole("dialog");
  const press = async (locator) => { await tabTo(page, locator); await page.keyboard.press("Enter"); };
  const type = async (name, text) => { await tabTo(page, dialog.locator(`[name=${name}]`)); await page.keyboard.type(text); };
  await press(page.getByRole("button", { name: "Add a book" }).first());
  await dialog.waitFor();
  assert.deepEqual(await axeFaults(page), []);
  for (const [name, text] of Object.entries({ title: "Emma", author: "Jane Austen", ISBN: "0141439580", year_published: "1815", price: "9.9", quantity: "3" }))
    await type(name, text);
  await page.keyboard.press("Enter");
  await dialog.getByText("is not a valid choice").waitFor(); // the type is missing
  await shot(page, "shop-wrong");
  assert.deepEqual(await axeFaults(page), []);
  await type("book_type", "Cl");
  await type("quantity", "3");
  await page.keyboard.press("Enter");
  await page.getByRole("cell", { name: "9.90" }).waitFor();

  await press(page.getByRole("button", { name: "Emma" }));
  await dialog.waitFor();
  await type("price", "12"); // what is there is selected when it gets the focus
  await page.keyboard.press("Enter");
  await page.getByRole("cell", { name: "12.00" }).waitFor();

  await press(page.getByRole("button", { name: "Emma" }));
  await dialog.waitFor();
  await press(dialog.getByRole("button", { name: "Delete" }));
  await page.getByRole("button", { name: "Delete it" }).waitFor();
  assert.deepEqual(await axeFaults(page), []);
  await press(page.getByRole("button", { name: "Delete it" }));
  await page.getByText("The shop has no books yet").waitFor();
  assert.equal((await shop.json("/api/v1/books")).count, 0);
  await close(page);
});

test("the three real files give the verdicts' counts", async () => {
  const page = await open(browser, shop.url);
  await choose(page, ["books.csv", "books-dirty.csv", "books.xlsx"].map((name) => join(data, name)));
  await imported(page, 3);
  const { results } = await shop.json("/api/v1/imports");
  const counts = Object.fromEntries(results.map((it) => [it.file, [it.rows_inserted, it.rows_refused]]));
  for (const [file, verdicts] of [["books.csv", "books"], ["books-dirty.csv", "books-dirty"], ["books.xlsx", "books"]]) {
    const lines = (await readFile(join(data, verdicts + ".verdicts.jsonl"), "utf8")).trim().split("\n").map((line) => JSON.parse(line));
    const bad = lines.filter((line) => line.errors && Object.keys(line.errors).length).length;
    assert.ok(bad > 0);
    assert.deepEqual(counts[file], [lines.length - bad, bad], file);
  }
  const total = results.reduce((sum, it) => sum + it.rows_inserted, 0);
  await page.waitForFunction((text) => document.querySelector(".foot [role=status]").textContent.includes(text), `${total.toLocaleString("en-US")} books`);
  await shot(page, "shop-full");
  assert.deepEqual(await axeFaults(page), []);
  await page.getByRole("button", { name: /refused row/ }).first().click();
  await page.getByRole("dialog").getByRole("row").nth(1).waitFor();
  await page.getByRole("dialog").getByText("A spreadsheet drops the zeros").waitFor();
  await shot(page, "shop-errors");
  assert.deepEqual(await axeFaults(page), []);
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  await close(page);
});

test("a refused row is mended through errors.csv, and only that row is new", async () => {
  const page = await open(browser, shop.url);
  await page.getByRole("heading", { name: "Imports" }).waitFor();
  const before = (await shop.json("/api/v1/books")).count;
  await choose(page, { name: "one.csv", mimeType: "text/csv", buffer: Buffer.from(header + "Zyxa,B,Comic,1,2001,1.00,,1,\n=Zyxb,B,Novel,1,2001,1.00,,1,\n") });
  await page.locator(".import.done", { hasText: "one.csv" }).waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), newest(page).locator("a[download]").click()]);
  const errors = await readFile(await download.path(), "utf8");
  assert.match(errors, /'=Zyxb/);
  await choose(page, { name: "mended.csv", mimeType: "text/csv", buffer: Buffer.from(errors.replace("Novel", "Horror")) });
  await page.locator(".import.done", { hasText: "mended.csv" }).waitFor();
  assert.equal((await shop.json("/api/v1/books")).count, before + 2);
  const found = await shop.json("/api/v1/books?search=Zyxb");
  assert.deepEqual(found.results.map((book) => book.title), ["=Zyxb"]);
  await close(page);
});

test("files are dropped, a bar is seen to move, and what was cancelled goes on where it was", async () => {
  const page = await open(browser, shop.url);
  await page.getByRole("heading", { name: "Imports" }).waitFor();
  const rows = 1_000_000;
  await page.evaluate(({ header, rows }) => {
    const transfer = new DataTransfer();
    const lines = [header];
    for (let i = 1; i <= rows; ++i) lines.push(`Qvlarge ${i},An author,Comic,978,2001,9.50,100,3,text\n`);
    transfer.items.add(new File(lines, "large.csv"));
    const at = document.querySelector("main");
    for (const type of ["dragenter", "dragover", "drop"]) at.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
  }, { header, rows });
  const large = page.locator(".import", { hasText: "large.csv" });
  const bar = large.locator("progress");
  const share = () => bar.evaluate((it) => it.value / it.max);
  // Somewhere on its way, as the page shows it.
  const onItsWay = () => page.waitForFunction(() => {
    const it = [...document.querySelectorAll(".import.running")].find((one) => one.textContent.includes("large.csv"))?.querySelector("progress");
    return it && it.value > 0 && it.value < it.max;
  }, null, { timeout: 60_000 });
  await onItsWay();
  await large.getByRole("button", { name: "Cancel" }).click();
  await page.locator(".import.cancelled", { hasText: "large.csv" }).waitFor({ timeout: 30_000 });
  await shot(page, "shop-cancelled");
  assert.deepEqual(await axeFaults(page), []);
  const reached = await share();
  assert.ok(reached > 0 && reached < 1, `cancelled at ${reached}`);
  await large.getByRole("button", { name: "Again" }).click();
  await onItsWay();
  assert.ok((await share()) >= reached, "it goes on where it was");
  await page.locator(".import.done", { hasText: "1,000,000 rows" }).waitFor({ timeout: 60_000 });
  assert.equal((await shop.json("/api/v1/books?search=Qvlarge")).count, rows, "each row once");
  await close(page);
});

test("many books are changed while an import runs: both end as if they were alone", async () => {
  await shop.upload("few.csv", books(60).replaceAll("Title", "Besides"));
  const page = await open(browser, shop.url + "/#search=Besides");
  await page.getByRole("checkbox", { name: "Select this page" }).click();
  await page.getByRole("button", { name: "Select all 60 that match" }).click();
  await page.getByRole("combobox", { name: "Set their type" }).selectOption("Magazine");
  const rows = 600_000;
  const { import: started } = await shop.json("/api/v1/upload/meanwhile.csv", { method: "PUT", body: books(rows).replaceAll("Title", "Meanwhile") });
  while ((await shop.json("/api/v1/imports/" + started.id)).rows_inserted === 0);
  await page.getByRole("dialog").getByRole("button", { name: "Make them Magazine" }).click();
  await page.locator(".import.done", { hasText: "Make 60 books Magazine" }).waitFor({ timeout: 30_000 });
  const { results: [bulk] } = await shop.json("/api/v1/bulk?page_size=1");
  const ended = await shop.imported(started.id);
  assert.ok(bulk.created_at > ended.started_at && bulk.created_at < ended.ended_at, "it was given while the import ran");
  assert.deepEqual([bulk.changed, ended.state, ended.rows_inserted], [60, "done", rows]);
  assert.equal((await shop.json("/api/v1/books?search=Besides&book_type=Magazine")).count, 60);
  assert.equal((await shop.json("/api/v1/books?search=Meanwhile&book_type=Comic")).count, rows);
  await close(page);
});

test("while the next books are on their way, the table is told as busy and is read well", async () => {
  const page = await open(browser, shop.url);
  await page.getByRole("button", { name: "Price" }).waitFor();
  let letGo;
  const held = new Promise((resolve) => { letGo = resolve; });
  await page.route("**/api/v1/books?*", async (route) => { await held; await route.continue(); });
  await page.getByRole("button", { name: "Price" }).click();
  await page.locator(".scroll.busy").waitFor();
  await shot(page, "shop-busy");
  assert.deepEqual(await axeFaults(page), []);
  letGo();
  await page.locator(".scroll.busy").waitFor({ state: "detached" });
  await close(page);
});

test("a search is shown though the books change meanwhile; what changed is asked for once more, after its answer and a rest", async () => {
  const page = await open(browser, shop.url);
  await page.locator(".connection.live").waitFor();
  await page.getByRole("button", { name: "Price" }).waitFor();
  const aborted = [];
  page.on("requestfailed", (request) => aborted.push(request.url()));
  const { held, asked } = await hold(page, "**/api/v1/books?*");
  await page.getByRole("searchbox").fill("Besides");
  await asked(1);
  const since = performance.now();
  for (const name of ["Aside", "Again"]) {
    await choose(page, { name: `${name}.csv`, mimeType: "text/csv", buffer: Buffer.from(books(2).replaceAll("Title", `Besides ${name}`)) });
    await page.locator(".import.done", { hasText: `${name}.csv` }).waitFor();
  }
  assert.deepEqual([held.length, aborted], [1, []]);
  const first = JSON.stringify({ count: 1, next: null, previous: null, results: [(await shop.json("/api/v1/books?search=Besides&page_size=1")).results[0]] });
  const given = performance.now();
  await held[0].fulfill({ contentType: "application/json", body: first }); // as it was then
  await page.getByText("1–1 of 1 book").waitFor();
  await asked(2);
  assert.ok(performance.now() - given > Math.min(2 * (given - since), 2000) - 5, "the server had no rest");
  assert.equal(await page.locator(".scroll.busy").count(), 0);
  assert.equal(await page.getByRole("checkbox", { name: /^Select Besides/ }).isEnabled(), true);
  await held[1].continue();
  await page.getByText("of 64 books").waitFor();
  assert.deepEqual([held.length, aborted], [2, []]);
  await page.getByRole("button", { name: "Price" }).click();
  await asked(3);
  await page.getByRole("button", { name: "Price" }).click(); // something else: nobody waits for what was asked
  await (await asked(4)).continue();
  await page.locator(".scroll.busy").waitFor({ state: "detached" });
  assert.equal(aborted.length, 1);
  await close(page);
});

test("a shop that is too busy to search is asked again by itself, while the table stands", async () => {
  const page = await open(browser, shop.url + "/#search=Besides");
  await page.getByText("of 64 books").waitFor();
  let busy = true;
  const problem = { type: "about:blank", title: "Service Unavailable", status: 503, code: "busy", detail: "Too many searches wait" };
  await page.route("**/api/v1/books?*", (route) => (busy
    ? route.fulfill({ status: 503, headers: { "Retry-After": "1" }, contentType: "application/problem+json", body: JSON.stringify(problem) })
    : route.continue()));
  await page.getByRole("searchbox").fill("Besides Aside");
  await page.getByText("The shop is busy: trying again…").waitFor();
  await shot(page, "shop-too-busy");
  assert.deepEqual(await axeFaults(page), []);
  assert.equal(await page.getByRole("alert").count(), 0);
  await page.getByRole("button", { name: /^Besides/ }).first().waitFor();
  busy = false;
  await page.getByText("The shop is busy").waitFor({ state: "detached" });
  await page.getByText("of 2 books").waitFor();
  await close(page);
});

test("an import whose queue is paused says so until that goes on", async () => {
  const page = await open(browser, shop.url);
  await page.locator(".connection.live").waitFor();
  await shop.json("/offstage/v1/queues/imports/pause", { method: "POST" });
  await choose(page, { name: "paused.csv", mimeType: "text/csv", buffer: Buffer.from(books(2).replaceAll("Title", "Paused")) });
  await page.locator(".import.queued", { hasText: "paused.csv" }).getByText("Waits until the queue imports goes on: it is paused").waitFor();
  await shop.json("/offstage/v1/queues/imports/resume", { method: "POST" });
  await page.locator(".import.done", { hasText: "paused.csv" }).waitFor();
  await close(page);
});

test("the columns' menu closes by Escape and by a click elsewhere; a selection that is cleared leaves the focus near", async () => {
  const page = await open(browser, shop.url);
  const menu = page.locator("details.columns");
  const summary = menu.locator("summary");
  await summary.click();
  await shot(page, "shop-columns");
  assert.deepEqual(await axeFaults(page), []);
  await menu.getByLabel("Author").click();
  assert.equal(await menu.evaluate((it) => it.open), true, "it stays while columns are chosen");
  await menu.getByLabel("Author").click();
  await page.keyboard.press("Escape");
  assert.deepEqual(await menu.evaluate((it) => [it.open, document.activeElement === it.querySelector("summary")]), [false, true]);
  await summary.click();
  await page.getByRole("heading", { name: "Imports" }).click();
  assert.equal(await menu.evaluate((it) => it.open), false);

  await tabTo(page, page.getByRole("checkbox", { name: "Select this page" }));
  await page.keyboard.press("Space");
  await tabTo(page, page.getByRole("button", { name: "Clear" }), "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Clear" }).waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.id), "books-title");
  await close(page);
});

test("what nobody knows is taken out of the address", async () => {
  const page = await open(browser, shop.url + "/#ordering=bogus&book_type=zzz&page_size=7&evil=1&search=Besides");
  await page.getByText("of 64 books").waitFor();
  assert.equal(new URL(page.url()).hash, "#search=Besides");
  await page.evaluate(() => { location.hash = "#ordering=-price&book_type=nothing"; });
  await page.locator("th[aria-sort=descending]", { hasText: "Price" }).waitFor();
  assert.equal(new URL(page.url()).hash, "#ordering=-price");
  await close(page);
});

test("a file that is no table is refused with what to send instead", async () => {
  const page = await open(browser, shop.url);
  await choose(page, { name: "photo.png", mimeType: "image/png", buffer: Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1") });
  await page.getByText("Invalid File Format. Send CSV, or XLSX saved by a spreadsheet.").waitFor();
  assert.deepEqual(await axeFaults(page), []);
  await close(page);
});

test("a search finds, an order holds when going back, and many books are changed at once", async () => {
  const page = await open(browser, shop.url);
  await page.getByRole("searchbox").fill("harry potter");
  await page.waitForFunction(() => location.hash.includes("harry") && !document.querySelector(".scroll.busy") && /of \d\d? books/.test(document.querySelector(".foot [role=status]").textContent));
  await page.getByRole("button", { name: "Price" }).click();
  await page.locator("th[aria-sort=ascending]", { hasText: "Price" }).waitFor();
  await page.goBack();
  await page.locator("th[aria-sort]").waitFor({ state: "detached" });
  const count = (await shop.json("/api/v1/books?search=harry%20potter")).count;
  assert.ok(count > 50, "more than a page");
  await page.getByRole("checkbox", { name: "Select this page" }).click();
  await page.getByRole("button", { name: /^Select all \d+ that match/ }).click();
  await shot(page, "shop-selected");
  assert.deepEqual(await axeFaults(page), []);
  await page.getByRole("combobox", { name: "Set their type" }).selectOption("Horror");
  await page.getByRole("dialog").getByRole("button", { name: "Make them Horror" }).click();
  await page.getByRole("heading", { name: "Changes of many books" }).waitFor();
  await page.locator(".import.done", { hasText: "Horror" }).waitFor();
  assert.equal((await shop.json("/api/v1/books?search=harry%20potter&book_type=Horror")).count, count);
  await close(page);
});

test("of a book that is changed only what was changed is sent: line breaks stay, and what another page changed meanwhile", async () => {
  const book = { title: "Zyx of two\nlines", author: "A", book_type: "Comic", ISBN: "1", year_published: "2001", price: "1.00", quantity: 1, description: "one\r\ntwo" };
  const added = await shop.json("/api/v1/books", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(book) });
  const sent = [];
  const edit = async () => {
    const page = await open(browser, shop.url + "/#search=Zyx%20lines");
    page.on("request", (request) => { if (request.method() === "PATCH") sent.push(request.postDataJSON()); });
    await page.getByRole("button", { name: /^Zyx of two/ }).click();
    await page.getByRole("dialog").waitFor();
    return page;
  };
  const save = async (page, changes) => {
    for (const [label, text] of Object.entries(changes)) await page.getByRole("dialog").getByLabel(label).fill(text);
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await close(page);
  };
  const [one, other, third] = [await edit(), await edit(), await edit()];
  await save(one, { Price: "7.77" });
  await save(other, { Quantity: "99" });
  await save(third, {});
  assert.deepEqual(sent, [{ price: "7.77" }, { quantity: "99" }]);
  assert.deepEqual(await shop.json("/api/v1/books/" + added.id), { ...added, price: "7.77", quantity: 99 });
  assert.deepEqual([added.title, added.description], [book.title, book.description]);
});

test("a shop that goes away is said, and the page goes on by itself once it is back", async () => {
  const page = await open(browser, shop.url);
  await page.locator(".connection.live").waitFor();
  await shop.end("SIGKILL");
  await page.locator("p.lost").waitFor();
  await shot(page, "shop-disconnected");
  assert.deepEqual(await axeFaults(page), []);
  await shop.start();
  await page.locator(".connection.live").waitFor();
  await shop.upload("after.csv", books(3).replaceAll("Title", "After"));
  await page.locator(".import.done", { hasText: "after.csv" }).waitFor();
  await close(page);
});

for (const [name, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 390, height: 844 } }]])
  test(`it looks right ${name}: nothing wider than the window, nothing that axe finds`, async () => {
    const page = await open(browser, shop.url, options);
    await page.waitForFunction(() => /of [\d,]+ books/.test(document.querySelector(".foot [role=status]")?.textContent));
    await shop.upload(`refused-${name}.csv`, books(9, 2).replaceAll("An author", "0".repeat(90)));
    await page.locator(".import").first().waitFor();
    await shot(page, `shop-${name}`);
    assert.deepEqual(await axeFaults(page), []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
    const cut = (selector) => page.locator(selector).evaluate((it) => it.scrollWidth > it.clientWidth);
    if (name === "narrow") {
      await page.locator("#books").scrollIntoViewIfNeeded();
      await shot(page, "shop-books-narrow");
      assert.equal(await cut("#books .scroll"), false, "each column is seen");
    }
    await page.getByRole("button", { name: /refused row/ }).first().click();
    await page.getByRole("dialog").getByRole("table").waitFor();
    await shot(page, `shop-errors-${name}`);
    assert.deepEqual(await axeFaults(page), []);
    if (name === "narrow") assert.equal(await cut("dialog .scroll"), false, "each word is read");
    await close(page);
  });
