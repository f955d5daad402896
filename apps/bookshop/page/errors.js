// The refused rows of one import: what is wrong with each, and what was given.

import { ask, count, element, showPager } from "./dom.js";

const size = 20;

function lines(row) {
  const fields = Object.keys(row.errors);
  return fields.map((field, index) => {
    const given = row.values[field];
    return element("tr", {},
      index === 0 ? element("th", { scope: "row", class: "number", rowspan: fields.length }, count(row.row)) : null,
      element("td", {}, field === "row" ? "whole row" : field),
      element("td", {}, row.messages[field].join(" ")),
      element("td", { class: "given" }, given === undefined ? "" : given === "" ? element("span", { class: "quiet" }, "empty") : String(given)));
  });
}

export async function showErrors(target, id, page) {
  target.classList.add("busy");
  let answer;
  try {
    answer = await ask(`/api/v1/imports/${id}/errors?page=${page}&page_size=${size}`);
  } catch (error) {
    target.replaceChildren(element("p", { class: "notice bad" }, error.message));
    return;
  } finally {
    target.classList.remove("busy");
  }
  let pager = target.querySelector(".pager");
  if (!pager) {
    pager = element("nav", { class: "pager", "aria-label": "Pages of refused rows" });
    const head = ["Row", "Field", "What is wrong", "Given"].map((name, i) => element("th", { scope: "col", class: i === 0 ? "number" : null }, name));
    target.replaceChildren(
      element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Refused rows" },
        element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody"))),
      pager);
  }
  target.querySelector("tbody").replaceChildren(...answer.results.flatMap(lines));
  showPager(pager, { page, size, total: answer.count, go: (to) => showErrors(target, id, to) });
}
