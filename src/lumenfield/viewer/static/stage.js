// All that is said to NiiVue: volumes, wall, views, window, crosshair, measuring.

const PLANES = { axial: 0, coronal: 1, sagittal: 2 };
const MOUSE = { crosshair: 8, windowing: 9, measure: 2, pan: 3 };
const SIDES = [["L", "R"], ["P", "A"], ["I", "S"]];
const NO_SIDES = [["", ""], ["", ""], ["", ""]];

// `kind`: lines are drawn by us from distance and spread, the others by NiiVue.
export const LAYERS = [
  { name: "contour", kind: "lines", title: "Wall", key: "c", shown: true, opacity: 1, colour: "#ff8c42" },
  { name: "band", kind: "lines", title: "95 % band", key: "b", shown: true, opacity: 0.9, colour: "#f7d154" },
  { name: "wall", kind: "mesh", title: "Wall in space", key: "w", shown: true, opacity: 1, colour: "linear-gradient(90deg,#440154,#21918c,#fde725)" },
  { name: "planes", kind: "space", title: "Slices in space", key: "l", shown: false, opacity: null, colour: "#8b949e" },
  { name: "mask", kind: "volume", title: "Mask", key: "m", shown: false, opacity: 0.4, colour: "#ff8c42", map: "lumen" },
  { name: "probability", kind: "volume", title: "Probability", key: "p", shown: false, opacity: 0.6, colour: "linear-gradient(90deg,#000004,#b73779,#fcfdbf)", map: "inferno" },
  { name: "distance", kind: "volume", title: "Distance", key: "d", shown: false, opacity: 0.6, colour: "linear-gradient(90deg,#2166ac,#f7f7f7,#b2182b)", map: "signed" },
  { name: "spread", kind: "volume", title: "Spread σ", key: "s", shown: false, opacity: 0.8, colour: "linear-gradient(90deg,#440154,#21918c,#fde725)", map: "viridis" },
];

const MAPS = {
  lumen: { R: [255, 255], G: [140, 140], B: [66, 66], A: [0, 255], I: [0, 255] },
  signed: {
    R: [33, 146, 247, 244, 178], G: [102, 197, 247, 165, 24], B: [172, 222, 247, 130, 43],
    A: [255, 255, 255, 255, 255], I: [0, 64, 128, 191, 255],
  },
};

// NIfTI says where rows go by three lines of its header; those of a picture go to the right and down.
function asPicture(buffer) {
  const header = new DataView(buffer);
  const edge = (n) => header.getFloat32(76 + 4 * n, true);
  const rows = [[0, edge(2), 0, 0], [-edge(1), 0, 0, 0], [0, 0, edge(3), 0]];
  header.setInt16(252, 0, true);
  header.setInt16(254, 1, true);
  rows.flat().forEach((value, n) => header.setFloat32(280 + 4 * n, value, true));
}

async function unpacked(buffer) {
  if (new DataView(buffer).getUint16(0) !== 0x1f8b) return buffer;
  const stream = new Response(buffer).body.pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

export class Stage {
  constructor(canvas, facts) {
    this.facts = facts;
    this.images = {}; // as they came
    this.layers = {}; // promises of them as they are shown
    this.visible = new Map();
    this.sides = facts.is_picture ? NO_SIDES : SIDES;
    this.afterDraw = this.onPlace = this.onWindow = () => {};
    this.nv = new window.niivue.Niivue({
      backColor: [0.051, 0.063, 0.078, 1], crosshairWidth: 0, // ours is finer
      fontColor: [0.79, 0.82, 0.85, 1], fontMinPx: 14, fontSizeScaling: 0.35,
      rulerColor: [0.45, 0.9, 1, 0.9], measureLineColor: [0.45, 0.9, 1, 1],
      measureTextColor: [0.45, 0.9, 1, 1], rulerWidth: 2,
      showAllOrientationMarkers: true, isOrientCube: true, meshXRay: 0.15, renderOverlayBlend: 0,
      isRadiologicalConvention: !facts.is_picture, isOrientationTextVisible: !facts.is_picture,
      meshThicknessOn2D: 0, loadingText: "",
      dragAndDropEnabled: false, logLevel: "error", multiplanarShowRender: 1,
      clipPlaneHotKey: "", cycleClipPlaneHotKey: "", viewModeHotKey: "",
    });
    this.attached = this.nv.attachToCanvas(canvas);
  }

  async load(api) {
    await this.attached;
    const { nv, facts } = this;
    const [draw, drawPlanes] = [nv.drawScene.bind(nv), nv.drawImage3D.bind(nv)];
    nv.drawImage3D = (...view) => this.visible.get("planes") && drawPlanes(...view);
    nv.drawScene = () => {}; // nothing until all is there
    await nv.setVolumeRenderIllumination(-1);
    for (const [name, map] of Object.entries(MAPS)) nv.addColormap(name, map);
    this.api = api;
    const names = [facts.base, "distance", "spread"];
    const wall = facts.has_mesh && this.fetchWall(`${api}/wall.mz3`); // while the images are unpacked
    const images = await Promise.all(names.map((name) => this.fetch(name)));
    names.forEach((name, n) => (this.images[name] = images[n]));
    const [base] = images;
    nv.addVolume(base);
    this.grid = base.dimsRAS.slice(1, 4);
    const [low, high] = [base.global_min, base.global_max];
    this.range = { low, high: high > low ? high : low + 1 };
    this.initial = facts.base === "scan" ? [base.cal_min, base.cal_max] : [0, 1];
    if (wall) this.addWall(await wall);
    this.plane = Object.keys(PLANES)[2 - this.grid.indexOf(1)] ?? "axial";
    nv.drawScene = () => {
      if (!this.ready) return;
      draw();
      this.onPlace();
      this.afterDraw();
    };
    nv.onIntensityChange = () => this.onWindow();
    this.measure(false);
  }

  async fetch(name) {
    const place = name === "scan" ? "scan.nii" : `files/${name}.nii.gz`;
    const answer = await fetch(`${this.api}/${place}`);
    if (!answer.ok) throw new Error(`${name} could not be loaded (${answer.status}).`);
    const buffer = await unpacked(await answer.arrayBuffer());
    if (this.facts.is_picture) asPicture(buffer);
    return window.niivue.NVImage.loadFromUrl({ url: buffer, name: `${name}.nii` });
  }

  // A volume as it is shown. NiiVue hides what is below the lower limit, so values are kept above it;
  // σ is that of the wall, so where that is far it is hidden.
  async layer(name) {
    const image = await this.fetch(name);
    const limits = this.coloursOf(name);
    if (name === "distance" || name === "spread") {
      const { img, hdr } = this.images.distance;
      const reach = name === "spread" ? 2 * Math.max(...hdr.pixDims.slice(1, 4)) : Infinity;
      for (let n = 0; n < img.length; n++)
        image.img[n] = Math.abs(img[n]) < reach ? Math.max(image.img[n], limits.cal_min) : -1e6;
    }
    return Object.assign(image, limits);
  }

  fetchWall(url) {
    return window.niivue.NVMesh.loadFromUrl({ url, gl: this.nv.gl, name: "wall.mz3", rgba255: [255, 255, 255, 255] });
  }

  addWall(mesh) {
    this.nv.addMesh(mesh);
    const [layer] = mesh.layers;
    const [low, high] = this.facts.spread_mm;
    Object.assign(layer, { colormap: "viridis", cal_min: low, cal_max: high, isTransparentBelowCalMin: false, opacity: 1 });
    mesh.updateMesh(this.nv.gl);
  }

  has(name) {
    if (name === "planes") return this.facts.ndim === 3;
    return name === "wall" ? this.nv.meshes.length > 0 : name !== this.facts.base;
  }

  noteOf(name) {
    const [low, high] = this.facts.spread_mm;
    const notes = {
      band: "holds the wall 95 times in 100",
      wall: `coloured by σ, ${low.toFixed(2)} to ${high.toFixed(2)} mm`,
      distance: `± ${this.facts.distance_mm} mm from the wall`,
    };
    return notes[name] ?? "";
  }

  draw() {
    this.nv.drawScene();
  }

  async show(name, shown, opacity) {
    this.visible.set(name, shown);
    if (name === "planes") return;
    if (name === "wall") {
      this.nv.meshes[0].visible = shown;
      this.nv.setMeshProperty(this.nv.meshes[0].id, "opacity", opacity);
      return;
    }
    if (!shown && !this.layers[name]) return;
    const image = await (this.layers[name] ??= this.layer(name));
    const place = this.nv.volumes.indexOf(image);
    image.opacity = opacity;
    if (!shown && place > 0) this.nv.removeVolume(image);
    else if (shown && place < 0) this.nv.addVolume(image);
    else if (shown) this.nv.setOpacity(place, opacity);
  }

  coloursOf(name) {
    const { map } = LAYERS.find((layer) => layer.name === name);
    const reach = this.facts.distance_mm;
    const [low, high] = this.facts.spread_mm;
    const limits = { mask: [0, 1], probability: [0.05, 1], distance: [-reach, reach], spread: [low, high] };
    const [cal_min, cal_max] = limits[name];
    return { colormap: map, cal_min, cal_max };
  }

  layout(name) {
    const { nv } = this;
    if (name === "all") {
      const tile = (sliceType, x, y) => ({ sliceType, position: [x, y, 0.495, 0.495] });
      nv.setCustomLayout([tile(0, 0, 0), tile(1, 0.505, 0), tile(2, 0, 0.505), tile(4, 0.505, 0.505)]);
      return;
    }
    nv.clearCustomLayout();
    nv.setSliceType(name === "space" ? nv.sliceTypeRender : PLANES[name]);
  }

  home() {
    const { nv } = this;
    this.ready = true;
    nv.scene.pan2Dxyzmm = [0, 0, 0, 1];
    const [x, y, z] = this.facts.start_mm;
    const start = this.facts.is_picture ? [y, -x, z] : [x, y, z];
    nv.scene.crosshairPos = nv.mm2frac(start, 0, true);
    nv.scene.renderAzimuth = 200;
    nv.scene.renderElevation = 15;
    nv.setScale(1.1);
    this.setWindow(...this.initial);
  }

  window() {
    const base = this.nv.volumes[0];
    return [base.cal_min, base.cal_max];
  }

  setWindow(low, high) {
    Object.assign(this.nv.volumes[0], { cal_min: low, cal_max: high });
    this.nv.updateGLVolume();
    this.onWindow();
  }

  axes() {
    const titles = this.facts.is_picture ? ["Column", "Row"] : ["Sagittal", "Coronal", "Axial"];
    return this.grid
      .map((count, number) => ({ number, count, title: titles[number] }))
      .filter(({ count }) => count > 1);
  }

  indexOf(axis) {
    return Math.round(this.nv.scene.crosshairPos[axis] * this.grid[axis] - 0.5);
  }

  mmOf(axis) {
    const mm = this.nv.frac2mm(this.nv.scene.crosshairPos, 0, true)[axis];
    return `${this.sides[axis][mm < 0 ? 0 : 1]} ${Math.abs(mm).toFixed(1)} mm`;
  }

  moveTo(axis, index) {
    this.nv.scene.crosshairPos[axis] = (index + 0.5) / this.grid[axis];
    this.draw();
  }

  step(axis, by) {
    const index = Math.min(Math.max(this.indexOf(axis) + by, 0), this.grid[axis] - 1);
    this.moveTo(axis, index);
  }

  // NiiVue scales about the world's origin; the pan that keeps the crosshair in the middle:
  zoom(factor) {
    const { nv } = this;
    const [middle, cross] = [[0.5, 0.5, 0.5], nv.scene.crosshairPos].map((f) => nv.frac2mm(f));
    const pan = [0, 1, 2].map((n) => (factor > 1 ? middle[n] - cross[n] * factor : 0));
    nv.scene.pan2Dxyzmm = [...pan, factor];
    this.draw();
  }

  turn(radiological) {
    this.nv.setRadiologicalConvention(radiological);
  }

  measure(on) {
    this.nv.setMouseEventConfig({
      leftButton: { primary: on ? MOUSE.measure : MOUSE.crosshair },
      rightButton: MOUSE.windowing,
      centerButton: MOUSE.pan,
    });
    this.nv.setTouchEventConfig({ singleTouch: on ? MOUSE.measure : MOUSE.crosshair, doubleTouch: MOUSE.pan });
  }

  clear() {
    this.nv.clearAllMeasurements();
  }

  placeText() {
    const cross = this.nv.scene.crosshairPos;
    const mm = this.nv.frac2mm(cross, 0, true);
    const voxel = [0, 1, 2].map((axis) => this.indexOf(axis));
    const sides = [0, 1, 2].map((n) => `${this.sides[n][mm[n] < 0 ? 0 : 1]} ${Math.abs(mm[n]).toFixed(1)}`);
    const value = (name) => this.images[name].getValue(...voxel);
    const base = this.facts.base === "scan" ? "scan" : "probability";
    return [
      `${sides.join("  ")} mm`,
      `${base} ${value(base).toPrecision(3)}`,
      `distance ${value("distance").toFixed(2).replace("-", "−")} mm`,
      `σ ${value("spread").toFixed(2)} mm`,
    ].join("   ·   ");
  }
}
