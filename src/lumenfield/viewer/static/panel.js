// What the side panel is made of. Everything from a case is set as text, never as markup.

const at = (id) => document.getElementById(id);

export function fillPanel(facts, api) {
  document.title = `${facts.name} · lumenfield`;
  at("name").textContent = facts.name;
  at("grid").textContent = facts.grid;
  at("answer").replaceChildren(...facts.answer.map(pair));
  at("facts").replaceChildren(...facts.facts.map(pair));
  at("doubts").hidden = facts.doubts.length === 0;
  at("doubts").querySelector("ul").replaceChildren(...facts.doubts.map((line) => make("li", line)));
  const links = [link(`${api}/pack`, "Download all", "button")];
  if (facts.has_report) links.push(link(`${api.slice(4)}/report`, "Report", "button"));
  at("links").replaceChildren(...links);
  at("files").replaceChildren(...facts.files.map((file) => {
    const item = make("li");
    item.append(link(`${api}/files/${encodeURIComponent(file)}`, file));
    return item;
  }));
}

// A switch, an opacity and the key that does the same.
export function layerRow(layer, note) {
  const element = make("div");
  element.className = "layer";
  const label = make("label");
  const box = input("checkbox");
  box.checked = layer.shown;
  const patch = make("span");
  patch.className = "key";
  patch.style.background = layer.colour;
  label.append(box, patch, layer.title);
  const opacity = input("range", { min: 0.1, max: 1, step: 0.05, value: layer.opacity });
  opacity.setAttribute("aria-label", `Opacity of ${layer.title}`);
  opacity.hidden = layer.opacity === null;
  element.append(label, opacity, make("kbd", layer.key.toUpperCase()));
  if (note) element.append(make("small", note));
  return {
    element,
    shown: () => box.checked,
    share: () => Number(opacity.value),
    toggle: () => box.click(),
    onChange: (apply) => {
      box.addEventListener("change", apply);
      opacity.addEventListener("input", apply);
    },
  };
}

export function sliceRow(axis) {
  const element = make("label", axis.title);
  element.className = "slider";
  const slider = input("range", { min: 0, max: axis.count - 1, step: 1 });
  const shown = make("output");
  element.append(slider, shown);
  return {
    axis: axis.number,
    element,
    onInput: (move) => slider.addEventListener("input", () => move(Number(slider.value))),
    tell: (index, text) => {
      slider.value = index;
      shown.value = text;
    },
  };
}

function pair({ name, value, note }) {
  const row = make("div");
  const told = make("dd", value);
  row.append(make("dt", name), told);
  if (note) (row.parentElement ?? told).append(make("small", note));
  return row;
}

function link(address, text, kind = "") {
  const made = make("a", text);
  made.href = address;
  made.className = kind;
  if (text === "Report") made.target = "_blank";
  return made;
}

function input(type, settings = {}) {
  return Object.assign(make("input"), { type, ...settings });
}

function make(tag, text = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
