// Who has to log in, in a real browser: the login page, the cookie, and what each role is shown.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Shop, axeFaults, books, close, launch, open, shot } from "./support.mjs";

const secrets = { read: "r".repeat(24), work: "w".repeat(24), admin: "a".repeat(24) };
const folder = mkdtempSync(join(tmpdir(), "offstage-tokens."));
const tokens = join(folder, "tokens");
writeFileSync(tokens, `rita read ${secrets.read}\nwanda work ${secrets.work}\nalice admin ${secrets.admin}\n`);
const shop = new Shop("--token-file", tokens);
let browser;
before(async () => {
  await shop.start();
  const uploaded = await fetch(shop.url + "/api/v1/upload/three.csv", { method: "PUT", body: books(3), headers: { Authorization: "Bearer " + secrets.work } });
  assert.equal(uploaded.status, 201);
  browser = await launch();
});
after(async () => {
  await browser?.close();
  await shop.close();
  rmSync(folder, { recursive: true });
});

async function logIn(page, secret) {
  await page.getByLabel("Your token").fill(secret);
  await page.keyboard.press("Enter");
}
async function visit(path, role, options) {
  const page = await open(browser, shop.url + path, options);
  await logIn(page, secrets[role]);
  return page;
}

for (const [name, options] of [["light", {}], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 390, height: 844 } }]])
  test(`a visitor is asked for a token and goes on to where they were going: ${name}`, async () => {
    const page = await open(browser, shop.url + "/offstage/", options);
    assert.equal(new URL(page.url()).pathname, "/login");
    assert.deepEqual(await axeFaults(page), []);
    await logIn(page, "nobody's secret, by far");
    await page.getByText("This token is not known here.").waitFor();
    await shot(page, `login-${name}`);
    assert.deepEqual(await axeFaults(page), []);
    await logIn(page, secrets.admin);
    await page.getByRole("heading", { level: 1, name: "Overview" }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/offstage/");
    const [cookie] = await page.context().cookies();
    assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, "Strict"]);
    await close(page);
  });

test("who may only look is offered nothing else, in the shop and among its jobs", async () => {
  const page = await visit("/", "read");
  await page.locator(".import.done").waitFor();
  await page.getByRole("button", { name: "Title 1", exact: true }).click();
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.getByLabel("Title").isDisabled(), true);
  assert.deepEqual(await dialog.getByRole("button").allInnerTexts(), ["✕", "Close"]);
  assert.deepEqual(await axeFaults(page), []);
  await page.keyboard.press("Escape");
  await shot(page, "shop-read-only");
  for (const name of ["Choose files", "Add a book", "Again"]) assert.equal(await page.getByRole("button", { name }).count(), 0, name);
  assert.equal(await page.getByRole("checkbox", { name: /^Select/ }).count(), 0);
  await page.goto(shop.url + "/offstage/#/jobs");
  await page.getByRole("link", { name: /import_books/ }).click();
  await page.getByRole("heading", { name: "Timeline" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Delete" }).count(), 0);
  await page.goto(shop.url + "/offstage/#/queues");
  await page.getByRole("rowheader", { name: "imports" }).waitFor();
  assert.equal(await page.getByRole("button", { name: /Pause/ }).count(), 0);
  await close(page);
});

test("a file that who may only look drops on the page is kept from the browser, which would leave the shop for it", async () => {
  const page = await visit("/", "read");
  await page.locator(".import.done").waitFor();
  const prevented = await page.evaluate(() => {
    const dataTransfer = new DataTransfer();
    dataTransfer.items.add(new File(["text"], "one.csv"));
    const drag = (type) => new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer });
    return ["dragover", "drop"].map((type) => !document.querySelector("main").dispatchEvent(drag(type)));
  });
  assert.deepEqual(prevented, [true, true]);
  assert.equal(await page.locator(".import, .upload").count(), 1, "nor is it sent");
  await close(page);
});

test("who may work imports a file, and changes no book", async () => {
  const page = await visit("/", "work");
  await page.getByRole("button", { name: "Choose files" }).waitFor();
  await page.setInputFiles("input[type=file]", { name: "two.csv", mimeType: "text/csv", buffer: Buffer.from(books(2)) });
  await page.locator(".import.done", { hasText: "two.csv" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Add a book" }).count(), 0);
  await close(page);
});

test("a view that was kept is there after the login, also where the first token was wrong", async () => {
  const page = await open(browser, shop.url + "/#search=title&ordering=-price");
  await logIn(page, "nobody's secret, by far");
  await page.getByText("This token is not known here.").waitFor();
  await logIn(page, secrets.read);
  await page.locator("th[aria-sort=descending]", { hasText: "Price" }).waitFor();
  assert.equal(page.url(), shop.url + "/#search=title&ordering=-price");
  assert.equal(await page.getByRole("searchbox").inputValue(), "title");
  await close(page);
});

test("a login that ends under an open page is said, and another one goes on", async () => {
  const page = await visit("/", "admin");
  await page.getByRole("button", { name: "Add a book" }).waitFor();
  await page.context().clearCookies();
  await page.getByText("Your login has ended.").waitFor();
  await page.getByRole("button", { name: "Log in again" }).click();
  await logIn(page, secrets.admin);
  await page.getByText("alice").waitFor();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Your token").waitFor();
  assert.deepEqual(await page.context().cookies(), []);
  await close(page);
});
