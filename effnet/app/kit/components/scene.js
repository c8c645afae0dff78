// A map laid over a photo, as what is drawn of both: canvases that change only with the data, and
// paths on the photo. What box.js has stands before this.
const DIMMED = 0.65; // how dark is what the network never saw
const LEVELS = [0.25, 0.5, 0.75];

function canvasOf(width, height) {
  const made = document.createElement('canvas');
  made.width = Math.max(1, width);
  made.height = Math.max(1, height);
  return made;
}

// The map read between its cells' middles, as the server lays it over a photo.
function smooth(map, across, down) {
  const x = clamp(across * map.columns - 0.5, 0, map.columns - 1);
  const y = clamp(down * map.rows - 0.5, 0, map.rows - 1);
  const [x0, y0] = [Math.floor(x), Math.floor(y)];
  const x1 = Math.min(x0 + 1, map.columns - 1);
  const y1 = Math.min(y0 + 1, map.rows - 1);
  const at = (row, column) => map.values[row * map.columns + column];
  const above = at(y0, x0) * (1 - x + x0) + at(y0, x1) * (x - x0);
  const below = at(y1, x0) * (1 - x + x0) + at(y1, x1) * (x - x0);
  return above * (1 - y + y0) + below * (y - y0);
}

function painted(width, height, value, anchors) {
  const table = Array.from({ length: 256 }, (_, i) => colour(anchors, i / 255));
  const made = canvasOf(width, height);
  const context = made.getContext('2d');
  const pixels = context.createImageData(made.width, made.height);
  for (let y = 0, i = 0; y < made.height; y += 1) {
    for (let x = 0; x < made.width; x += 1, i += 4) {
      const shade = table[Math.round(255 * clamp(value(x, y), 0, 1))];
      [pixels.data[i], pixels.data[i + 1], pixels.data[i + 2]] = shade;
      pixels.data[i + 3] = 255;
    }
  }
  context.putImageData(pixels, 0, 0);
  return made;
}

// Marching squares over a fine grid; corners by bits, edges top, right, bottom, left.
const SEGMENTS = [
  [], [[3, 0]], [[0, 1]], [[3, 1]], [[1, 2]], [[3, 0], [1, 2]], [[0, 2]], [[3, 2]],
  [[2, 3]], [[2, 0]], [[0, 1], [2, 3]], [[2, 1]], [[1, 3]], [[1, 0]], [[0, 3]], [],
];

function contour(map, level, fine) {
  const path = new Path2D();
  const part = (a, b) => (level - a) / (b - a);
  const row = (y) => Array.from({ length: fine + 1 }, (_, x) => smooth(map, x / fine, y / fine));
  let above = row(0);
  for (let y = 0; y < fine; y += 1) {
    const below = row(y + 1);
    for (let x = 0; x < fine; x += 1) {
      const [a, b, c, d] = [above[x], above[x + 1], below[x + 1], below[x]];
      const kind = (a > level) | ((b > level) << 1) | ((c > level) << 2) | ((d > level) << 3);
      const edge = [
        () => [x + part(a, b), y],
        () => [x + 1, y + part(b, c)],
        () => [x + part(d, c), y + 1],
        () => [x, y + part(a, d)],
      ];
      for (const [from, to] of SEGMENTS[kind]) {
        path.moveTo(...edge[from]().map((place) => place / fine));
        path.lineTo(...edge[to]().map((place) => place / fine));
      }
    }
    above = below;
  }
  return path;
}

// Everything that changes only with the data, drawn once.
function prepare(root, data, photo) {
  const { width, height, seen, rows, columns } = data;
  const raw = Uint8Array.from(atob(data.cells), (char) => char.charCodeAt(0));
  const map = { rows, columns, values: Array.from(raw, (value) => value / 255) };
  const left = Math.round(seen[0] * width);
  const top = Math.round(seen[1] * height);
  const wide = Math.round(seen[2] * width) - left;
  const high = Math.round(seen[3] * height) - top;

  const dimmed = canvasOf(width, height);
  const context = dimmed.getContext('2d');
  context.drawImage(photo, 0, 0, width, height);
  context.fillStyle = `rgba(0, 0, 0, ${DIMMED})`;
  context.beginPath();
  context.rect(0, 0, width, height);
  context.rect(left, top, wide, high);
  context.fill('evenodd');

  const fine = Math.max(rows, columns) > 60 ? 112 : 84;
  const value = (x, y) => smooth(map, (x + 0.5) / wide, (y + 0.5) / high);
  root.scene = {
    map, left, top, wide, high, dimmed,
    blended: painted(wide, high, value, data.colours),
    cells: painted(columns, rows, (x, y) => map.values[y * columns + x], data.colours),
    contours: LEVELS.map((level) => contour(map, level, fine)),
  };
}

function cellPath({ left, top, wide, high, map }, [row, column]) {
  const x = (at) => left + (at / map.columns) * wide;
  const y = (at) => top + (at / map.rows) * high;
  return rectangle(x(column), y(row), x(column + 1), y(row + 1));
}

// What a place's convolutions can reach, cut off at the network's view.
function fieldOf(root, [row, column]) {
  const { field, crop } = root.data;
  if (!field) return null;
  const along = (cell) => {
    const first = field.start + cell * field.step;
    return [clamp(first, 0, crop) / crop, clamp(first + field.side, 0, crop) / crop];
  };
  const [left, right] = along(column);
  const [top, bottom] = along(row);
  const { scene } = root;
  return {
    whole: right - left > 0.999 && bottom - top > 0.999,
    share: (right - left) * (bottom - top),
    path: rectangle(
      scene.left + left * scene.wide,
      scene.top + top * scene.high,
      scene.left + right * scene.wide,
      scene.top + bottom * scene.high,
    ),
  };
}

