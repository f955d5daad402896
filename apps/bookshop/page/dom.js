// What every part of the page needs: elements, numbers for people, questions to the server.

const number = new Intl.NumberFormat("en");

/** An element with properties (`class`, `onclick`, `aria-…`) and children; null and false children are left out. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Sets an element's text only where it is another, so that screen readers hear changes alone. */
export function say(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

export const count = (n) => number.format(n);
export const counted = (n, one, many) => `${count(n)} ${n === 1 ? one : many}`;

export function bytes(n) {
  for (const unit of ["bytes", "KB", "MB"]) {
    if (n < 1000) return `${n < 10 && unit !== "bytes" ? n.toFixed(1) : Math.round(n)} ${unit}`;
    n /= 1000;
  }
  return `${n.toFixed(1)} GB`;
}

export function seconds(s) {
  if (s < 60) return `${Math.max(1, Math.round(s))} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${Math.round(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${Math.round((s % 3600) / 60)} min`;
}

/** What went wrong, as a sentence of the server's where it said one. */
export function sentence(answer, status) {
  const said = answer && (answer.response || answer.detail || answer.title);
  return typeof said === "string" ? said : `The server answered with an error (${status}).`;
}

/** Asks for JSON. Throws an Error with a sentence; its `lost` tells that nobody answered. */
export async function ask(url, options = {}) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw Object.assign(new Error("The shop does not answer."), { lost: true });
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new Error(sentence(answer, response.status));
  if (answer === null) throw Object.assign(new Error("The answer broke off."), { lost: true });
  return answer;
}

/** Previous, where we are, next. `page` is from 1; nothing is shown of a list that fits one page. */
export function showPager(target, { page, size, total, go }) {
  const last = Math.max(1, Math.ceil(total / size));
  if (last === 1) return target.replaceChildren();
  const focused = target.contains(document.activeElement) ? document.activeElement.dataset.step : null;
  const step = (label, to, name) =>
    element("button", { type: "button", "data-step": name, disabled: to < 1 || to > last || to === page, onclick: () => go(to) }, label);
  const from = (page - 1) * size + 1;
  target.replaceChildren(
    step("First", 1, "first"),
    step("Previous", page - 1, "previous"),
    element("span", { class: "quiet" }, `${count(from)}–${count(Math.min(total, page * size))} of ${count(total)}`),
    step("Next", page + 1, "next"),
    step("Last", last, "last"),
  );
  const again = focused && target.querySelector(`[data-step=${focused}]`);
  if (again) (again.disabled ? target.querySelector("button:enabled") : again)?.focus();
}
