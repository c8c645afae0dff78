// A photo, its map at its own grid, and the two blended: opacity, contours, swipe, a box, a brush and
// a place.
// What box.js and scene.js have stands before this.
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const KEYS = matchMedia('(hover: hover) and (pointer: fine)'); // a mouse, and so keys

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
    for (const stroke of [...data.paint, ...(state.stroke ? [state.stroke] : [])]) {
      drawStroke(context, canvas, data.grey, stroke);
    }
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
    if (state.brush && name !== 'grid') {
      outlined(context, scale, brushPath(canvas, state.size, state.brush), { width: 1 });
    }
  }
  root.reading.textContent = told(root);
}

// What a place is; where none is pointed at, what can be done, unless buttons stand there.
function told(root) {
  const { state, data } = root;
  const place = state.hover || data.cell;
  if (place) return words(root, place);
  if (root.strokes.every((button) => button.hidden)) return data.words[KEYS.matches ? 'point' : 'tap'];
  return state.brush && KEYS.matches ? data.words.keys : '';
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
  const painting = state.tool === 'paint' && !swiping;
  for (const button of root.tools) {
    button.setAttribute('aria-pressed', String(button.dataset.tool === state.tool));
    button.hidden = swiping;
  }
  for (const button of root.sizes) {
    button.setAttribute('aria-pressed', String(Number(button.dataset.size) === state.size));
  }
  root.brushes.hidden = !painting;
  root.clear.hidden = root.hide.hidden = !data.box;
  root.undo.hidden = root.wipe.hidden = !data.paint.length;
  if (!painting) state.brush = null;
  for (const name of ['photo', 'blend']) {
    const canvas = root.canvases[name];
    canvas.parentElement.classList.toggle('marking', Boolean(state.tool) || swiping);
    canvas.tabIndex = painting ? 0 : -1;
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
  for (const button of root.tools) {
    button.onclick = () => {
      state.tool = state.tool === button.dataset.tool ? null : button.dataset.tool;
      showState(root);
    };
  }
  for (const button of root.sizes) {
    button.onclick = () => {
      state.size = Number(button.dataset.size);
      showState(root);
    };
  }
  root.clear.onclick = () => root.report('box', null);
  root.undo.onclick = () => repaint(root, root.data.paint.slice(0, -1));
  root.wipe.onclick = () => repaint(root, []);
  root.hide.onclick = () => {
    const [left, top, right, bottom] = root.data.box;
    repaint(root, [...root.data.paint, { size: 0, places: [[left, top], [right, bottom]] }]);
  };

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
      } else if (draws() && (event.pointerType === 'mouse' || state.tool)) {
        start = place;
        canvas.setPointerCapture(event.pointerId);
        if (state.tool === 'paint') {
          state.stroke = { size: state.size, places: [] };
          canvas.onpointermove(event);
        }
      }
    };
    canvas.onpointermove = (event) => {
      if (!root.scene) return;
      const place = pointed(root, canvas, event);
      if (start && state.view === 'swipe') {
        state.divider = clamp(Math.round(place.across * 100), 0, 100);
        root.dial.value = state.divider;
      } else if (state.stroke) {
        extend(state.stroke, place);
      } else if (start) {
        state.dragged = boxBetween(start, place);
      } else if (state.tool === 'paint' && draws()) {
        state.hover = null;
      } else {
        state.hover = place.cell;
      }
      if (state.tool === 'paint' && draws()) state.brush = place;
      later(root);
    };
    canvas.onpointerup = (event) => {
      if (!root.scene) return;
      const box = state.dragged;
      const wasStarted = start;
      start = null;
      if (state.stroke) {
        const { stroke } = state;
        state.stroke = null;
        repaint(root, [...root.data.paint, stroke]);
      } else if (wasStarted && state.view !== 'swipe' && isBox(box)) {
        state.tool = null;
        root.data.box = rounded(box);
        root.report('box', root.data.box);
      } else if (state.view !== 'swipe') {
        pick(root, pointed(root, canvas, event).cell);
      }
      state.dragged = null;
      showState(root);
    };
    canvas.onpointercancel = () => {
      start = state.stroke = null;
      state.dragged = null;
      later(root);
    };
    canvas.onpointerleave = canvas.onblur = () => {
      state.hover = state.brush = null;
      later(root);
    };
    if (name === 'grid') continue;
    canvas.onfocus = () => {
      if (state.tool !== 'paint' || !canvas.matches(':focus-visible')) return;
      state.brush ||= { x: 0.5, y: 0.5 };
      draw(root);
    };
    canvas.onkeydown = (event) => brushKey(root, event);
  }
  const grid = root.canvases.grid;
  grid.onkeydown = (event) => {
      const { rows, columns } = root.scene.map;
    const now = state.hover || root.data.cell || [0, 0];
    if (event.key === 'Enter' || event.key === ' ') pick(root, now);
    else if (MOVES[event.key]) {
      const [down, across] = MOVES[event.key];
      state.hover = [clamp(now[0] + down, 0, rows - 1), clamp(now[1] + across, 0, columns - 1)];
    } else return;
    event.preventDefault();
    draw(root);
  };
}

// The brush by arrow keys, half of its width a step; Space or Enter paints where it is.
function brushKey(root, event) {
  const { state } = root;
  const at = state.brush;
  if (!at) return;
  if (event.key === 'Enter' || event.key === ' ') {
    const stroke = { size: state.size, places: [] };
    extend(stroke, at);
    repaint(root, [...root.data.paint, stroke]);
  } else if (MOVES[event.key]) {
    const [down, across] = MOVES[event.key];
    state.brush = {
      x: clamp(at.x + across * state.size / 2, 0, 1), y: clamp(at.y + down * state.size / 2, 0, 1),
    };
  } else return;
  event.preventDefault();
  draw(root);
}

// What is painted by now; the server hears all of it at once.
function repaint(root, strokes) {
  root.data.paint = strokes;
  root.told = JSON.stringify(strokes);
  root.report('paint', strokes);
  showState(root);
}

// What came of the server, but for paint that it has not heard of yet.
function taken(root, data) {
  const waits = root.told && root.data.subject === data.subject && JSON.stringify(data.paint) !== root.told;
  if (!waits) root.told = null;
  return { ...data, paint: waits ? root.data.paint : data.paint };
}

function pick(root, cell) {
  if (!cell) return;
  root.data.cell = cell;
  root.report('cell', cell);
}

export default function ({ parentElement, data: [data], setStateValue }) {
  const find = (name) => parentElement.querySelector(name);
  const root = find('.viewer');
  const first = !root.state;
  root.data = taken(root, data);
  root.report = setStateValue;
  if (first) {
    const narrow = root.clientWidth > 0 && root.clientWidth < 640;
    root.state = {
      view: narrow ? 'overlay' : 'panels', opacity: 60, divider: 50,
      contours: false, tool: null, size: 0.14, hover: null, dragged: null, stroke: null, brush: null,
    };
    root.views = [...parentElement.querySelectorAll('.views button')];
    root.panels = find('.panels');
    root.dial = find('.dial input');
    root.dialName = find('.dial .name');
    root.contours = find('.contours');
    root.tools = [...parentElement.querySelectorAll('.tool')];
    root.brushes = find('.brushes');
    root.sizes = [...root.brushes.children];
    root.undo = find('.undo');
    root.wipe = find('.wipe');
    root.clear = find('.clear');
    root.hide = find('.hide');
    root.strokes = [...find('.strokes').children];
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
  for (const button of root.sizes) {
    button.title = data.words[button.dataset.label];
    button.setAttribute('aria-label', button.title);
  }
  find('.views').setAttribute('aria-label', data.words.view);
  root.brushes.setAttribute('aria-label', data.words.brush);
  find('.legend i').style.background =
    `linear-gradient(to right, ${data.colours.map((one) => `rgb(${one})`)})`;
  Object.values(root.canvases).forEach((canvas, i) => {
    canvas.parentElement.querySelector('figcaption').textContent = data.captions[i];
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', data.alts[i]);
    if (!first) return; // the room that the photo will take
    canvas.style.aspectRatio = `${data.width} / ${data.height}`;
    [canvas.width, canvas.height] = [data.width, data.height];
  });
  showState(root);
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
