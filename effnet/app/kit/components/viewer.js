// A photo, its map at its own grid, and the two blended: opacity, contours, swipe, a box and a place.
// What box.js has stands before this.
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

function draw(root) {
  const { scene, data, state, canvases } = root;
  if (!scene) return;
  const shown = Object.entries(canvases).filter(([, one]) => one.offsetParent !== null);
  for (const [name, canvas] of shown) {
    if (canvas.width !== data.width || canvas.height !== data.height) {
      canvas.width = data.width;
      canvas.height = data.height;
    }
    const context = canvas.getContext('2d');
    const scale = Math.max(1, data.width / Math.max(1, canvas.clientWidth));
    const { left, top, wide, high } = scene;
    context.globalAlpha = 1;
    context.drawImage(scene.dimmed, 0, 0);
    if (name === 'grid') {
      context.imageSmoothingEnabled = false;
      context.drawImage(scene.cells, left, top, wide, high);
    }
    if (name === 'blend') {
      context.save();
      const from = state.view === 'swipe' ? left + (state.divider / 100) * wide : left;
      context.beginPath();
      context.rect(from, top, left + wide - from, high);
      context.clip();
      context.globalAlpha = state.view === 'swipe' ? 1 : state.opacity / 100;
      context.drawImage(scene.blended, left, top);
      context.restore();
      if (state.view === 'swipe') {
        outlined(context, scale, rectangle(from, top, from, top + high));
        context.beginPath();
        context.arc(from, top + high / 2, 9 * scale, 0, 2 * Math.PI);
        context.fillStyle = '#fff';
        context.fill();
        context.lineWidth = 2 * scale;
        context.strokeStyle = 'rgba(0, 0, 0, 0.75)';
        context.stroke();
      }
    }
    if (state.contours && name !== 'grid' && !data.blank) {
      for (const path of scene.contours) {
        const placed = new Path2D();
        placed.addPath(path, new DOMMatrix([wide, 0, 0, high, left, top]));
        outlined(context, scale, placed, { width: 1.2 });
      }
    }
    const places = [[data.cell, [5, 4]], [state.hover, []]].filter(([place]) => place);
    for (const [place, dash] of places) {
      if (place[0] >= scene.map.rows || place[1] >= scene.map.columns) continue;
      const field = fieldOf(root, place);
      if (name === 'photo' && field && !field.whole) {
        outlined(context, scale, field.path, { dash, width: 1.5 });
      }
      outlined(context, scale, cellPath(scene, place), { dash });
    }
    const box = state.dragged || data.box;
    if (box) drawBox(context, scale, canvas, box);
  }
  const place = state.hover || data.cell;
  root.reading.textContent = place ? words(root, place) : '';
}

function words(root, [row, column]) {
  const { map } = root.scene;
  const said = root.data.words;
  if (row >= map.rows || column >= map.columns) return '';
  const value = map.values[row * map.columns + column].toFixed(2);
  const field = fieldOf(root, [row, column]);
  const text = !field ? said.place : field.whole ? said.placeSeesAll : said.placeSees;
  return filled(text, {
    row: row + 1,
    column: column + 1,
    value,
    side: root.data.field?.side,
    share: field && (100 * field.share).toFixed(0),
  });
}

function showState(root) {
  const { state, data } = root;
  const single = state.view !== 'panels';
  root.panels.classList.toggle('single', single);
  for (const button of root.views) {
    button.setAttribute('aria-pressed', String(button.dataset.view === state.view));
  }
  const swiping = state.view === 'swipe';
  const said = data.words;
  root.dialName.textContent = swiping ? said.divider : said.opacity;
  root.dial.setAttribute('aria-label', swiping ? said.dividerPlace : said.mapOpacity);
  root.dial.value = swiping ? state.divider : state.opacity;
  root.contours.checked = state.contours;
  root.mark.setAttribute('aria-pressed', String(state.marking));
  root.mark.hidden = swiping;
  root.clear.hidden = !data.box;
  for (const name of ['photo', 'blend']) {
    root.canvases[name].parentElement.classList.toggle('marking', state.marking || swiping);
  }
  draw(root);
}

function later(root) {
  root.frame = root.frame || requestAnimationFrame(() => {
    root.frame = null;
    draw(root);
  });
}

// Where the pointer is, in parts of the photo, and the map's cell there if the network saw it.
function pointed(root, canvas, event) {
  const { x, y } = placeOn(canvas, event);
  const { scene, data } = root;
  const across = (x * data.width - scene.left) / scene.wide;
  const down = (y * data.height - scene.top) / scene.high;
  const inside = across >= 0 && across < 1 && down >= 0 && down < 1;
  const { rows, columns } = scene.map;
  return { x, y, across, cell: inside ? [Math.floor(down * rows), Math.floor(across * columns)] : null };
}

function listen(root) {
  const { state } = root;
  for (const button of root.views) {
    button.onclick = () => {
      state.view = button.dataset.view;
      showState(root);
    };
  }
  root.dial.oninput = () => {
    state[state.view === 'swipe' ? 'divider' : 'opacity'] = +root.dial.value;
    draw(root);
  };
  root.contours.onchange = () => {
    state.contours = root.contours.checked;
    draw(root);
  };
  root.mark.onclick = () => {
    state.marking = !state.marking;
    showState(root);
  };
  root.clear.onclick = () => root.report('box', null);

  for (const [name, canvas] of Object.entries(root.canvases)) {
    let start = null;
    const draws = () => name !== 'grid' && state.view !== 'swipe';
    canvas.onpointerdown = (event) => {
      if (!root.scene) return;
      const place = pointed(root, canvas, event);
      if (name === 'blend' && state.view === 'swipe') {
        start = place;
        canvas.setPointerCapture(event.pointerId);
        canvas.onpointermove(event);
      } else if (draws() && (event.pointerType === 'mouse' || state.marking)) {
        start = place;
        canvas.setPointerCapture(event.pointerId);
      }
    };
    canvas.onpointermove = (event) => {
      if (!root.scene) return;
      const place = pointed(root, canvas, event);
      if (start && state.view === 'swipe') {
        state.divider = clamp(Math.round(place.across * 100), 0, 100);
        root.dial.value = state.divider;
      } else if (start) {
        state.dragged = boxBetween(start, place);
      } else {
        state.hover = place.cell;
      }
      later(root);
    };
    canvas.onpointerup = (event) => {
      if (!root.scene) return;
      const box = state.dragged;
      const wasStarted = start;
      start = null;
      if (wasStarted && state.view !== 'swipe' && isBox(box)) {
        state.marking = false;
        root.data.box = rounded(box);
        root.report('box', root.data.box);
      } else if (state.view !== 'swipe') {
        pick(root, pointed(root, canvas, event).cell);
      }
      state.dragged = null;
      showState(root);
    };
    canvas.onpointercancel = () => {
      start = null;
      state.dragged = null;
      later(root);
    };
    canvas.onpointerleave = () => {
      state.hover = null;
      later(root);
    };
  }
  const grid = root.canvases.grid;
  grid.onkeydown = (event) => {
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const { rows, columns } = root.scene.map;
    const now = state.hover || root.data.cell || [0, 0];
    if (event.key === 'Enter' || event.key === ' ') pick(root, now);
    else if (moves[event.key]) {
      const [down, across] = moves[event.key];
      state.hover = [clamp(now[0] + down, 0, rows - 1), clamp(now[1] + across, 0, columns - 1)];
    } else return;
    event.preventDefault();
    draw(root);
  };
  grid.onblur = () => {
    state.hover = null;
    draw(root);
  };
}

function pick(root, cell) {
  if (!cell) return;
  root.data.cell = cell;
  root.report('cell', cell);
}

function legend(canvas, anchors) {
  const context = canvas.getContext('2d');
  for (let x = 0; x < canvas.width; x += 1) {
    const [red, green, blue] = colour(anchors, x / (canvas.width - 1));
    context.fillStyle = `rgb(${red}, ${green}, ${blue})`;
    context.fillRect(x, 0, 1, canvas.height);
  }
}

export default function ({ parentElement, data, setStateValue }) {
  const find = (name) => parentElement.querySelector(name);
  const root = find('.viewer');
  const first = !root.state;
  root.data = { ...data };
  root.report = setStateValue;
  if (first) {
    const narrow = root.clientWidth > 0 && root.clientWidth < 640;
    root.state = {
      view: narrow ? 'overlay' : 'panels', opacity: 60, divider: 50,
      contours: false, marking: false, hover: null, dragged: null,
    };
    root.views = [...parentElement.querySelectorAll('.views button')];
    root.panels = find('.panels');
    root.dial = find('.dial input');
    root.dialName = find('.dial .name');
    root.contours = find('.contours');
    root.mark = find('.mark');
    root.clear = find('.clear');
    root.reading = find('.reading');
    root.canvases = {};
    for (const figure of parentElement.querySelectorAll('figure')) {
      root.canvases[figure.dataset.panel] = figure.querySelector('canvas');
    }
    root.panels.classList.toggle('single', narrow);
    listen(root);
    new ResizeObserver(() => later(root)).observe(root);
  }
  for (const node of parentElement.querySelectorAll('[data-word]')) {
    node.textContent = data.words[node.dataset.word];
  }
  find('.views').setAttribute('aria-label', data.words.view);
  legend(find('.legend canvas'), data.colours);
  Object.values(root.canvases).forEach((canvas, i) => {
    canvas.parentElement.querySelector('figcaption').textContent = data.captions[i];
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', data.alts[i]);
    if (!first) return; // the room that the photo will take
    canvas.style.aspectRatio = `${data.width} / ${data.height}`;
    [canvas.width, canvas.height] = [data.width, data.height];
  });
  const ready = (photo) => {
    prepare(root, data, photo);
    for (const canvas of Object.values(root.canvases)) {
      canvas.style.aspectRatio = `${data.width} / ${data.height}`;
    }
    showState(root);
    root.dataset.drawn = 1 + Number(root.dataset.drawn ?? 0);
  };
  if (root.photo && root.photo.src === data.photo && root.photo.complete) {
    ready(root.photo);
    return;
  }
  const photo = new Image();
  root.photo = photo;
  photo.onload = () => {
    if (root.photo === photo) ready(photo);
  };
  photo.src = data.photo;
}
