// A line chart over time. What it shows is also told in words, for those who do not see it.
import uPlot from "./vendor/uplot.js";
import { html, useEffect, useRef } from "./ui.js";
import { clock } from "./format.js";

const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function options(width, height, series, format, log) {
  const axis = { stroke: style("--muted"), grid: { stroke: style("--line"), width: 1 }, ticks: { show: false }, font: "12px system-ui" };
  return {
    width, height, padding: [10, 8, 0, 0],
    legend: { show: false }, cursor: { y: false, points: { size: 6 } },
    scales: { x: { time: true }, y: log ? { distr: 3, log: 10 } : { range: (_, __, most) => [0, Math.max(1, most * 1.1)] } },
    axes: [
      { ...axis, space: 70, values: (_, times) => times.map((time) => clock(time * 1000).replace(/:\d\d(?=$|\s)/, "")) },
      { ...axis, size: 64, space: 34, values: (_, values) => values.map((value) => (value === null ? "" : format(value))) },
    ],
    series: [{}, ...series.map(({ label, color, dash }) => ({ label, stroke: style(color), width: 1.75, dash, points: { show: false } }))],
  };
}

/** samples: {at_ms, ...}; series: [{key, label, color, dash}]; format: a value for people. */
export function Chart({ title, samples, series, format, log = false }) {
  const box = useRef(null);
  const plot = useRef(null);
  const data = useRef(null);
  data.current = [samples.map((sample) => sample.at_ms / 1000), ...series.map(({ key }) =>
    samples.map((sample) => (sample[key] === null || (log && !sample[key]) ? null : sample[key])))];

  useEffect(() => {
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(options(Math.max(200, box.current.clientWidth), 180, series, format, log), data.current, box.current);
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: Math.max(200, box.current.clientWidth), height: 180 }));
    resized.observe(box.current);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", draw);
    return () => { resized.disconnect(); scheme.removeEventListener("change", draw); plot.current?.destroy(); plot.current = null; };
  }, []);
  useEffect(() => plot.current?.setData(data.current));

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
      <div class="plot" ref=${box} role="img" aria-label=${words}></div>
    </figure>`;
}
