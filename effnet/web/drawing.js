// The network in oblique plates, on one fixed scale from B0 to B7: a plate a block, its face the
// side of its map, its thickness its channels. The base network stands before it as a wireframe.
// The geometry is one list of shapes, which the canvas paints and an SVG file writes down.
import { outSize, scale } from './core.js';
import { make } from './dom.js';

const KIND = {
  mbconv: 'depthwise', inverted_residual: 'depthwise', separable: 'depthwise',
  fused_mbconv: 'fused', bottleneck: 'spatial',
};
const MOST_PLATES = 12; // a stage with more shows the rest hatched
const SLANT_X = 0.34, SLANT_Y = 0.22; // where a face's far edge goes, as parts of its side
const GAP = 2; // px between two plates
const LABELS = 54, TITLE = 22; // px under the floor, and above the tallest
const COLUMN = 40, BETWEEN = 10; // px: the least width of a stage, and the air behind it
const LARGEST = { depth: 3.1, width: 2, resolution: 600 / 224 }; // B7 of its B0

// Stem, stages and head as they are drawn: { stage, kind, side, channels, repeats }.
export function stackOf(spec) {
  let side = outSize(spec.resolution, spec.stem_pool ? 4 : 2);
  const stack = [{ stage: 0, kind: 'stem', side, channels: spec.stem_channels, repeats: 1 }];
  spec.stages.forEach((stage, i) => {
    side = outSize(side, stage.stride);
    const { channels, repeats, operator } = stage;
    stack.push({ stage: i + 1, kind: KIND[operator], side, channels, repeats });
  });
  if (spec.head_channels) {
    const stage = spec.stages.length + 1;
    stack.push({ stage, kind: 'head', side, channels: spec.head_channels, repeats: 1 });
  }
  return stack;
}

function largestOf(base) {
  const { depth, width, resolution } = LARGEST;
  try {
    return stackOf(scale(base, { depth, width, resolution: Math.round(base.resolution * resolution) }));
  } catch {
    return stackOf(base);
  }
}

// --- places -------------------------------------------------------------------------------------

// Faces and thickness grow with the square root of pixels and channels: drawn straight, the last
// maps, 32 times smaller than the picture, would be slivers.
const extent = ({ channels, repeats }, unit, gap) => repeats * (Math.sqrt(channels) * unit + gap) - gap;

// Where each stage's column begins and what a unit measures on the screen, so that the largest
// network of this base fills the room.
export function layoutOf(base, stack, width, height) {
  const largest = largestOf(base), tallest = Math.sqrt(largest[0].side);
  const floor = height - LABELS;
  const unitY = (floor - TITLE) / (tallest * (1 + SLANT_Y));
  const slanted = (one) => Math.sqrt(one.side) * unitY * SLANT_X;
  const begin = slanted(largest[0]) + 26;
  const across = width - begin - slanted(largest.at(-1)) - 4;
  const narrowest = Math.min(COLUMN, across / (largest.length * 1.4));
  const between = Math.min(BETWEEN, narrowest / 5);
  const sizes = (unit) => largest.map((one) => Math.max(narrowest, extent(one, unit, GAP)) + between);
  let low = 0, high = 10;
  for (let i = 0; i < 40; i += 1) { // columns have a least width, so no formula gives the unit
    const middle = (low + high) / 2;
    if (sizes(middle).reduce((a, b) => a + b, 0) > across) high = middle; else low = middle;
  }
  const matching = stack.length === largest.length;
  let left = begin;
  const columns = (matching ? sizes(low) : stack.map(() => across / stack.length)).map((size) => {
    left += size;
    return { left: left - size, size: size - between };
  });
  // what is larger than its column is drawn smaller as a whole
  const over = Math.max(1, Math.sqrt(stack[0].side) / tallest,
    ...stack.map((one, i) => extent(one, low, GAP) / columns[i].size));
  const free = floor - Math.sqrt(largest.at(-1).side) * unitY * (1 + SLANT_Y); // above the last stage
  return { columns, unit: low, unitY, over, floor, width, height, free, largest: matching ? largest : null };
}

// --- shapes -------------------------------------------------------------------------------------

const corner = (x, y) => [Math.round(x * 10) / 10, Math.round(y * 10) / 10];

// The three faces of a box whose front stands at (x, floor): front, top, and the map on its right.
function box(x, floor, thick, side, lift = 0) {
  const dx = side * SLANT_X, dy = side * SLANT_Y, top = floor - side, foot = floor - lift;
  return {
    front: [corner(x, foot), corner(x + thick, foot), corner(x + thick, top), corner(x, top)],
    top: [corner(x, top), corner(x + thick, top), corner(x + thick + dx, top - dy), corner(x + dx, top - dy)],
    right: [corner(x + thick, foot), corner(x + thick + dx, foot - dy),
      corner(x + thick + dx, top - dy), corner(x + thick, top)],
  };
}

function mixed(colour, other, share) {
  const parts = (text) => [1, 3, 5].map((i) => parseInt(text.slice(i, i + 2), 16));
  const a = parts(colour), b = parts(other);
  return `#${a.map((value, i) => Math.round(value + (b[i] - value) * share).toString(16).padStart(2, '0')).join('')}`;
}

function wire(shapes, stack, at, look) {
  stack.forEach((one, i) => {
    const { thick, gap } = at.measure(one);
    const whole = one.repeats * (thick + gap) - gap;
    const faces = box(at.columns[i].left, at.floor, whole, at.side(one.side));
    for (const points of Object.values(faces)) shapes.push({ points, ...look });
  });
}

// One plate: what the base has is plain; what is thicker, larger or more than that has the colour of
// width, resolution or depth.
function plate(shapes, x, thick, side, at, { plain, core, colours, hatched = false }) {
  const faces = box(x, at.floor, Math.max(thick, 0.8), side), line = colours.edge;
  const grown = core && side > core.side * 1.004, thicker = core && thick > core.thick * 1.004;
  const outer = grown ? colours.way.resolution : plain;
  shapes.push({ points: faces.right, fill: mixed(outer, colours.shade, 0.28), line });
  shapes.push({ points: faces.top, fill: mixed(outer, colours.light, 0.3), line });
  shapes.push({ points: faces.front, fill: outer, line, hatched });
  if (!grown && !thicker) return;
  const inner = box(x, at.floor, Math.max(Math.min(thick, thicker ? core.thick : thick), 0.8), grown ? core.side : side);
  if (grown) {
    const shifted = box(x + thick - Math.min(thick, core.thick), at.floor, Math.min(thick, core.thick), core.side);
    shapes.push({ points: shifted.right, fill: mixed(plain, colours.shade, 0.28), line: 'none' });
  }
  if (thicker) {
    const band = box(x, at.floor, thick, grown ? core.side : side);
    shapes.push({ points: band.front, fill: colours.way.width, line: 'none' });
  }
  shapes.push({ points: inner.front, fill: plain, line: 'none' });
}

function stage(shapes, one, base, left, at, colours, lit) {
  const { thick, gap } = at.measure(one), side = at.side(one.side);
  const core = base && { thick: at.measure(base).thick, side: at.side(base.side) };
  const whole = Math.ceil(one.repeats - 1e-6), plates = Math.min(whole, MOST_PLATES);
  const add = (n, x, width, hatched) => {
    const isMore = base && n >= base.repeats;
    const fill = isMore ? colours.way.depth : colours.plate[one.kind] ?? colours.plate.other;
    const plain = mixed(fill, colours.light, 0.6 * lit(one.stage, n));
    plate(shapes, x, width, side, at, { plain, core: isMore ? null : core, colours, hatched });
  };
  for (let n = 0; n < plates; n += 1) {
    add(n, left + n * (thick + gap), thick * Math.min(1, one.repeats - n), false);
  }
  if (whole > plates) {
    add(plates, left + plates * (thick + gap), (one.repeats - plates) * (thick + gap) - gap, true);
  }
  ruler(shapes, left, left + one.repeats * (thick + gap) - gap, at.floor + 5, colours.way.depth);
}

// A dimension line with a tick at either end, across or up.
function ruler(shapes, from, to, at, fill, isUp = false) {
  const place = (along, aside) => (isUp ? corner(at + aside, along) : corner(along, at + aside));
  for (const ends of [[place(from, 0), place(to, 0)], [place(from, -2.5), place(from, 2.5)], [place(to, -2.5), place(to, 2.5)]]) {
    shapes.push({ points: ends, fill: 'none', line: fill, thick: 1.5 });
  }
}

function labels(shapes, shown, at, { colours, names, small }) {
  const size = small ? 10 : 12, lines = ['depth', 'width', 'resolution'];
  const y = (i) => at.floor + 19 + (size + 2) * i;
  lines.forEach((way, i) => shapes.push({ text: names[way], x: 2, y: y(i), fill: colours.way[way], weight: 400, size, align: 'left' }));
  shown.forEach((one, n) => {
    const x = at.columns[n].left; // under the first plate, whatever stands behind it
    [one.repeats, one.channels, one.side].forEach((value, i) => {
      shapes.push({ text: String(Math.round(value)), x, y: y(i), fill: colours.way[lines[i]], weight: 600, size, align: 'left' });
    });
  });
}

function picture(shapes, at, resolution, photo, colours) {
  const side = at.side(resolution / 2), dx = side * SLANT_X, dy = side * SLANT_Y, x = 12;
  const face = [corner(x, at.floor), corner(x + dx, at.floor - dy), corner(x + dx, at.floor - dy - side),
    corner(x, at.floor - side)];
  shapes.push({ points: face, fill: colours.shade, line: colours.way.resolution, photo,
    pixels: Math.round(resolution) });
  ruler(shapes, at.floor, at.floor - side, 5, colours.way.resolution, true);
  shapes.push({ text: `${Math.round(resolution)} px`, x: x - 8, y: at.floor - side - dy - 6,
    fill: colours.way.resolution, weight: 700, align: 'left' });
}

// Everything that is drawn, from the back to the front. `shown` is a stack with any numbers in it,
// whole or not; `lit(stage, n)` tells from 0 to 1 how much the n-th plate shines.
export function shapesOf({ shown, base, layout, colours, names, resolution, photo = null, lit = () => 0 }) {
  const { columns, floor, unit, unitY, over } = layout;
  const at = {
    columns, floor,
    side: (side) => Math.sqrt(side) * unitY / over,
    measure: ({ channels }) => ({ thick: Math.sqrt(channels) * unit / over, gap: GAP / over }),
  };
  const shapes = [];
  if (layout.largest && over < 1.001) {
    wire(shapes, layout.largest, at, { fill: colours.faint, line: colours.hair });
    shapes.push({ text: names.largest, x: columns[1].left + columns[1].size, y: TITLE - 6, fill: colours.soft,
      weight: 400, align: 'left' });
  }
  picture(shapes, at, resolution, photo, colours);
  const ghost = base && base.length === shown.length ? base : null;
  shown.forEach((one, i) => stage(shapes, one, ghost?.[i], columns[i].left, at, colours, lit));
  if (ghost) wire(shapes, ghost, at, { fill: 'none', line: colours.ghost });
  labels(shapes, shown, at, { colours, names, small: layout.width < 560 });
  return shapes;
}

// --- canvas -------------------------------------------------------------------------------------

function trace(pen, points) {
  pen.beginPath();
  points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
  pen.closePath();
}

// Slanted lines across an upright face: [x1, y1, x2, y2] each.
function hatching([[left, floor], [right], [, top]]) {
  const lines = [], height = floor - top;
  for (let x = left - height; x < right; x += 5) {
    const from = Math.max(0, left - x), to = Math.min(height, right - x);
    if (from < to) lines.push([x + from, floor - from, x + to, floor - to]);
  }
  return lines;
}

function hatch(pen, points, colour) {
  pen.beginPath();
  for (const [x1, y1, x2, y2] of hatching(points)) {
    pen.moveTo(x1, y1);
    pen.lineTo(x2, y2);
  }
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  pen.stroke();
}

function putPhoto(pen, { points, photo, pixels }) {
  const [[x, y], [right, bottom], , [, top]] = points;
  const seen = atPixels(photo, pixels), { width } = seen;
  pen.save();
  pen.transform((right - x) / width, (bottom - y) / width, 0, (y - top) / width, x, top);
  pen.imageSmoothingEnabled = false;
  pen.drawImage(seen, 0, 0);
  pen.restore();
}

const canvases = new WeakMap(); // one a photo: making one anew each frame costs more than drawing
// A square photo at so many pixels a side, as far as it has them.
function atPixels(photo, pixels) {
  if (!canvases.has(photo)) canvases.set(photo, make('canvas', null, { width: 0, height: 0 }));
  const canvas = canvases.get(photo), side = Math.min(pixels, photo.naturalWidth);
  if (canvas.width !== side) {
    canvas.width = canvas.height = side;
    canvas.getContext('2d').drawImage(photo, 0, 0, side, side);
  }
  return canvas;
}

export function paint(canvas, shapes, { width, height, colours, font }) {
  const ratio = globalThis.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext('2d');
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.lineJoin = 'round';
  for (const shape of shapes) {
    if (shape.text !== undefined) {
      pen.font = `${shape.weight} ${shape.size ?? 12}px ${font}`;
      pen.textAlign = shape.align ?? 'center';
      pen.fillStyle = shape.fill;
      pen.fillText(shape.text, shape.x, shape.y);
      continue;
    }
    trace(pen, shape.points);
    if (shape.fill !== 'none') {
      pen.fillStyle = shape.fill;
      pen.fill();
    }
    if (shape.photo) putPhoto(pen, shape);
    if (shape.hatched) hatch(pen, shape.points, colours.shade);
    if (shape.line !== 'none') {
      trace(pen, shape.points);
      pen.strokeStyle = shape.line;
      pen.lineWidth = shape.thick ?? 0.8;
      pen.stroke();
    }
  }
}

// --- SVG ----------------------------------------------------------------------------------------

const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

// The same drawing as a file, with where it came from.
export function svgOf(shapes, { width, height, colours, font, title, source }) {
  const body = shapes.map((shape) => {
    if (shape.text !== undefined) {
      const anchor = { left: 'start', right: 'end' }[shape.align] ?? 'middle';
      return `<text x="${shape.x}" y="${shape.y}" fill="${shape.fill}" font-weight="${shape.weight}"`
        + ` font-size="${shape.size ?? 12}" text-anchor="${anchor}">${escaped(shape.text)}</text>`;
    }
    const points = shape.points.map((point) => point.join()).join(' ');
    const plain = `<polygon points="${points}" fill="${shape.fill}" stroke="${shape.line}"`
      + `${shape.thick ? ` stroke-width="${shape.thick}"` : ''}/>`;
    if (!shape.hatched) return plain;
    const lines = hatching(shape.points).map(([x1, y1, x2, y2]) => `M${x1},${y1}L${x2},${y2}`).join('');
    return `${plain}<path d="${lines}" stroke="${colours.shade}" stroke-width="1.5"/>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}"`
    + ` height="${height}" font-family="${escaped(font)}"`
    + ` stroke-width="0.8" stroke-linejoin="round"><title>${escaped(title)}</title>`
    + `<metadata>${escaped(source)}</metadata>`
    + `<rect width="100%" height="100%" fill="${colours.paper}"/>${body.join('')}</svg>`;
}
