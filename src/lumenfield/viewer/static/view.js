// The viewer's page: fetch what a case is, load it, and tie controls and keys to the stage.

import { Bars, Contours, Cross, Overlay } from "./overlay.js";
import { fillPanel, layerRow, sliceRow } from "./panel.js";
import { LAYERS, Stage } from "./stage.js";

const at = (id) => document.getElementById(id);
const name = decodeURIComponent(location.pathname.split("/")[2]);
const api = `/api/cases/${encodeURIComponent(name)}`;

start().catch((error) => {
  at("message").hidden = false;
  at("message").textContent = error.message;
  document.body.dataset.ready = "failed";
});

async function start() {
  if (!document.createElement("canvas").getContext("webgl2"))
    throw new Error("This browser has no WebGL 2, which the viewer draws with. The report needs none.");
  const answer = await fetch(api);
  const facts = await answer.json();
  if (!answer.ok) throw new Error(facts.message);
  fillPanel(facts, api);
  listCases(facts.cases);
  const stage = new Stage(at("scene"), facts);
  await stage.load(api);
  const contours = new Contours(stage);
  const overlay = new Overlay(at("overlay"), stage, new Cross(stage), contours, new Bars(stage));
  stage.afterDraw = () => {
    overlay.draw();
    tellPlace(stage);
  };
  const switches = wireLayers(stage, contours);
  wireWindow(stage);
  wirePlace(stage);
  wireTools(stage, overlay);
  wireKeys(stage, switches);
  stage.layout(facts.ndim === 2 ? stage.plane : "all");
  at("layouts").hidden = facts.ndim === 2;
  at("radiological").parentElement.hidden = facts.is_picture;
  stage.home();
  at("message").hidden = true;
  document.body.dataset.ready = "true";
}

function listCases(cases) {
  at("cases").replaceChildren(...cases.map((one) => new Option(one, one, false, one === name)));
  at("cases").hidden = cases.length < 2;
  at("back").hidden = cases.length > 0; // `serve` keeps its own list.
  at("cases").addEventListener("change", (event) => {
    location.href = `/cases/${encodeURIComponent(event.target.value)}`;
  });
}

function wireLayers(stage, contours) {
  const switches = {};
  for (const layer of LAYERS) {
    if (!stage.has(layer.name)) continue;
    const row = layerRow(layer, stage.noteOf(layer.name));
    at("layers").append(row.element);
    const apply = () => {
      const share = row.share();
      if (layer.kind === "lines") contours.show(layer.name, row.shown(), share);
      else stage.show(layer.name, row.shown(), share);
      stage.draw();
    };
    row.onChange(apply);
    switches[layer.key] = row.toggle;
    apply();
  }
  return switches;
}

function wireWindow(stage) {
  const { low, high } = stage.range;
  const unit = (high - low) / 1000;
  const tell = () => {
    const [a, b] = stage.window();
    at("level").value = ((a + b) / 2 - low) / unit;
    at("width").value = (b - a) / unit;
    at("level").nextElementSibling.value = short((a + b) / 2);
    at("width").nextElementSibling.value = short(b - a);
  };
  const apply = () => {
    const middle = low + at("level").value * unit;
    const half = (at("width").value * unit) / 2;
    stage.setWindow(middle - half, middle + half);
  };
  at("level").addEventListener("input", apply);
  at("width").addEventListener("input", apply);
  stage.onWindow = tell;
  tell();
}

function wirePlace(stage) {
  const rows = stage.axes().map((axis) => sliceRow(axis));
  at("slices").replaceChildren(...rows.map((row) => row.element));
  for (const row of rows) row.onInput((index) => stage.moveTo(row.axis, index));
  stage.onPlace = () => {
    for (const row of rows) row.tell(stage.indexOf(row.axis), stage.mmOf(row.axis));
    const zoom = 2 ** at("zoom").value;
    at("zoom").nextElementSibling.value = `× ${zoom.toFixed(1)}`;
  };
  at("zoom").addEventListener("input", () => stage.zoom(2 ** at("zoom").value));
  at("radiological").addEventListener("change", (event) => stage.turn(event.target.checked));
}

function wireTools(stage, overlay) {
  for (const button of at("layouts").children) {
    button.addEventListener("click", () => {
      stage.layout(button.dataset.layout);
      for (const other of at("layouts").children)
        other.setAttribute("aria-pressed", String(other === button));
    });
  }
  at("measure").addEventListener("click", () => {
    const on = at("measure").getAttribute("aria-pressed") !== "true";
    at("measure").setAttribute("aria-pressed", String(on));
    stage.measure(on);
  });
  at("clear").addEventListener("click", () => stage.clear());
  at("fit").addEventListener("click", () => {
    at("zoom").value = 0;
    stage.home();
  });
  at("shot").addEventListener("click", () => overlay.save(`${name}.png`));
  at("help").addEventListener("click", () => at("keys").showModal());
  at("theme").addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const now = document.documentElement.dataset.theme ?? dark;
    document.documentElement.dataset.theme = now === "dark" ? "light" : "dark";
  });
}

function wireKeys(stage, switches) {
  const press = (id) => () => at(id).click();
  const layouts = [...at("layouts").children].map((button) => () => button.click());
  const zoomBy = (step) => () => {
    at("zoom").value = Number(at("zoom").value) + step;
    stage.zoom(2 ** at("zoom").value);
  };
  const actions = {
    0: layouts[0], 1: layouts[1], 2: layouts[2], 3: layouts[3], 4: layouts[4],
    arrowleft: () => stage.step(0, -1), arrowright: () => stage.step(0, 1),
    arrowup: () => stage.step(1, 1), arrowdown: () => stage.step(1, -1),
    pageup: () => stage.step(2, 1), pagedown: () => stage.step(2, -1),
    "+": zoomBy(0.5), "=": zoomBy(0.5), "-": zoomBy(-0.5),
    r: press("measure"), x: press("clear"), f: press("fit"), i: press("shot"),
    t: press("theme"), "?": press("help"), ...switches,
  };
  // Caught on the way down, so that the canvas does not act on the same key in its own way.
  window.addEventListener("keydown", (event) => {
    const typing = event.target.matches("input[type=range], select, dialog *");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target === at("scene")) event.stopPropagation();
    const action = actions[event.key.toLowerCase()];
    if (!action || typing || at("keys").open) return;
    event.preventDefault();
    action();
  }, true);
}

function tellPlace(stage) {
  at("place").textContent = stage.placeText();
}

function short(value) {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
