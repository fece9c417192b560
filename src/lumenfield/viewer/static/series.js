// Which of the files somebody dropped are one scan: the slices of a DICOM series go as one tar.

const BLOCK = 512;
const MARK = "DICM"; // after 128 bytes

// All files of a drop; a folder gives those in and below it.
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter(Boolean);
  return entries.length ? (await Promise.all(entries.map(filesOf))).flat() : [...transfer.files];
}

// One { name, body } a scan: every DICOM file in one of them, each other file alone.
export async function scansOf(files) {
  const marked = await Promise.all(files.map(isDicom));
  const slices = files.filter((_, k) => marked[k]);
  const others = files.filter((_, k) => !marked[k]).map((file) => ({ name: file.name, body: file }));
  if (slices.length < 2) return [...slices.map(alone), ...others];
  // What lies beside slices, such as a list of them, is no scan.
  const scans = others.filter(({ body }) => !body.inFolder);
  return [{ name: `${seriesName(slices)}.tar`, body: tar(slices) }, ...scans];
}

async function filesOf(entry) {
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    file.inFolder = entry.fullPath.split("/").length > 2 ? entry.fullPath.split("/").at(-2) : "";
    return entry.name.startsWith(".") ? [] : [file];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    // A reader gives a hundred or so at a time.
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return (await Promise.all(found.map(filesOf))).flat();
    found.push(...some);
  }
}

async function isDicom(file) {
  return (await file.slice(128, 128 + MARK.length).text()) === MARK;
}

function alone(file) {
  return { name: /\.(dcm|ima)$/i.test(file.name) ? file.name : `${file.name}.dcm`, body: file };
}

function seriesName([first]) {
  return first.inFolder || first.name.replace(/\.(dcm|ima)$/i, "") || "series";
}

// A tar that refers to the files, so that none is read before it is sent.
function tar(files) {
  const parts = files.flatMap((file, k) => [header(k, file.size), file, padding(file.size)]);
  return new Blob([...parts, new Uint8Array(2 * BLOCK)]);
}

function header(number, size) {
  const block = new Uint8Array(BLOCK);
  const write = (text, at) => block.set(new TextEncoder().encode(text), at);
  write(`${number}`, 0); // the server gives names of its own
  write("0000600\0", 100);
  write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  write("0", 156); // a plain file
  write("ustar\0" + "00", 257);
  write(" ".repeat(8), 148); // as which the checksum counts itself
  const sum = block.reduce((total, byte) => total + byte, 0);
  write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function padding(size) {
  return new Uint8Array((BLOCK - (size % BLOCK)) % BLOCK);
}
