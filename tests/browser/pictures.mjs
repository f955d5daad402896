// Makes the README's pictures: docs/pictures/jobs.png and, by ffmpeg, the recording of an import.
//
//   ./dev pictures
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Shop, books, data, launch, open, root } from "./support.mjs";

const pictures = join(root, "docs/pictures");
mkdirSync(pictures, { recursive: true });
const frames = mkdtempSync(join(tmpdir(), "offstage-frames."));
const shop = new Shop();
await shop.start();
const browser = await launch();
const page = await open(browser, shop.url, { viewport: { width: 1320, height: 760 } });
await page.getByText("The shop has no books yet").waitFor();

let frame = 0;
const record = () => page.screenshot({ path: join(frames, String(frame++).padStart(4, "0") + ".png") });
await record();
await page.setInputFiles("input[type=file]", ["books.csv", "books-dirty.csv"].map((name) => join(data, name)));
await page.locator(".import.done").nth(1).waitFor();
for (let i = 0; i < 4; ++i) await record();
await page.setInputFiles("input[type=file]", { name: "many-books.csv", mimeType: "text/csv", buffer: Buffer.from(books(800_000, 50)) });
const large = page.locator(".import.done", { hasText: "many-books.csv" });
while (!(await large.count()) && frame < 200) await record();
for (let i = 0; i < 6; ++i) await record();
await page.getByRole("searchbox").fill("harry potter");
for (let i = 0; i < 12; ++i) await record();

await page.goto(shop.url + "/offstage/");
await page.getByRole("heading", { name: "Failed lately" }).waitFor();
await page.screenshot({ path: join(pictures, "jobs.png") });
await browser.close();
await shop.close();

const made = spawnSync("ffmpeg", ["-loglevel", "error", "-y", "-framerate", "8", "-i", join(frames, "%04d.png"),
  "-vf", "scale=900:-1:flags=lanczos,split[a][b];[a]palettegen=max_colors=64[p];[b][p]paletteuse=dither=none", join(pictures, "import.gif")], { stdio: "inherit" });
rmSync(frames, { recursive: true });
process.exit(made.status ?? 1);
