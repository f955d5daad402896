// Workers: who takes jobs.
import { html, useEffect } from "./ui.js";
import { api } from "./api.js";
import { Empty, Failing, Loading } from "./common.js";
import { count } from "./format.js";
import { stats } from "./live.js";
import { Time, now, useLoaded, useThrottled } from "./parts.js";

const silence = 30_000; // ms after which a worker that says nothing may be dead
const isSilent = (worker) => now.value - Date.parse(worker.heartbeat_at) > silence;

export function Workers() {
  const { data, error, again } = useLoaded((signal) => api.workers(signal), []);
  const soon = useThrottled(again, 2000);
  useEffect(() => stats.subscribe((sample) => { if (sample) soon(); }), []);
  let body = html`<${Loading} />`;
  if (data && !data.workers.length) body = html`
    <${Empty} title="No worker">Jobs wait in their queues until a worker of a program starts, or one in another language asks for them over the API.<//>`;
  else if (data) body = html`
    <div class="card scroll" tabindex="0" role="region" aria-label="Workers">
      <table>
        <thead><tr><th scope="col">Worker</th><th scope="col" class="number">Running</th><th scope="col">Started</th><th scope="col">Last heard</th></tr></thead>
        <tbody>
          ${data.workers.map((worker) => html`
            <tr key=${worker.id}>
              <th scope="row">${worker.name} <span class="id">${worker.id}</span></th>
              <td class="number">${count(worker.running)}</td>
              <td><${Time} at=${worker.started_at} /></td>
              <td><${Time} at=${worker.heartbeat_at} />${isSilent(worker) ? html` <span class="badge">silent</span>` : null}</td>
            </tr>`)}
        </tbody>
      </table>
    </div>`;
  else if (error) body = html`<${Failing} error=${error} again=${again} />`;
  return html`<h1 tabindex="-1">Workers</h1>${body}`;
}
