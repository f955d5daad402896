// Sends the chosen file. XMLHttpRequest, for fetch does not tell how far an upload is.

import { bytes, element, say, sentence } from "./dom.js";

const form = document.getElementById("upload");
const file = document.getElementById("file");
const send = document.getElementById("send");
const bar = document.getElementById("upload-bar");
const status = document.getElementById("upload-status");

function notice(kind, ...children) {
  status.replaceChildren(element("p", { class: `notice ${kind}` }, ...children));
}

function put(chosen, again, onImport) {
  const request = new XMLHttpRequest();
  request.open("PUT", `/api/v1/upload/${encodeURIComponent(chosen.name)}${again ? "?again=1" : ""}`);
  request.responseType = "json";
  request.upload.onprogress = (event) => {
    bar.max = event.total || 1;
    bar.value = event.loaded;
    if (!status.firstChild) notice("", "");
    say(status.firstChild, `Sending ${chosen.name}: ${bytes(event.loaded)} of ${bytes(event.total)}`);
  };
  request.upload.onload = () => notice("", `Looking at ${chosen.name}…`);
  request.onloadend = () => {
    send.disabled = false;
    bar.hidden = true;
    const answer = request.response;
    if (request.status === 201) {
      notice("good", `${answer.import.file} is on its way into the book table.`);
      form.reset();
      onImport(answer.import);
    } else if (request.status === 200) {
      notice("", `The same content was uploaded within the last hour: it is import ${answer.import.id}. `,
        element("button", { type: "button", onclick: () => start(chosen, true, onImport) }, "Import it again"));
      onImport(answer.import);
    } else {
      notice("bad", request.status === 0 ? "The upload broke off. Try it again." : sentence(answer, request.status));
    }
  };
  request.send(chosen);
}

function start(chosen, again, onImport) {
  send.disabled = true;
  bar.removeAttribute("value");
  bar.hidden = false;
  notice("", `Sending ${chosen.name}…`);
  put(chosen, again, onImport);
}

export function watchUpload(onImport) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (file.files.length > 0) start(file.files[0], false, onImport);
  });
}
