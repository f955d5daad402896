// Whose jobs these are, who looks at them, and what they may do: pages leave out what the server would refuse.
// For the pages of a program too, which import it from where the jobs page is mounted.
import { signal } from "./ui.js";

/** {program, home, user, role}; `user` is empty where nobody has to log in. */
export const who = signal({ program: "", home: "", user: "", role: "admin" });

const roles = ["read", "work", "admin"];
export const may = (role) => roles.indexOf(who.value.role) >= roles.indexOf(role);

/** Asks the server; before a page is drawn, so that nothing comes and goes. Without an answer nothing is left out. */
export async function meet() {
  try {
    const response = await fetch(new URL("program.json", import.meta.url));
    if (response.ok) who.value = await response.json();
  } catch { /* the page says by itself that nobody answers */ }
}
