// The jobs page, mounted in the bookshop, in a real browser.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Page, Shop, axeFaults, books, close, hold, launch, open, shot, tabTo } from "./support.mjs";

const shop = new Shop();
const greeter = new Page();
let browser;
before(async () => {
  await Promise.all([shop.start(), greeter.start()]);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await shop.close();
  await greeter.close();
});

const page_at = (hash, options) => open(browser, shop.url + "/offstage/" + hash, options);

test("before the first job it says so", async () => {
  const page = await page_at("");
  await page.getByText("No job yet").waitFor();
  await shot(page, "jobs-empty");
  assert.deepEqual(await axeFaults(page), []);
  await close(page);
});

test("an import is seen live, from the overview to its job", async () => {
  const page = await page_at("");
  await page.getByText("No job yet").waitFor();
  await shop.upload("books.csv", books(5000, 10));
  await page.getByRole("heading", { name: "Queues" }).waitFor(); // told by the stream, not by a reload
  await page.getByRole("link", { name: /^1 done in imports/ }).click();
  await page.getByRole("link", { name: /import_books/ }).first().click();
  await page.getByRole("heading", { level: 1, name: /import_books/ }).waitFor();
  const { workers: [worker] } = await shop.json("/offstage/v1/workers");
  await page.getByText(`by worker ${worker.name}`).waitFor();
  await shot(page, "jobs-one");
  assert.deepEqual(await axeFaults(page), []);
  await close(page);
});

test("a paused queue keeps its jobs until it is resumed; a job is cancelled and retried", async () => {
  const page = await page_at("#/queues");
  await page.getByRole("button", { name: "Pause queue imports" }).click();
  await page.getByRole("button", { name: "Resume queue imports" }).waitFor();
  const { job } = await shop.json("/api/v1/upload/waits.csv", { method: "PUT", body: books(7) });
  await page.goto(shop.url + "/offstage/#/jobs/" + job.id);
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("button", { name: "Retry" }).click();
  await page.getByRole("button", { name: "Cancel" }).waitFor();
  await page.goto(shop.url + "/offstage/#/queues");
  await page.getByRole("button", { name: "Resume queue imports" }).click();
  await page.goto(shop.url + "/offstage/#/jobs/" + job.id);
  await page.getByText("Upload the file again").first().waitFor(); // its file went with its cancel
  await close(page);
});

test("a job that the shop looks up is not deleted: the import stays what it was", async () => {
  const imported = await shop.upload("looked-up.csv", books(9, 4));
  const page = await page_at("#/jobs/" + imported.job_id);
  await page.getByRole("button", { name: "Retry" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Delete" }).count(), 0, "it is not offered");
  await page.goto(shop.url + "/offstage/#/jobs");
  await page.getByRole("checkbox", { name: "Select all jobs shown" }).click();
  await page.getByRole("region", { name: "Selected jobs" }).getByRole("button", { name: "Retry" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Delete" }).count(), 0, "nor for several");
  const refused = await fetch(`${shop.url}/offstage/v1/jobs/${imported.job_id}/delete`, { method: "POST" });
  assert.equal(refused.status, 409);
  assert.match((await refused.json()).detail, /is kept: its program looks it up \(kind import_books\)/);
  assert.deepEqual(await shop.json("/api/v1/imports/" + imported.id), imported);
  await close(page);
});

test("a job is deleted after a question", async () => {
  const [id] = await greeter.greet(1);
  const page = await open(browser, greeter.url + "#/jobs/" + id);
  await page.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").waitFor();
  await shot(page, "jobs-question");
  assert.deepEqual(await axeFaults(page), []);
  await page.getByRole("dialog").getByRole("button", { name: "Delete it" }).click();
  await page.getByText("was deleted").waitFor();
  assert.equal((await fetch(`${greeter.url}v1/jobs/${id}`)).status, 404);
  await close(page);
});

test("durations are told as people say them", async () => {
  const page = await open(browser, greeter.url);
  const said = await page.evaluate(async (at) => {
    const { duration } = await import(at);
    return [0, 0.35, 1, 1500, 90_000].map(duration);
  }, greeter.url + "format.js");
  assert.deepEqual(said, ["under 1 ms", "350 µs", "1 ms", "1.5 s", "1 min 30 s"]);
  await close(page);
});

test("several jobs are chosen and deleted at once", async () => {
  await greeter.greet(3);
  const page = await open(browser, greeter.url + "#/jobs");
  await page.getByRole("checkbox", { name: "Select all jobs shown" }).click();
  await shot(page, "jobs-selected");
  assert.deepEqual(await axeFaults(page), []);
  await tabTo(page, page.getByRole("button", { name: "Clear selection" }), "Shift+Tab");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Clear selection" }).waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "H1");
  await page.getByRole("checkbox", { name: "Select all jobs shown" }).click();
  await page.getByRole("region", { name: "Selected jobs" }).getByRole("button", { name: "Delete" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("No job yet").waitFor();
  assert.equal((await greeter.json("v1/jobs")).jobs.length, 0);
  await close(page);
});

test("jobs are shown though others change meanwhile; these are asked for after that answer", async () => {
  const [id] = await greeter.greet(1);
  const page = await open(browser, greeter.url + "#/queues");
  await page.locator(".connection.live").waitFor();
  const { held, asked } = await hold(page, "**/v1/jobs?*");
  await page.evaluate(() => { location.hash = "#/jobs?state=done"; });
  await asked(1);
  for (const done of [2, 3]) {
    await greeter.greet(1);
    await page.locator(".tabs a", { hasText: `done ${done}` }).waitFor(); // counted by the queues, which are not held
  }
  assert.equal(held.length, 1);
  const { jobs } = await greeter.json("v1/jobs?state=done");
  const first = jobs.filter((job) => job.id === id); // as it was then
  await held[0].fulfill({ contentType: "application/json", body: JSON.stringify({ jobs: first, next: null }) });
  await page.getByRole("checkbox", { name: `Select job ${id}` }).waitFor();
  await (await asked(2)).continue();
  await page.getByRole("checkbox", { name: /^Select job \d/ }).nth(2).waitFor();
  await greeter.json("v1/jobs/delete", { ids: jobs.map((job) => job.id) });
  await close(page);
});

test("a server that goes away is said, and the page goes on by itself once it is back", async () => {
  const page = await page_at("");
  await page.locator(".connection.live").waitFor();
  await shop.end("SIGKILL");
  await page.getByText("The server does not answer since").waitFor();
  await shot(page, "jobs-disconnected");
  assert.deepEqual(await axeFaults(page), []);
  await shop.start();
  await page.locator(".connection.live").waitFor();
  await shop.upload("after.csv", books(10));
  await page.getByRole("link", { name: /done in imports/ }).waitFor();
  await close(page);
});

test("two tabs share one stream", async () => {
  const first = await page_at("");
  await first.locator(".connection.live").waitFor();
  const second = await first.context().newPage();
  const streams = [];
  second.on("request", (request) => { if (request.url().endsWith("/v1/events")) streams.push(request.url()); });
  await second.goto(shop.url + "/offstage/");
  await second.locator(".connection.live").waitFor();
  assert.deepEqual(streams, []);
  await first.close(); // the second takes over
  await shop.upload("tabs.csv", books(20));
  await second.goto(shop.url + "/offstage/#/jobs");
  await second.getByRole("link", { name: /import_books/ }).first().waitFor();
  await second.context().close();
});

test("the keyboard alone reaches a job and acts on it", async () => {
  await greeter.greet(1);
  const page = await open(browser, greeter.url + "#/jobs");
  await page.getByRole("link", { name: /greet/ }).first().waitFor();
  await tabTo(page, page.getByRole("link", { name: /greet/ }).first());
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: /greet/ }).waitFor();
  const button = page.getByRole("button", { name: "Delete" });
  await button.waitFor();
  await tabTo(page, button);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape"); // keeps it
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  assert.equal(await button.isVisible(), true);
  await close(page);
});

for (const [name, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 390, height: 844 } }]])
  test(`it looks right ${name}: nothing wider than the window, nothing that axe finds`, async () => {
    await shop.upload(`${name}.csv`, books(200, 3));
    const page = await page_at("", options);
    for (const [view, heading] of [["", "Overview"], ["#/jobs", "Jobs"], ["#/queues", "Queues"], ["#/workers", "Workers"]]) {
      await page.goto(shop.url + "/offstage/" + view);
      await page.getByRole("heading", { level: 1, name: heading }).waitFor();
      await page.locator(".loading").first().waitFor({ state: "detached" });
      await shot(page, `jobs-${heading.toLowerCase()}-${name}`);
      assert.deepEqual(await axeFaults(page), []);
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth), false);
    }
    await close(page);
  });
