// What is drawn over NiiVue's picture: the wall as exact lines, the colour bars, and the saved picture.

const AXES = [[0, 1, 2], [0, 2, 1], [1, 2, 0]]; // right, up and into each plane, by NiiVue's number
const LINES = {
  contour: { colour: "#ff8c42", width: 1.8, dash: [], shift: [0] },
  band: { colour: "#f7d154", width: 1, dash: [4, 3], shift: [-1.96, 1.96] },
};

// Thin lines through the place looked at, with a gap so that they hide nothing there.
export class Cross {
  constructor(stage) {
    this.stage = stage;
  }

  draw(context, ratio) {
    const { nv, grid } = this.stage;
    const cross = grid.map((count, axis) => nv.scene.crosshairPos[axis] * count - 0.5);
    const gap = 7 * ratio;
    context.strokeStyle = "rgb(90 190 255 / 55%)";
    context.lineWidth = ratio;
    for (const tile of nv.screenSlices) {
      if (tile.axCorSag > 2) continue;
      const [right, up] = AXES[tile.axCorSag];
      const [x, y] = onScreen(nv, tile)(cross[right], cross[up]);
      inTile(context, tile, (left, top, width, height) => {
        context.beginPath();
        for (const [from, to] of [[left, x - gap], [x + gap, left + width]])
          if (to > from) context.moveTo(from, y), context.lineTo(to, y);
        for (const [from, to] of [[top, y - gap], [y + gap, top + height]])
          if (to > from) context.moveTo(x, from), context.lineTo(x, to);
        context.stroke();
      });
    }
  }
}

// Draw within a tile alone; a mirrored one has a negative width.
function inTile(context, tile, paint) {
  const [left, top, width, height] = tile.leftTopWidthHeight;
  const box = [Math.min(left, left + width), top, Math.abs(width), height];
  context.save();
  context.beginPath();
  context.rect(...box);
  context.clip();
  paint(...box);
  context.restore();
}

// Level lines of φ + kσ through the slices; marching squares on values between voxel centres.
export class Contours {
  constructor(stage) {
    this.stage = stage;
    this.grid = stage.grid;
    this.distance = stage.images.distance.img2RAS();
    this.spread = stage.images.spread.img2RAS();
    this.shown = {};
  }

  show(name, shown, opacity) {
    this.shown[name] = shown ? opacity : 0;
  }

  draw(context, ratio) {
    for (const tile of this.stage.nv.screenSlices) {
      if (tile.axCorSag > 2) continue;
      const place = onScreen(this.stage.nv, tile);
      inTile(context, tile, () => {
        for (const [name, line] of Object.entries(LINES))
          if (this.shown[name]) this.stroke(context, ratio, tile, place, line, this.shown[name]);
      });
    }
  }

  stroke(context, ratio, tile, place, line, opacity) {
    context.strokeStyle = line.colour;
    context.globalAlpha = opacity;
    context.lineWidth = line.width * ratio;
    context.setLineDash(line.dash.map((length) => length * ratio));
    for (const shift of line.shift) {
      context.beginPath();
      for (const points of lines(this.slice(tile.axCorSag, shift)))
        points.forEach(([u, v], n) => context[n ? "lineTo" : "moveTo"](...place(u, v)));
      context.stroke();
    }
  }

  // φ + shift·σ on the plane through the crosshair.
  slice(plane, shift) {
    const [right, up, into] = AXES[plane];
    const steps = [1, this.grid[0], this.grid[0] * this.grid[1]];
    const count = this.grid[into];
    const depth = this.stage.nv.scene.crosshairPos[into] * count - 0.5;
    const near = Math.min(Math.max(Math.floor(depth), 0), count - 1);
    const far = Math.min(near + 1, count - 1);
    const share = Math.min(Math.max(depth - near, 0), 1);
    const [nu, nv] = [this.grid[right], this.grid[up]];
    const values = new Float32Array(nu * nv);
    const level = (at) => this.distance[at] + (shift ? shift * this.spread[at] : 0);
    for (let v = 0, n = 0; v < nv; v++)
      for (let u = 0; u < nu; u++, n++) {
        const at = u * steps[right] + v * steps[up];
        const here = level(at + near * steps[into]);
        values[n] = share ? here + share * (level(at + far * steps[into]) - here) : here;
      }
    return { values, nu, nv };
  }
}

// Where voxel (u, v) of a tile's plane lies on the canvas, in its pixels.
function onScreen(nv, tile) {
  const [right, up] = AXES[tile.axCorSag];
  const grid = nv.volumes[0].dimsRAS.slice(1, 4);
  const [first, last] = [[0, 0, 0], [1, 1, 1]].map((frac) => nv.frac2mm(frac));
  const [left, top, width, height] = tile.leftTopWidthHeight;
  const share = (index, axis, from) => {
    const mm = first[axis] + ((index + 0.5) / grid[axis]) * (last[axis] - first[axis]);
    return (mm - tile.leftTopMM[from]) / tile.fovMM[from];
  };
  return (u, v) => [left + share(u, right, 0) * width, top + (1 - share(v, up, 1)) * height];
}

// Zero level lines of a grid, joined where they meet: each is a list of [u, v] in voxels.
export function lines({ values, nu, nv }) {
  const next = new Map(); // from an edge's number to the two others it is joined with
  const join = (a, b) => {
    for (const [from, to] of [[a, b], [b, a]])
      next.has(from) ? next.get(from).push(to) : next.set(from, [to]);
  };
  for (let v = 0; v + 1 < nv; v++)
    for (let u = 0; u + 1 < nu; u++) {
      const at = v * nu + u;
      const [a, b, c, d] = [values[at], values[at + 1], values[at + nu + 1], values[at + nu]];
      const edges = [];
      if (a < 0 !== b < 0) edges.push(2 * at);
      if (b < 0 !== c < 0) edges.push(2 * (at + 1) + 1);
      if (d < 0 !== c < 0) edges.push(2 * (at + nu));
      if (a < 0 !== d < 0) edges.push(2 * at + 1);
      if (edges.length === 2) join(edges[0], edges[1]);
      // A saddle: the mean tells which corners belong together.
      else if (edges.length === 4 && a + b + c + d < 0 === a < 0) {
        join(edges[0], edges[1]);
        join(edges[2], edges[3]);
      } else if (edges.length === 4) {
        join(edges[0], edges[3]);
        join(edges[1], edges[2]);
      }
    }
  const point = (edge) => {
    const at = edge >> 1;
    const other = edge & 1 ? at + nu : at + 1;
    const share = values[at] / (values[at] - values[other]);
    const [u, v] = [at % nu, Math.floor(at / nu)];
    return edge & 1 ? [u, v + share] : [u + share, v];
  };
  const found = [];
  // Open lines from their ends first, then the closed ones.
  const starts = [...next.keys()].sort((a, b) => next.get(a).length - next.get(b).length);
  const seen = new Set();
  for (const start of starts) {
    if (seen.has(start)) continue;
    const chain = [];
    let edge = start;
    while (edge !== undefined) {
      seen.add(edge);
      chain.push(point(edge));
      edge = next.get(edge).find((other) => !seen.has(other));
    }
    const closed = chain.length > 2 && next.get(start).length === 2;
    found.push(closed ? [...chain, chain[0]] : chain);
  }
  return found;
}

// One bar for each colour scale in use.
export class Bars {
  constructor(stage) {
    this.stage = stage;
  }

  draw(context, ratio, width, height) {
    const { visible, nv, facts } = this.stage;
    const [low, high] = facts.spread_mm;
    const bars = [];
    if (visible.get("spread") || visible.get("wall"))
      bars.push({ map: "viridis", title: "σ of the wall (mm)", ends: [low.toFixed(2), high.toFixed(2)] });
    if (visible.get("distance"))
      bars.push({ map: "signed", title: "distance (mm)", ends: [-facts.distance_mm, facts.distance_mm] });
    if (visible.get("probability"))
      bars.push({ map: "inferno", title: "probability of lumen", ends: [0, 1] });
    const long = Math.min(170 * ratio, 0.3 * width);
    const thick = 9 * ratio;
    context.font = `${12 * ratio}px system-ui, sans-serif`;
    context.fillStyle = "#c9d1d9";
    bars.forEach(({ map, title, ends }, n) => {
      const left = width - long - 14 * ratio;
      const top = height - (44 + 46 * n) * ratio;
      const colours = nv.colormap(map);
      context.fillStyle = "rgb(13 16 20 / 65%)";
      context.fillRect(left - 8 * ratio, top - 12 * ratio, long + 16 * ratio, 46 * ratio);
      for (let x = 0; x < long; x++) {
        const at = 4 * Math.round((255 * x) / long);
        context.fillStyle = `rgb(${colours[at]},${colours[at + 1]},${colours[at + 2]})`;
        context.fillRect(left + x, top + 8 * ratio, 1.5, thick);
      }
      context.fillStyle = "#c9d1d9";
      context.textAlign = "left";
      context.fillText(title, left, top + 3 * ratio);
      context.fillText(String(ends[0]).replace("-", "−"), left, top + 30 * ratio);
      context.textAlign = "right";
      context.fillText(String(ends[1]), left + long, top + 30 * ratio);
    });
  }
}

export class Overlay {
  constructor(canvas, stage, ...painters) {
    Object.assign(this, { canvas, stage, painters });
  }

  draw() {
    const under = this.stage.nv.gl.canvas;
    if (this.canvas.width !== under.width) this.canvas.width = under.width;
    if (this.canvas.height !== under.height) this.canvas.height = under.height;
    const { width, height } = this.canvas;
    const context = this.canvas.getContext("2d");
    context.clearRect(0, 0, width, height);
    const ratio = width / Math.max(under.clientWidth, 1);
    for (const painter of this.painters) painter.draw(context, ratio, width, height);
  }

  save(fileName) {
    this.stage.draw(); // WebGL forgets its picture once it is shown.
    const { width, height } = this.canvas;
    const picture = Object.assign(document.createElement("canvas"), { width, height });
    const context = picture.getContext("2d");
    context.drawImage(this.stage.nv.gl.canvas, 0, 0);
    context.drawImage(this.canvas, 0, 0);
    picture.toBlob((blob) => {
      const address = URL.createObjectURL(blob);
      Object.assign(document.createElement("a"), { href: address, download: fileName }).click();
      setTimeout(() => URL.revokeObjectURL(address), 10000);
    });
  }
}
