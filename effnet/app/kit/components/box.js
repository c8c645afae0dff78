// What the components with a photo share: a box that is dragged on a canvas, a brush that paints.
const SAME = 1 / 60; // of the photo: a drag shorter than this is a click

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// A text with values in its braces.
const filled = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// Where the pointer is on a canvas.
function placeOn(canvas, event) {
  const bounds = canvas.getBoundingClientRect();
  return {
    x: clamp((event.clientX - bounds.left) / bounds.width, 0, 1),
    y: clamp((event.clientY - bounds.top) / bounds.height, 0, 1),
  };
}

// The box between two places: left, top, right, bottom.
function boxBetween(one, other) {
  const xs = [one.x, other.x].sort((a, b) => a - b);
  const ys = [one.y, other.y].sort((a, b) => a - b);
  return [xs[0], ys[0], xs[1], ys[1]];
}

const isBox = (box) => Boolean(box) && box[2] - box[0] > SAME && box[3] - box[1] > SAME;

const rounded = (box) => box.map((edge) => Math.round(edge * 1e4) / 1e4);

function rectangle(left, top, right, bottom) {
  const path = new Path2D();
  path.rect(left, top, right - left, bottom - top);
  return path;
}

// White between black edges: seen on any photo.
function outlined(context, scale, path, { dash = [], width = 2 } = {}) {
  context.setLineDash(dash.map((length) => length * scale));
  context.lineWidth = (width + 2) * scale;
  context.strokeStyle = 'rgba(0, 0, 0, 0.75)';
  context.stroke(path);
  context.lineWidth = width * scale;
  context.strokeStyle = '#fff';
  context.stroke(path);
  context.setLineDash([]);
}

function boxPath({ width, height }, box) {
  return rectangle(box[0] * width, box[1] * height, box[2] * width, box[3] * height);
}

function drawBox(context, scale, canvas, box) {
  const path = boxPath(canvas, box);
  outlined(context, scale, path, { width: 2.5 });
  context.lineWidth = 2.5 * scale;
  context.strokeStyle = '#E69F00';
  context.stroke(path);
}

// A place more of a stroke, where it is far enough from the last.
function extend(stroke, { x, y }) {
  const [before] = stroke.places.slice(-1);
  const near = before && Math.hypot(x - before[0], y - before[1]) < stroke.size / 10;
  if (!near) stroke.places.push([x, y].map((part) => Math.round(part * 1e4) / 1e4));
}

function brushPath({ width, height }, size, { x, y }) {
  const path = new Path2D();
  path.arc(x * width, y * height, (size * Math.min(width, height)) / 2, 0, 2 * Math.PI);
  return path;
}

// As the server paints it: a round brush through places, or a box where its size is 0.
function drawStroke(context, canvas, grey, { size, places }) {
  context.fillStyle = context.strokeStyle = grey;
  if (!size) {
    context.fill(boxPath(canvas, places.flat()));
    return;
  }
  const path = new Path2D();
  path.moveTo(places[0][0] * canvas.width, places[0][1] * canvas.height - 0.01); // one place is a dot
  for (const [x, y] of places) path.lineTo(x * canvas.width, y * canvas.height);
  context.lineWidth = size * Math.min(canvas.width, canvas.height);
  context.lineCap = context.lineJoin = 'round';
  context.stroke(path);
}
