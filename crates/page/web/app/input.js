// The input, as what it is: an image to draw on, sliders for features, a line to drag.

function makeInput() {
  const kinds = { image: makeDrawing, table: makeSliders, series: makeSeries };
  panels.push(kinds[page.samples.form](find("input")));
  addEventListener("paste", (event) => take([...event.clipboardData.files]));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    take([...event.dataTransfer.files]);
  });
}

// An input from a file that was pasted, dropped or chosen: a picture, or numbers in a .npy file.
async function take([file]) {
  if (!file) return;
  try {
    const read = file.name.endsWith(".npy") ? readNpy : readPicture;
    const { x, words } = await read(file);
    begin(words);
    put(x);
  } catch (error) {
    trouble(new Error(`${file.name}: ${error.message}`));
  }
}

async function readNpy(file) {
  const { values, shape } = fromNpy(await file.arrayBuffer());
  if (values.length !== page.x.length) {
    throw new Error(`expected ${page.x.length} numbers, found ${values.length} of shape [${shape.join(", ")}]`);
  }
  return { x: values, words: file.name };
}

// A picture, in the size of the input. Where the data is ink on a ground and the rim of the picture is light, dark and
// light are exchanged, and the sentence on top says so.
async function readPicture(file) {
  const { form, shape, range: [low, high], drawn } = page.samples;
  if (form !== "image") throw new Error("expected a .npy file, since the inputs of this net are no images");
  const [w, h] = [shape.at(-1), shape.at(-2)];
  const picture = await createImageBitmap(file, { resizeWidth: w, resizeHeight: h, resizeQuality: "high" })
    .catch(() => { throw new Error("expected a picture or a .npy file"); });
  const context = make("canvas", { width: w, height: h }).getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, w, h);
  context.drawImage(picture, 0, 0);
  const { data } = context.getImageData(0, 0, w, h);
  const gray = (i) => (0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2]) / 255;
  const n = w * h;
  let rim = 0;
  let rimmed = 0;
  for (let i = 0; i < n; i++) {
    if (i % w === 0 || i % w === w - 1 || i < w || i >= n - w) {
      rim += gray(i);
      rimmed += 1;
    }
  }
  const exchange = drawn && rim / rimmed > 0.5;
  const x = Float64Array.from(page.x, (_, i) => {
    const part = colored() ? data[4 * (i % n) + Math.floor(i / n)] / 255 : gray(i % n);
    return low + (high - low) * (exchange ? 1 - part : part);
  });
  return { x, words: exchange ? `${file.name}, dark and light exchanged,` : file.name };
}
