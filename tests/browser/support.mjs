// What the browser tests share: a bookshop as a real process in a folder of its own, Chromium, axe, screenshots.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const data = join(root, "apps/bookshop/testdata");
const program = process.env.BOOKSHOP_PROGRAM ?? join(root, "build/release/apps/bookshop/bookshop");
const pageProgram = process.env.JOBS_PAGE_PROGRAM ?? join(root, "build/release/examples/jobs_page");
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Screenshots are kept here, to be looked at. */
export const screenshots = process.env.OFFSTAGE_SCREENSHOTS ?? join(root, "build/screenshots");

/** Where the shop keeps its data, and the process while it runs. */
export class Shop {
  folder = mkdtempSync(join(tmpdir(), "offstage-browser."));
  port = 0;
  constructor(...options) {
    this.options = options; // of serve
  }

  /** Starts it and waits until it is open; again at the same port, as pages that are open expect it. */
  async start() {
    this.process = spawn(program, ["serve", "--listen", `127.0.0.1:${this.port}`, "--data-dir", this.folder, ...this.options],
      { stdio: ["ignore", "pipe", "inherit"] });
    this.ended = new Promise((resolve) => this.process.once("exit", resolve));
    let said = "";
    this.url = await new Promise((resolve, reject) => {
      this.process.stdout.on("data", (text) => {
        said += text;
        const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said);
        if (found) { this.port = Number(found[1]); resolve(found[0]); }
      });
      this.ended.then(() => reject(new Error("the shop did not open: " + said)));
    });
  }
  async end(signal = "SIGTERM") {
    this.process.kill(signal);
    await this.ended;
  }
  async close() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.end();
    rmSync(this.folder, { recursive: true });
  }

  async json(path, options) {
    const response = await fetch(this.url + path, options);
    return response.status === 204 ? null : response.json();
  }
  /** Waits, by asking, until an import has ended; gives it. */
  async imported(id) {
    for (;;) {
      const found = await this.json("/api/v1/imports/" + id);
      if (["done", "failed", "cancelled"].includes(found.state)) return found;
    }
  }
  /** Uploads a file's text past the page; gives its import once that has ended. */
  async upload(name, text) {
    const answer = await this.json("/api/v1/upload/" + name, { method: "PUT", body: text });
    return this.imported(answer.import.id);
  }
}

/** The program examples/jobs_page, whose jobs nobody looks up: kind greet, done here, and shout, done by nobody. */
export class Page {
  folder = mkdtempSync(join(tmpdir(), "offstage-browser."));
  async start() {
    this.process = spawn(pageProgram, ["0"], { cwd: this.folder, stdio: ["pipe", "pipe", "inherit"] });
    this.ended = new Promise((resolve) => this.process.once("exit", resolve));
    const [said] = await once(this.process.stdout, "data");
    this.url = String(said).trim();
  }
  async close() {
    this.process.stdin.end();
    await this.ended;
    rmSync(this.folder, { recursive: true });
  }
  async json(path, body) {
    const response = await fetch(this.url + path, body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    return response.json();
  }
  /** Puts in so many greetings, and waits until they are done; gives their ids. */
  async greet(number) {
    const { jobs } = await this.json("v1/jobs", { jobs: Array.from({ length: number }, (_, i) => ({ kind: "greet", args: { name: `N${i}` } })) });
    for (const { id } of jobs) await this.json(`v1/jobs/${id}?wait=10s`);
    return jobs.map(({ id }) => id);
  }
}

export const header = "title,author,book_type,isbn,year_published,price,no_of_pages,quantity,description\n";
/** A CSV file of so many good books, every `bad`th of which is refused. */
export function books(rows, bad = Infinity) {
  let text = header;
  for (let i = 1; i <= rows; ++i) text += `Title ${i},An author,${i % bad ? "Comic" : "Novel"},978${i},2001,9.50,100,3,text\n`;
  return text;
}

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

/** A page that fails its test at the first error in its console, and at any request that leaves the shop. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 }, ...options });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push("error: " + error.message));
  page.on("console", (message) => {
    // A server that is away, or that refuses what a test asks for, is said by the browser too.
    if (message.type() === "error" && !/Failed to load resource|ERR_CONNECTION|ERR_INCOMPLETE|ERR_EMPTY/.test(message.text()))
      page.faults.push("console: " + message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith("data:") && !request.url().startsWith("blob:"))
      page.faults.push("outside: " + request.url());
  });
  await page.goto(url);
  return page;
}

/** Holds back what the page asks for by that pattern, in `held`, as it comes; `asked(n)` waits for the n-th, from 1, and gives it. */
export async function hold(page, pattern) {
  const held = [];
  const waiting = [];
  await page.route(pattern, (route) => {
    held.push(route);
    waiting.splice(0).forEach((look) => look());
  });
  const asked = async (count) => {
    while (held.length < count)
      await new Promise((come, fail) => {
        const late = setTimeout(() => fail(new Error(`${held.length} of ${count} were asked for: ${pattern}`)), 10_000);
        waiting.push(() => { clearTimeout(late); come(); });
      });
    return held[count - 1];
  };
  return { held, asked };
}

/** Ends what open() began. */
export async function close(page) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

/** What axe finds wrong with the page as it stands; [] where nothing. */
export async function axeFaults(page) {
  // By the debugger, past the page's policy, which lets no script in.
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** Goes there as who has no mouse does. */
export async function tabTo(page, locator, key = "Tab") {
  for (let i = 0; i < 80; ++i) {
    if (await locator.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  assert.fail("no way there by " + key);
}

export async function shot(page, name) {
  mkdirSync(screenshots, { recursive: true });
  await page.screenshot({ path: join(screenshots, name + ".png"), fullPage: false });
}
