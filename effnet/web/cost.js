// The cost as a square whose area grows, on one scale to B7, and what each dimension adds to it.
import { count, scale } from './core.js';
import { factor } from './words.js';

const LARGEST = 98; // B7's multiply-adds over B0's, and so the whole square
const LINE = 17; // px between two lines of text

// What depth, width and resolution each multiply the cost by, one after the other; null for a
// network that is not its base with multipliers.
export function factorsOf(spec, base, start, total) {
  const depth = spec.depth / base.depth, width = spec.width / base.width;
  let before = start, scaled = null;
  const factors = [];
  try {
    for (const values of [{ depth }, { depth, width }]) {
      scaled = scale(base, values);
      const now = count(scaled).macs;
      factors.push(Number(now) / Number(before));
      before = now;
    }
  } catch {
    return null;
  }
  const same = scaled.stages.length === spec.stages.length
    && scaled.stages.every((stage, i) => stage.channels === spec.stages[i].channels && stage.repeats === spec.stages[i].repeats);
  if (!same) return null;
  const [byDepth, byWidth] = factors;
  return { depth: byDepth, width: byWidth, resolution: Number(total) / Number(before) };
}

const square = (right, floor, side) => [[right - side, floor], [right, floor], [right, floor - side], [right - side, floor - side]];

// The square in the drawing's upper right corner, with its words below it; `room` is the height that
// both may take.
export function costShapes({ ratio, factors, say, colours, width, room, against }) {
  const whole = Math.max(40, Math.min(160, room - 5 * LINE, 0.22 * width));
  const over = Math.max(1, ratio / LARGEST), right = width - 4, floor = whole + 4;
  const side = (times) => Math.max(1.5, whole * Math.sqrt(times / over / LARGEST));
  const shapes = [
    { points: square(right, floor, whole), fill: colours.faint, line: 'none' },
    { points: square(right, floor, side(ratio)), fill: colours.way.compound, line: 'none' },
    { points: square(right, floor, side(1)), fill: 'none', line: colours.ink },
  ];
  const text = (words, line, fill, more) => shapes.push({
    text: words, x: right, y: floor + 18 + LINE * line, fill, weight: 600, align: 'right', ...more,
  });
  text(say('{times} {network}', { times: factor(ratio, say), network: against }), 0, colours.ink, { weight: 700, size: 15 });
  Object.entries(factors ?? {}).forEach(([name, times], i) => {
    text(`${say(name)} ${factor(times, say)}`, i + 1, colours.way[name]);
  });
  return shapes;
}
