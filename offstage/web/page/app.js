// The frame: which view the address names, the connection's state, messages. Views are one file each.
import { html, render, signal, useEffect, useRef } from "./ui.js";
import { loggedOut } from "./api.js";
import { Empty, Messages, Question } from "./common.js";
import { clock } from "./format.js";
import { Job } from "./job.js";
import { Jobs } from "./jobs.js";
import { connection, lostAt, start } from "./live.js";
import { Overview } from "./overview.js";
import { Queues } from "./queues.js";
import { meet, who } from "./who.js";
import { Workers } from "./workers.js";

const route = signal(read());

function read() {
  const [path, query = ""] = location.hash.replace(/^#/, "").split("?");
  return { path: path || "/", parameters: new URLSearchParams(query) };
}
addEventListener("hashchange", () => { route.value = read(); });

function view({ path, parameters }) {
  const job = /^\/jobs\/(\d+)$/.exec(path);
  if (path === "/") return ["Overview", html`<${Overview} />`];
  if (path === "/jobs") return ["Jobs", html`<${Jobs} parameters=${parameters} />`];
  if (job) return [`Job ${job[1]}`, html`<${Job} key=${job[1]} id=${job[1]} />`];
  if (path === "/queues") return ["Queues", html`<${Queues} />`];
  if (path === "/workers") return ["Workers", html`<${Workers} />`];
  return ["Not found", html`<h1 tabindex="-1">Not found</h1><${Empty} title="There is nothing at this address">The views are above.<//>`];
}

const links = [["/", "Overview"], ["/jobs", "Jobs"], ["/queues", "Queues"], ["/workers", "Workers"]];
const states = { live: "live", connecting: "connecting", lost: "disconnected" };

function App() {
  const { path } = route.value;
  const { program: name, home, user } = who.value;
  const [title, body] = view(route.value);
  const main = useRef(null);
  const first = useRef(true);
  useEffect(() => { document.title = `${title} · ${name ? `${name} jobs` : "Offstage"}`; });
  useEffect(() => {
    // A new view begins at its heading, also for who does not see it.
    if (!first.current) main.current.querySelector("h1")?.focus();
    first.current = false;
  }, [path]);
  return html`
    <a class="skip" href="#main" onClick=${(event) => { event.preventDefault(); main.current.querySelector("h1")?.focus(); }}>Skip to the content</a>
    <header>
      <a class="brand" href="#/"><img src="icon.svg" alt="" width="24" height="24" />Offstage</a>
      ${home ? html`<a class="home" href=${home}><span aria-hidden="true">← </span>${name || "Back"}</a>` : null}
      <nav aria-label="Views">
        ${links.map(([to, name]) => html`<a href=${"#" + to} aria-current=${(to === "/" ? path === "/" : path.startsWith(to)) ? "page" : null}>${name}</a>`)}
      </nav>
      <span class=${"connection " + connection.value}><span class="dot" aria-hidden="true"></span><span class="hidden">Connection: </span>${states[connection.value]}</span>
      ${user ? html`<form class="user" method="post" action="/logout"><span>${user}</span> <button class="link">Log out</button></form>` : null}
    </header>
    <div role="status" aria-live="polite">
      ${loggedOut.value ? html`<p class="notice">Your login has ended. <button class="link" onClick=${() => location.reload()}>Log in again</button></p>`
        : connection.value === "lost" ? html`<p class="notice">The server does not answer since ${clock(lostAt.value)}. What is shown is from before; this page goes on by itself once it is back.</p>` : null}
    </div>
    <main id="main" ref=${main}>${body}</main>
    <${Messages} />
    <${Question} />`;
}

start();
await meet();
const page = document.getElementById("page");
page.replaceChildren();
render(html`<${App} />`, page);
