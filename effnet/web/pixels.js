// A picture's file as the network's pixels: what Pillow gives for the same file, to the last bit.
//
// Decoded without colour management, turned as its EXIF says, transparency laid on white, resized
// by Pillow's antialiased kernels in its own 22-bit fixed point, centre cropped.

import { mark } from './words.js';

const FORMATS = 'JPEG, PNG, WEBP, AVIF, GIF, BMP';

// Why a picture is refused: a text with braces, which the page says in its language, and values.
export class Refused extends Error {
  constructor(text, values = {}) {
    super(text);
    this.values = values;
  }
}

const BITS = 22; // Pillow's PRECISION_BITS
const KERNELS = {
  bilinear: { support: 1, at: (x) => Math.max(0, 1 - Math.abs(x)) },
  bicubic: { support: 2, at: bicubic },
};

function bicubic(x) {
  const [a, t] = [-0.5, Math.abs(x)];
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
}

// For each place of the target: the first source pixel, and the fixed-point weights from there.
function taps(from, to, interpolation) {
  const { support, at } = KERNELS[interpolation];
  const scale = Math.max(from / to, 1);
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * (from / to);
    const first = Math.max(0, Math.trunc(centre - support * scale + 0.5));
    const end = Math.min(from, Math.trunc(centre + support * scale + 0.5));
    const weights = [];
    for (let x = first; x < end; x += 1) weights.push(at((x - centre + 0.5) * (1 / scale)));
    const sum = weights.reduce((a, b) => a + b, 0);
    return { first, weights: weights.map((w) => fixed(w / sum)) };
  });
}

const fixed = (weight) => Math.trunc(weight * 2 ** BITS + (weight < 0 ? -0.5 : 0.5));
const byte = (sum) => Math.min(255, Math.max(0, (sum + (1 << (BITS - 1))) >> BITS));
const half = (value) => { // Python's round: a half goes to the even neighbour
  const floor = Math.floor(value);
  return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
};

// Width and height once the short side is `resize` pixels; the long side is cut down.
export function resizedSize(width, height, resize) {
  return width <= height
    ? [resize, Math.trunc((resize * height) / width)]
    : [Math.trunc((resize * width) / height), resize];
}

// What the network sees of a picture: left, top, right, bottom in the picture's pixels.
export function cropBox(width, height, { resize, crop }) {
  const [wide, tall] = resizedSize(width, height, resize);
  const [left, top] = [half((wide - crop) / 2), half((tall - crop) / 2)];
  const [across, down] = [width / wide, height / tall];
  return [left * across, top * down, (left + crop) * across, (top + crop) * down];
}

// The network's view of RGBA bytes: `crop` x `crop` RGBA, opaque.
export function view(picture, { resize, crop, interpolation }) {
  const { width, height } = picture;
  const [wide, tall] = resizedSize(width, height, resize);
  const [left, top] = [half((wide - crop) / 2), half((tall - crop) / 2)];
  const columns = taps(width, wide, interpolation).slice(left, left + crop);
  const rows = taps(height, tall, interpolation).slice(top, top + crop);
  const needed = cut(picture, columns, rows);
  // Pillow shrinks the height first where that spares it more rows than twice the columns; bytes
  // between the passes are rounded, so the order shows.
  return height - tall > Math.max(0, 2 * (width - wide))
    ? across(down(needed, rows), columns)
    : down(across(needed, columns), rows);
}

// The part of a picture that the taps read; they then count from its corner.
function cut({ data, width }, columns, rows) {
  const [[left, right], [top, bottom]] = [columns, rows].map((all) => {
    const [from, to] = [all[0].first, all.at(-1).first + all.at(-1).weights.length];
    for (const tap of all) tap.first -= from;
    return [from, to];
  });
  const part = new Uint8ClampedArray(4 * (right - left) * (bottom - top));
  for (let y = top; y < bottom; y += 1) {
    const row = data.subarray(4 * (y * width + left), 4 * (y * width + right));
    part.set(row, 4 * (y - top) * (right - left));
  }
  return { data: part, width: right - left, height: bottom - top };
}

function across({ data, width, height }, columns) {
  const made = new Uint8ClampedArray(4 * columns.length * height);
  for (let y = 0; y < height; y += 1) {
    columns.forEach(({ first, weights }, x) => {
      mix(data, 4 * (y * width + first), 4, weights, made, 4 * (y * columns.length + x));
    });
  }
  return { data: made, width: columns.length, height };
}

function down({ data, width }, rows) {
  const made = new Uint8ClampedArray(4 * width * rows.length);
  rows.forEach(({ first, weights }, y) => {
    for (let x = 0; x < width; x += 1) {
      mix(data, 4 * (first * width + x), 4 * width, weights, made, 4 * (y * width + x));
    }
  });
  return { data: made, width, height: rows.length };
}

function mix(source, from, step, weights, target, to) {
  let [red, green, blue] = [0, 0, 0];
  for (let i = 0, at = from; i < weights.length; i += 1, at += step) {
    red += weights[i] * source[at];
    green += weights[i] * source[at + 1];
    blue += weights[i] * source[at + 2];
  }
  target[to] = byte(red);
  target[to + 1] = byte(green);
  target[to + 2] = byte(blue);
  target[to + 3] = 255;
}

// The network's numbers: 3 planes of float32, (value / 255 - mean) / std.
export function planes({ data, width, height }, { mean, std }) {
  const area = width * height;
  const values = new Float32Array(3 * area);
  for (let c = 0; c < 3; c += 1) {
    const [m, s] = [Math.fround(mean[c]), Math.fround(std[c])];
    for (let i = 0; i < area; i += 1) {
      const share = Math.fround(data[4 * i + c] / 255);
      values[c * area + i] = Math.fround(Math.fround(share - m) / s);
    }
  }
  return values;
}

// A file as upright opaque RGBA bytes; throws `Refused` where it is no picture or no sane one.
export async function open(blob, limits) {
  if (blob.size === 0) throw new Refused(mark('the file is empty'));
  if (blob.size > limits.bytes) {
    throw new Refused(mark('{size:.0f} MiB is too large; the limit is {limit} MiB'), {
      size: blob.size / 2 ** 20, limit: limits.bytes / 2 ** 20,
    });
  }
  const image = await decoded(blob);
  const { width, height } = image;
  if (width * height > limits.pixels) {
    throw new Refused(
      mark('{width} x {height} is too many pixels; the limit is {limit:.0f} million'),
      { width, height, limit: limits.pixels / 1e6 },
    );
  }
  if (Math.max(width, height) > limits.aspect * Math.min(width, height)) {
    throw new Refused(
      mark('{width} x {height} is too narrow; one side may be {times} times the other'),
      { width, height, times: limits.aspect },
    );
  }
  const canvas = new OffscreenCanvas(width, height);
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  pen.fillStyle = 'white';
  pen.fillRect(0, 0, width, height);
  pen.drawImage(image, 0, 0);
  image.close();
  return { data: pen.getImageData(0, 0, width, height).data, width, height, canvas };
}

// Pillow's view of 16 bits, stretched from the darkest to the brightest, can't be had of a browser.
async function isDeep(blob) {
  const head = new Uint8Array(await blob.slice(0, 25).arrayBuffer());
  const isPng = String.fromCharCode(...head.subarray(1, 4)) === 'PNG';
  return isPng && head[24] === 16;
}

async function decoded(blob) {
  if (await isDeep(blob)) {
    throw new Refused(mark('a PNG of 16 bits a channel, which a browser reads otherwise than Python; save it with 8'));
  }
  const options = {
    colorSpaceConversion: 'none',
    premultiplyAlpha: 'none',
    imageOrientation: 'from-image',
  };
  try {
    return await createImageBitmap(blob, options);
  } catch {
    throw new Refused(
      mark('not a picture that can be read; expected one of {formats}'),
      { formats: FORMATS },
    );
  }
}
