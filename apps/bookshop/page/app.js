// The frame: what is on the page, and whether the shop answers.
import { html, render } from "/offstage/ui.js";
import { Messages, Question } from "/offstage/common.js";
import { clock } from "/offstage/format.js";
import { may, meet, who } from "/offstage/who.js";
import { loggedOut } from "./api.js";
import { Books } from "./books.js";
import { Imports } from "./imports.js";
import { connection, look, lostAt } from "./live.js";
import { Uploads } from "./uploads.js";

const states = { connecting: "connecting", live: "live", lost: "disconnected" };

const App = () => html`
  <a class="skip" href="#books" onClick=${(event) => { event.preventDefault(); document.getElementById("books-title").focus(); }}>Skip to the books</a>
  <header>
    <h1><img src="/icon.svg" alt="" width="26" height="26" /> Bookshop</h1>
    <nav aria-label="Other pages"><a href="/offstage/">Jobs</a></nav>
    <span class=${"connection " + connection.value}><span class="dot" aria-hidden="true"></span><span class="hidden">Connection: </span>${states[connection.value]}</span>
    ${who.value.user ? html`<form class="user" method="post" action="/logout"><span>${who.value.user}</span> <button class="link">Log out</button></form>` : null}
  </header>
  <div role="status">${loggedOut.value
    ? html`<p class="lost">Your login has ended. <button type="button" onClick=${() => location.reload()}>Log in again</button></p>` : null}
  ${connection.value === "lost"
    ? html`<p class="lost">The shop does not answer since ${clock(lostAt.value)}. What is shown is from before; this page goes on by itself once it is back.</p>` : null}</div>
  <main>
    <div class="side">${may("work") ? html`<${Uploads} />` : null}<${Imports} /></div>
    <${Books} />
  </main>
  <${Messages} />
  <${Question} />`;

// A browser would leave the shop for a file that is dropped on it.
for (const type of ["dragover", "drop"])
  addEventListener(type, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    if (!may("work")) event.dataTransfer.dropEffect = "none";
  });

await meet();
render(html`<${App} />`, document.getElementById("app"));
look();
