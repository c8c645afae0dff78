// The network beside the page's own thread: a file goes in, what it sees and all class maps come out.
import * as ort from './onnxruntime/ort.wasm.min.mjs';
import { cropBox, open, planes, view } from './pixels.js';

const SHOWN = 1024; // most pixels a side of the photo that goes back
let ready; // resolves to { session, config }

self.onmessage = async ({ data }) => {
  if (data.config) {
    ready = load(data.config);
    ready.then(() => self.postMessage({ ready: true }), (error) => {
      self.postMessage({ failed: String(error.message ?? error) });
    });
    return;
  }
  try {
    self.postMessage({ ...(await answer(data.blob)), ticket: data.ticket });
  } catch (error) {
    self.postMessage({ refused: error.message, values: error.values ?? {}, ticket: data.ticket });
  }
};

async function load(config) {
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = new URL('./onnxruntime/', import.meta.url).href;
  const file = await received(config.model);
  const session = await ort.InferenceSession.create(file, { executionProviders: ['wasm'] });
  return { session, config };
}

// A file's bytes; the page hears how far they are.
async function received({ url, bytes }) {
  const response = await fetch(new URL(url, import.meta.url));
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  const file = new Uint8Array(bytes);
  const reader = response.body.getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return file;
    file.set(value, at);
    at += value.length;
    self.postMessage({ loaded: at / bytes });
  }
}

async function answer(blob) {
  const { session, config } = await ready;
  const { preprocessing, limits } = config;
  const picture = await open(blob, limits);
  const seen = view(picture, preprocessing);
  const side = preprocessing.crop;
  const image = new ort.Tensor('float32', planes(seen, preprocessing), [1, 3, side, side]);
  const began = performance.now();
  const { logits, maps } = await session.run({ image });
  const ms = performance.now() - began;
  const { width, height, canvas } = picture;
  const scale = Math.min(1, SHOWN / Math.max(width, height));
  const photo = await createImageBitmap(canvas, {
    resizeWidth: Math.max(1, Math.round(width * scale)),
    resizeHeight: Math.max(1, Math.round(height * scale)),
    resizeQuality: 'high',
  });
  return {
    ms,
    photo,
    seen: seen.data,
    box: cropBox(width, height, preprocessing).map((edge, i) => edge / (i % 2 ? height : width)),
    logits: Float32Array.from(logits.data),
    maps: Float32Array.from(maps.data),
    grid: maps.dims.slice(2),
  };
}
