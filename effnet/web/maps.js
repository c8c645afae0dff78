// A class's activation map over the photo that it belongs to, in viridis, on a canvas.

import { colour } from './colours.js';

const DIMMED = 0.65; // how much of the light is taken from what the network never saw

// A signed map through ReLU and scaled to 0 to 1; null where nothing speaks for the class.
export function finished(map) {
  const positive = Float32Array.from(map, (value) => Math.max(value, 0));
  const [low, high] = [Math.min(...positive), Math.max(...positive)];
  if (!Number.isFinite(high) || high - low <= 1e-12 * Math.max(high, 1e-30)) return null;
  return positive.map((value) => (value - low) / (high - low));
}

function cells(values, [rows, columns], anchors) {
  const image = new ImageData(columns, rows);
  values.forEach((value, i) => image.data.set([...colour(anchors, value), 255], 4 * i));
  const canvas = new OffscreenCanvas(columns, rows);
  canvas.getContext('2d').putImageData(image, 0, 0);
  return canvas;
}

// Draw photo, dimmed border and map. `box` is what the network saw, in shares of the photo's sides;
// `part` what is drawn of it, the whole photo or the box.
export function draw(canvas, { photo, box, map, grid, anchors, opacity, smooth, whole = true }) {
  const pen = canvas.getContext('2d');
  const { width, height } = canvas;
  const [left, top, right, bottom] = whole ? [0, 0, 1, 1] : box;
  const across = width / (right - left);
  const down = height / (bottom - top);
  pen.imageSmoothingEnabled = true;
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(photo, -left * across, -top * down, across, down);
  const [x, y] = [(box[0] - left) * across, (box[1] - top) * down];
  const [wide, tall] = [(box[2] - box[0]) * across, (box[3] - box[1]) * down];
  pen.fillStyle = `rgba(0, 0, 0, ${DIMMED})`;
  pen.beginPath();
  pen.rect(0, 0, width, height);
  pen.rect(x, y, wide, tall);
  pen.fill('evenodd');
  const values = finished(map);
  if (values === null) return;
  pen.globalAlpha = opacity;
  pen.imageSmoothingEnabled = smooth;
  pen.save();
  pen.beginPath();
  pen.rect(x, y, wide, tall);
  pen.clip();
  pen.drawImage(cells(values, grid, anchors), x, y, wide, tall);
  pen.restore();
  pen.globalAlpha = 1;
}
