// Numbers and times for people.

const whole = new Intl.NumberFormat("en");
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export const count = (number) => whole.format(number ?? 0);
/** 12,345 becomes 12.3K: where there is little room; the exact one goes into a title. */
export const compact = (number) => (Math.abs(number) < 10_000 ? whole.format(number) : short.format(number));

export function rate(perSecond) {
  if (!perSecond) return "0/s";
  if (perSecond >= 100) return `${compact(Math.round(perSecond))}/s`;
  if (perSecond >= 1) return `${+perSecond.toFixed(1)}/s`;
  return `${+(perSecond * 60).toFixed(1)}/min`;
}

/** Two figures at most of the units that say something, as the logs do. */
export function duration(ms) {
  if (ms === null || ms === undefined || Number.isNaN(ms)) return "–";
  const us = Math.round(Math.max(0, ms) * 1000);
  if (us === 0) return "under 1 ms"; // times of the API are compared by milliseconds
  if (us < 1000) return `${us} µs`;
  if (us < 10_000) return `${+(us / 1000).toFixed(1)} ms`;
  if (us < 1_000_000) return `${Math.round(us / 1000)} ms`;
  const s = us / 1_000_000;
  if (s < 10) return `${+s.toFixed(1)} s`;
  if (s < 60) return `${Math.round(s)} s`;
  const pair = (big, bigUnit, little, littleUnit) => (little ? `${big} ${bigUnit} ${little} ${littleUnit}` : `${big} ${bigUnit}`);
  if (s < 3600) return pair(Math.floor(s / 60), "min", Math.floor(s % 60), "s");
  if (s < 86_400) return pair(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return pair(Math.floor(s / 86_400), "d", Math.floor((s % 86_400) / 3600), "h");
}

/** "3 min ago", "in 20 s", "just now". */
export function ago(time, now) {
  const ms = now - Date.parse(time);
  if (Math.abs(ms) < 2000) return "just now";
  const rough = duration(Math.round(Math.abs(ms) / 1000) * 1000).split(" ").slice(0, 2).join(" ");
  return ms > 0 ? `${rough} ago` : `in ${rough}`;
}

export const absolute = (time) => new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" });
export const clock = (ms) => new Date(ms).toLocaleTimeString(undefined, { timeStyle: "medium", hourCycle: "h23" });
const fine = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });
/** "09:30:00.123", of the reader's own day. */
export const fineClock = (time) => fine.format(new Date(time));

/** How long between two times of the API. */
export const between = (from, to) => (from && to ? Date.parse(to) - Date.parse(from) : null);

/** "1 job", "2 jobs". */
export const plural = (number, one, many = one + "s") => `${count(number)} ${number === 1 ? one : many}`;
