// Queues: their counts, pause and resume.
import { html, useEffect, useState } from "./ui.js";
import { api } from "./api.js";
import { Empty, Failing, Loading, say } from "./common.js";
import { compact, count } from "./format.js";
import { queues, refreshQueues } from "./live.js";
import { states, useLoaded } from "./parts.js";
import { may } from "./who.js";

function PauseButton({ queue }) {
  const [busy, setBusy] = useState(false);
  const change = async () => {
    setBusy(true);
    try {
      await api.pause(queue.name, !queue.paused);
      say(queue.paused ? `Queue ${queue.name} goes on.` : `Queue ${queue.name} is paused: what runs ends, nothing new starts.`);
      await refreshQueues();
    } catch (error) {
      say(error.message, "bad");
    }
    setBusy(false);
  };
  return html`
    <button aria-pressed=${queue.paused ? "true" : "false"} aria-label=${(queue.paused ? "Resume queue " : "Pause queue ") + queue.name}
      aria-disabled=${busy ? "true" : "false"} onClick=${busy ? null : change}>${queue.paused ? "Resume" : "Pause"}</button>`;
}

export const QueueTable = ({ queues: known }) => html`
  <div class="scroll" tabindex="0" role="region" aria-label="Queues and their jobs">
    <table>
      <thead><tr><th scope="col">Queue</th>${states.map((state) => html`<th scope="col" class="number">${state}</th>`)}${may("admin") ? html`<th scope="col"><span class="hidden">Action</span></th>` : null}</tr></thead>
      <tbody>
        ${known.map((queue) => html`
          <tr key=${queue.name}>
            <th scope="row"><a href=${"#/jobs?queue=" + encodeURIComponent(queue.name)}>${queue.name}</a>${queue.paused ? html` <span class="badge">paused</span>` : null}</th>
            ${states.map((state) => html`
              <td class=${"number" + (queue[state] ? "" : " none")} title=${count(queue[state])}>
                ${queue[state] ? html`<a href=${`#/jobs?state=${state}&queue=${encodeURIComponent(queue.name)}`} aria-label=${`${count(queue[state])} ${state} in ${queue.name}`}>${compact(queue[state])}</a>` : "0"}
              </td>`)}
            ${may("admin") ? html`<td class="actions"><${PauseButton} queue=${queue} /></td>` : null}
          </tr>`)}
      </tbody>
    </table>
  </div>`;

export function Queues() {
  const { data, error, again } = useLoaded(async (signal) => { const answer = await api.queues(signal); queues.value = answer.queues; return answer; }, []);
  useEffect(() => { refreshQueues(); }, []);
  const known = queues.value ?? data?.queues;
  let body = html`<${Loading} />`;
  if (known && !known.length) body = html`<${Empty} title="No queue yet">A queue is there as soon as a job is put into it.<//>`;
  else if (known) body = html`<div class="card"><${QueueTable} queues=${known} /></div>`;
  else if (error) body = html`<${Failing} error=${error} again=${again} />`;
  return html`<h1 tabindex="-1">Queues</h1>${body}`;
}
