// The page scans are dropped on: send them, follow them, show what came of each.

import { droppedFiles, scansOf } from "./series.js";

const at = (id) => document.getElementById(id);
const OURS = { "X-Lumenfield": "1" };
const STAGES = { start: "starting", load: "reading", network: "network", refinement: "refining the wall", write: "writing" };
const SETTINGS = ["model", "spacing", "part", "time"];
const rows = new Map();
const sending = new Map();
let timer;

start();

async function start() {
  const options = await (await fetch("/api/options")).json();
  at("model").append(...options.models.map((name) => new Option(name, name)));
  at("kinds").textContent = options.suffixes.join(" ");
  at("limit").textContent = `one file a scan, or the files of a DICOM series; up to ${options.max_upload_mb} MB`;
  at("kept").textContent =
    `Scans stay on the machine that runs this page, and are removed ${options.keep_minutes} minutes ` +
    "after they are done, or when it ends.";
  at("file").addEventListener("change", async () => {
    const files = [...at("file").files];
    at("file").value = "";
    (await scansOf(files)).forEach(send);
  });
  for (const kind of ["dragenter", "dragover", "dragleave", "drop"])
    window.addEventListener(kind, async (event) => {
      event.preventDefault();
      at("drop").classList.toggle("over", kind === "dragenter" || kind === "dragover");
      if (kind === "drop") (await scansOf(await droppedFiles(event.dataTransfer))).forEach(send);
    });
  await follow();
  document.body.dataset.ready = "true";
}

function send({ name, body }) {
  at("error").hidden = true;
  const said = SETTINGS.map((id) => [id, at(id).value]);
  const asked = new URLSearchParams([["name", name], ...said]);
  const request = new XMLHttpRequest(); // fetch does not tell how much is sent
  const key = `sending ${name} ${performance.now()}`;
  const told = { id: key, name, state: "uploading", done: 0, total: body.size };
  const show = () => showScan(told);
  sending.set(key, request);
  request.upload.onprogress = (event) => {
    told.done = event.loaded;
    show();
  };
  request.onloadend = () => {
    drop(key);
    sending.delete(key);
    if (request.status !== 202) fail(name, request.responseText);
    follow();
  };
  request.open("POST", `/api/scans?${asked}`);
  for (const [header, value] of Object.entries({ ...OURS, "Content-Type": "application/octet-stream" }))
    request.setRequestHeader(header, value);
  request.send(body);
  show();
}

function fail(name, answer) {
  let message = "the connection was lost; is the server still running?";
  try {
    message = JSON.parse(answer).message;
  } catch {} // Not an answer of the server's.
  at("error").textContent = message.startsWith(name) ? message : `${name}: ${message}`;
  at("error").hidden = false;
}

// Ask again as long as something goes on.
async function follow() {
  clearTimeout(timer);
  let scans;
  try {
    ({ scans } = await (await fetch("/api/scans")).json());
  } catch {
    return fail("page", "");
  }
  scans = scans.filter(({ state }) => state !== "uploading"); // shown by whoever sends it
  const here = new Set(scans.map(({ id }) => id));
  for (const id of rows.keys()) if (!here.has(id) && !sending.has(id)) drop(id);
  scans.forEach(showScan);
  at("empty").hidden = rows.size > 0;
  if (scans.some(({ state }) => state === "waiting" || state === "running"))
    timer = setTimeout(follow, 500);
}

function showScan(scan) {
  if (!rows.has(scan.id)) {
    const row = at("row").content.firstElementChild.cloneNode(true);
    row.querySelector(".remove").addEventListener("click", () => remove(scan.id));
    rows.set(scan.id, row);
    at("scans").prepend(row);
    at("empty").hidden = true;
  }
  const part = (name) => rows.get(scan.id).querySelector(name);
  rows.get(scan.id).dataset.state = scan.state;
  part(".name").textContent = scan.name;
  part(".state").textContent = describe(scan);
  const bar = part("progress");
  bar.hidden = scan.state === "done" || scan.state === "failed";
  if (scan.total && scan.state !== "waiting") bar.value = scan.done / scan.total;
  else bar.removeAttribute("value");
  part(".problem").hidden = !scan.error;
  part(".problem").textContent = scan.error?.message ?? "";
  const links = { ".view": `/cases/${scan.id}`, ".report": `/cases/${scan.id}/report`, ".pack": `/api/cases/${scan.id}/pack` };
  for (const [name, address] of Object.entries(links)) {
    part(name).hidden = scan.state !== "done";
    part(name).href = address;
  }
}

function describe({ state, stage, done, total, ahead }) {
  if (state === "uploading") return total && done >= total ? "sent" : "sending";
  if (state === "waiting") return ahead ? `waiting, ${ahead} before it` : "waiting";
  if (state === "running") {
    const count = total > 1 && done ? ` ${done} of ${total}` : "";
    return (STAGES[stage] ?? stage) + count;
  }
  return state;
}

async function remove(id) {
  if (sending.has(id)) return sending.get(id).abort();
  await fetch(`/api/scans/${id}`, { method: "DELETE", headers: OURS });
  await follow();
}

function drop(id) {
  rows.get(id)?.remove();
  rows.delete(id);
}
