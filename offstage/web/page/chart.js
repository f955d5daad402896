// A line chart over time. What it shows is also told in words, for those who do not see it.
import uPlot from "./vendor/uplot.js";
import { html, useEffect, useRef } from "./ui.js";

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const height = 190;
const minute = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const second = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

/** Of a logarithmic axis only the powers of ten have a line and a name. */
const powers = (_, values) => values.map((value) => (value && Math.abs(Math.log10(value) % 1) < 1e-9 ? value : null));

/** A whole number of one unit: 100 µs, 10 ms, 100 s. */
const power = (ms) => (ms >= 1000 ? `${ms / 1000} s` : ms >= 1 ? `${ms} ms` : `${Math.round(ms * 1000)} µs`);

/** What has no neighbour is no line: it is drawn as a point. */
const lonely = (plot, series) => plot.data[series].flatMap((value, i, all) => (value !== null && all[i - 1] == null && all[i + 1] == null ? [i] : []));

function options(width, series, log) {
  const grid = { stroke: style("--line"), width: 1 };
  const marks = log ? { filter: powers } : {};
  const axis = { stroke: style("--muted"), ticks: { show: false }, font: "12px system-ui" };
  return {
    width, height, padding: [10, 8, 0, 0],
    legend: { show: false }, cursor: { y: false, points: { size: 6 } },
    scales: { x: { time: true }, y: log ? { distr: 3, log: 10 } : { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis, grid, size: 30, space: 80, values: (_, times, __, ___, step) => times.map((time) => (step < 60 ? second : minute).format(time * 1000)) },
      { ...axis, ...marks, grid: { ...grid, ...marks }, size: 60, space: 34, values: (_, values) => values.map((value) => (value === null ? "" : log ? power(value) : `${+value.toFixed(2)}/s`)) },
    ],
    series: [{}, ...series.map(({ label, color, dash }) => ({ label, stroke: style(color), width: 1.75, dash, points: { show: true, size: 5, filter: lonely } }))],
  };
}

/** samples: {at_ms, ...}; series: [{key, label, color, dash}]; format: a value for people. Rates are linear, latencies logarithmic. */
export function Chart({ title, samples, series, format, log = false }) {
  const box = useRef(null);
  const plot = useRef(null);
  const data = useRef(null);
  data.current = [samples.map((sample) => sample.at_ms / 1000), ...series.map(({ key }) =>
    samples.map((sample) => (sample[key] === null || (log && !sample[key]) ? null : sample[key])))];

  useEffect(() => {
    const element = box.current; // the view may be left before an effect or an observer comes to run
    if (!element) return undefined;
    const width = () => Math.max(200, element.clientWidth);
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(width(), series, log), data.current, element);
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: width(), height }));
    resized.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    return () => { resized.disconnect(); scheme.removeEventListener("change", draw); plot.current?.destroy(); plot.current = null; };
  }, []);
  useEffect(() => plot.current?.setData(data.current));

  const empty = data.current.slice(1).every((values) => values.every((value) => value === null));
  const last = samples.at(-1);
  const now = (key) => (last && last[key] !== null ? format(last[key]) : "–");
  const words = `${title}, now: ` + series.map(({ key, label }) => `${label} ${now(key)}`).join(", ");
  return html`
    <figure class="chart card">
      <figcaption>
        <h2>${title}</h2>
        <ul class="legend">
          ${series.map(({ key, label, color, dash }) => html`
            <li><span class=${"line " + color.slice(2) + (dash ? " dashed" : "")} aria-hidden="true"></span>${label} <strong>${now(key)}</strong></li>`)}
        </ul>
      </figcaption>
      <div class=${empty ? "plot nothing" : "plot"} ref=${box} role="img" aria-label=${words}></div>
      ${empty ? html`<p class="plot-empty">Nothing began or ended in this time.</p>` : null}
    </figure>`;
}
