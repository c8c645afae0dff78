// The explorer: everything above the tabs of Scale, drawn in the reader's browser. A host calls
// mount(root, data, report): `data` holds texts, specs and the design, `report` hears of changes on
// release. Gives back { set, destroy }: `set` takes what the host says later.
import { count, countStages } from './core.js';
import { controlsIn } from './controls.js';
import { costShapes, factorsOf } from './cost.js';
import { curveIn } from './curve.js';
import { changed, held, networkOf, queryOf } from './design.js';
import { make, put, save, show, write } from './dom.js';
import { layoutOf, paint, shapesOf, stackOf, svgOf } from './drawing.js';
import { introIn } from './intro.js';
import { stageLayers, stageRows } from './rows.js';
import { tableIn } from './table.js';
import { designClaim, factor, giga, integer, millions, networkWords, percent, speaker, twinFinder } from './words.js';

const REST_MS = 500; // a hand that rests so long on a slider is heard; two reports are so far apart
const GLIDE_MS = 150, LIT_MS = 900;
const NARROW = 640, WIDE = 980; // px of the host
const isDark = (root) => {
  const parts = getComputedStyle(root).color.match(/[\d.]+/g).map(Number);
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2] > 128;
};

export function mount(root, data, report = () => {}) {
  const { specs, titles, ranges, css } = data;
  const say = speaker(data.words);
  const twinOf = twinFinder(specs), starts = new Map();
  const hidden = new Set(data.hidden ?? []);
  let { design, lock = null, stage = 2, own = null } = data;
  let isHeld = false, sent = data.answers ?? 0, told = '', lastReport = 0, timer = 0;
  let dirty = true, frameAsked = 0, gone = false, width = 0, current = null, photo = null;
  const tickers = new Set();
  const shownStack = { values: null, resolution: 0, ratio: 1, born: new Map(), at: 0, layout: null, key: '' };
  const spent = { count: 0, total: 0, frames: 0 };
  const motion = globalThis.matchMedia?.('(prefers-reduced-motion: reduce)');
  const still = () => Boolean(motion?.matches);

  // --- reports: on release, or when the hand rests; never two within REST_MS
  function tell() {
    timer = 0;
    const words = JSON.stringify([design, lock, stage]);
    if (words === told) return;
    told = words;
    lastReport = performance.now();
    sent += 1;
    report({ design: Object.fromEntries(Object.entries(design).map(([k, v]) => [k, String(v)])), lock, stage, n: sent });
  }
  function soon(done) {
    clearTimeout(timer);
    const wait = done ? Math.max(0, lastReport + REST_MS - performance.now()) : REST_MS;
    timer = setTimeout(tell, wait);
  }
  function change(values, { done = false, lock: newLock, glide = false } = {}) {
    if (newLock !== undefined) lock = newLock === lock ? null : newLock;
    const asked = typeof values === 'function' ? values(design) : values;
    design = held(changed(design, asked, lock, ranges), newLock ? lock : null, ranges);
    isHeld = !done;
    if (!glide) intro?.stop();
    ask();
    if (!intro?.gliding()) soon(done);
  }
  function pick(number) {
    stage = Math.max(1, Math.min(number, current ? current.spec.stages.length : number));
    ask();
    soon(true);
  }

  // --- nodes
  make('style', root, {}, css);
  const box = make('div', root, { class: `effnet${data.present ? ' present' : ''}` });
  const intro = data.intro && data.ways ? introIn(box, {
    say, ways: data.ways, titles, links: data.links ?? {}, still, frame: (step) => { tickers.add(step); ask(); },
    change: (values, options) => {
      const gliding = intro.gliding();
      change(values, { ...options, glide: true });
      if (gliding && options.done) soon(true);
    },
  }) : null;
  const claim = make('h3', box, { class: 'claim' });
  const spoken = make('p', box, { class: 'unseen', 'aria-live': 'polite' });
  const grid = make('div', box, { class: 'grid' });
  const controls = controlsIn(grid, { ...data, say, hidden, change, active: () => root.getRootNode().activeElement });
  const main = make('div', grid, { class: 'main' });
  const totals = make('dl', main, { class: 'totals' });
  const cards = ['Parameters', 'Multiply-adds', 'Activations', 'Resolution', 'Blocks'].map(() => {
    const card = make('div', totals);
    return { card, name: make('dt', card), value: make('dd', card, { class: 'value' }), below: make('dd', card) };
  });
  const figure = make('figure', main, { class: 'drawing' });
  const canvas = make('canvas', figure, { role: 'img' });
  const places = make('div', figure, { class: 'places' });
  const tip = make('div', figure, { class: 'tip', role: 'status' });
  const saves = make('div', figure, { class: 'saves' });
  const curve = curveIn(main, { say, titles, released: data.released });
  const origins = make('p', main, { class: 'note' }, say('Lines and bars are computed, hollow diamonds published; dotted is the promise of the formula.'));
  const table = tableIn(make('div', box, { class: 'below' }), { say, pick });
  for (const [kind, act] of [['PNG', savePng], ['SVG', saveSvg]]) {
    make('button', saves, { type: 'button', 'aria-label': say('Save as {kind}', { kind }), title: say('Save as {kind}', { kind }) }, kind)
      .addEventListener('click', act);
  }
  show(totals, !hidden.has('totals'));
  show(figure, !hidden.has('drawing'));
  show(table.parent ?? box.lastChild, !hidden.has('table'));
  if (data.photo) {
    photo = new Image();
    photo.onload = ask;
    photo.src = data.photo;
  }

  // --- colours of this page
  let colours = null;
  function look() {
    const dark = isDark(box);
    box.classList.toggle('dark', dark);
    const side = (pairs) => Object.fromEntries(Object.entries(pairs).map(([name, pair]) => [name, pair[Number(dark)]]));
    colours = {
      kind: side(data.colours.kind), way: side(data.colours.way),
      ink: dark ? '#fafafa' : '#1a1c22', paper: dark ? '#0e1117' : '#ffffff', light: '#ffffff', shade: dark ? '#10131a' : '#2b2f38',
      plate: { fused: dark ? '#b58aa6' : '#8d6a80', other: dark ? '#8593ab' : '#6f7d95' },
      edge: dark ? '#0e1117' : '#ffffff', ghost: dark ? '#ffffff90' : '#1a1c2280', faint: dark ? '#ffffff0a' : '#1a1c2208',
      hair: dark ? '#ffffff1c' : '#1a1c221a', soft: dark ? '#ffffffa0' : '#1a1c22a8',
      font: getComputedStyle(box).fontFamily,
    };
    for (const [name, colour] of Object.entries(colours.way)) box.style.setProperty(`--${name}`, colour);
  }

  // --- drawing
  // Drawing and curve share what the window leaves, so that both are seen without scrolling.
  function heights() {
    if (width.narrow) return { drawing: 220, curve: 170 };
    if (data.present) return { drawing: 440, curve: 440 };
    const left = Math.max(400, Math.min(700, width.left_below));
    return { drawing: Math.round(0.62 * left), curve: Math.round(0.38 * left) };
  }
  function target({ spec, base, against, total, start }) {
    const stack = stackOf(spec);
    const tall = heights().drawing;
    const key = [base.name, stack.length, width.right, tall].join();
    if (shownStack.key !== key) {
      shownStack.key = key;
      shownStack.values = null;
    }
    const layout = layoutOf(base, stack, width.right, tall);
    const ratio = Number(total.macs) / Number(start.macs);
    return { stack, layout, ratio, base: stackOf(base), against, resolution: spec.resolution };
  }

  function settle(goal, now) {
    const { values, born } = shownStack;
    if (!values || still()) {
      shownStack.values = goal.stack.map((one) => ({ ...one }));
      Object.assign(shownStack, { ratio: goal.ratio, resolution: goal.resolution, over: goal.layout.over });
      return false;
    }
    const part = 1 - Math.exp(-(now - shownStack.at) / (GLIDE_MS / 3));
    let moving = false;
    const nearer = (from, to) => {
      if (Math.abs(to - from) < 0.002 * Math.abs(to)) return to;
      moving = true;
      return from + (to - from) * part;
    };
    values.forEach((one, i) => {
      const to = goal.stack[i];
      for (let n = Math.ceil(one.repeats); n < to.repeats; n += 1) born.set(`${i},${n}`, now);
      Object.assign(one, { stage: to.stage, kind: to.kind, side: nearer(one.side, to.side),
        channels: nearer(one.channels, to.channels), repeats: nearer(one.repeats, to.repeats) });
    });
    shownStack.ratio = nearer(shownStack.ratio, goal.ratio);
    shownStack.resolution = nearer(shownStack.resolution, goal.resolution);
    shownStack.over = nearer(shownStack.over, goal.layout.over);
    return moving;
  }

  const names = { depth: say('blocks'), width: say('channels'), resolution: say('side, px'), largest: '' };
  function drawNetwork(now) {
    names.largest = current.base.name === 'b0' ? say('outline: B7') : say('outline: as B7 is to B0');
    const goal = current.goal;
    const moving = settle(goal, now);
    shownStack.at = now;
    let shines = false;
    const lit = (number, n) => {
      const when = shownStack.born.get(`${number},${n}`);
      if (when === undefined || still()) return 0;
      const left = 1 - (now - when) / LIT_MS;
      if (left <= 0) shownStack.born.delete(`${number},${n}`); else shines = true;
      return Math.max(0, left);
    };
    const layout = { ...goal.layout, over: shownStack.over };
    shownStack.layout = layout;
    shownStack.shapes = shapesOf({ shown: shownStack.values, base: goal.base, layout, colours, photo, lit,
      resolution: shownStack.resolution, names });
    const room = Math.min(160, layout.floor - 150, width.right * 0.22);
    shownStack.shapes.push(...costShapes({ ratio: shownStack.ratio, factors: current.factors, say, colours,
      width: layout.width, room: Math.max(60, room), against: current.short }));
    if (layout.over > 1.001) {
      shownStack.shapes.push({ text: say('drawn {times} smaller', { times: factor(layout.over) }), x: layout.width / 2, y: 14, fill: colours.ink, weight: 600 });
    }
    paint(canvas, shownStack.shapes, { width: layout.width, height: layout.height, colours, font: colours.font });
    put(canvas, { style: `width:${layout.width}px;height:${layout.height}px` });
    return moving || shines;
  }

  function place(layout) {
    while (places.children.length < layout.columns.length) {
      const number = places.children.length;
      const button = make('button', places, { type: 'button' });
      button.addEventListener('click', () => { pick(number); openBlock(number); });
      button.addEventListener('mouseenter', () => hint(number));
      button.addEventListener('focus', () => hint(number));
      for (const leave of ['mouseleave', 'blur']) button.addEventListener(leave, () => hint(-1));
    }
    [...places.children].forEach((button, i) => {
      show(button, i < layout.columns.length);
      if (i >= layout.columns.length) return;
      const { left, size } = layout.columns[i];
      put(button, { style: `left:${left.toFixed(0)}px;width:${(size + 6).toFixed(0)}px;height:${layout.height}px` });
    });
  }

  const stageWords = (row) => say('stage {stage}: {operator}, {channels} channels, {side} x {side} px, {blocks} x; {macs} multiply-adds, {share} of all', {
    stage: row.stage, operator: say(row.operator), channels: row.channels, side: row.out_size, blocks: row.repeats,
    macs: giga(row.macs), share: percent(row.macs_share) });

  let hinted = -1;
  function hint(number) {
    hinted = number;
    ask();
  }

  // The block of a stage, opened in place: its layers in order, with what each costs.
  const block = make('div', figure, { class: 'block', hidden: '', role: 'group' });
  function openBlock(number) {
    block.number = block.number === number && !block.hidden ? -1 : number;
    ask();
  }
  block.number = -1;
  block.addEventListener('keydown', (event) => { if (event.key === 'Escape') openBlock(block.number); });
  function drawBlock() {
    show(block, block.number >= 0 && block.number < current.rows.length);
    if (block.hidden) return;
    const row = current.rows[block.number], layers = current.layers(block.number);
    const key = JSON.stringify([row.stage, layers, colours.ink]);
    if (block.key === key) return;
    block.key = key;
    block.replaceChildren();
    make('p', block, {}, stageWords(row));
    const line = make('ol', block);
    for (const layer of layers) {
      const item = make('li', line);
      item.style.borderColor = colours.kind[layer.kind];
      make('b', item, {}, `${say(layer.kind)} ${layer.kernel}x${layer.kernel}`);
      make('span', item, {}, `${layer.inputs} → ${layer.outputs}, ${layer.out} px`);
      make('span', item, {}, `${giga(layer.macs)} MACs`);
    }
    make('button', block, { type: 'button', class: 'close', 'aria-label': say('Close') }, '×').addEventListener('click', () => openBlock(block.number));
  }

  // --- totals
  function drawTotals({ spec, base, total, start, short }) {
    const blocks = (one) => one.stages.reduce((sum, each) => sum + each.repeats, 0);
    const entries = [
      [say('Parameters'), millions(total.params), Number(total.params) / Number(start.params), integer(total.params)],
      [say('Multiply-adds'), giga(total.macs), Number(total.macs) / Number(start.macs),
        say("{macs:,} MACs: the paper's FLOPS. Counted singly, {flops:,} FLOPs", { macs: total.macs, flops: total.macs + total.macs })],
      [say('Activations'), millions(total.activations), Number(total.activations) / Number(start.activations),
        say('{n:,} elements written by convolutions and fully connected layers', { n: total.activations })],
      [say('Resolution'), `${spec.resolution} px`, spec.resolution / base.resolution, say('Side of the square input')],
      [say('Blocks'), String(blocks(spec)), blocks(spec) / blocks(base), say('Stem and head not counted')],
    ];
    entries.forEach(([name, value, by, title], i) => {
      write(cards[i].name, name);
      write(cards[i].value, value);
      write(cards[i].below, `${factor(by)} ${short}`);
      put(cards[i].card, { title });
    });
  }

  // --- everything, once a frame
  function compute() {
    const { spec, base, against } = networkOf(design, { ...data, own });
    if (!starts.has(base)) starts.set(base, count(base));
    const start = starts.get(base), counted = countStages(spec), { total } = counted;
    const short = (titles[against] ?? against).replace(/^EfficientNet-?/, '');
    const rows = stageRows(spec, base, counted);
    const twin = twinOf(spec);
    const words = designClaim(say, { design, spec, total, titles, twin, edit: own?.edit });
    const factors = spec === base ? null : factorsOf(spec, base, start.macs, total.macs);
    const layers = (number) => stageLayers(spec, number);
    return { spec, base, against, start, total, short, rows, words, factors, layers };
  }

  function draw(now) {
    frameAsked = 0;
    if (gone) return;
    for (const step of [...tickers]) if (!step(now)) tickers.delete(step);
    if (!width.right) return;
    const began = performance.now();
    let moving = tickers.size > 0;
    if (dirty) {
      dirty = false;
      controls.show({ design, lock, start: specs[design.base], width: width.left, colours, hasOwn: Boolean(own), began: own?.title ?? '' });
      try {
        current = compute();
      } catch (error) {
        if (!error.refusal) throw error;
        write(claim, say(error.refusal.text, error.refusal.values));
        return;
      }
      spent.count += performance.now() - began;
      current.goal = target(current);
      write(claim, current.words);
      drawTotals(current);
      const formula = design.mode === 'formula' && !hidden.has('curve');
      show(curve.svg.parentNode === main ? curve.svg : curve.svg, true);
      curve.svg.style.display = formula ? '' : 'none';
      show(origins, formula);
      if (formula) {
        curve.show({ design, base: current.base, start: current.start, total: current.total, colours,
          width: width.right, height: heights().curve });
        curve.name(say('Multiply-adds against phi: promise, computed, published'));
      }
      if (!hidden.has('table')) table(current.rows, stage);
      place(current.goal.layout);
      const title = titles[current.spec.name] ?? titles[design.base];
      put(canvas, { 'aria-label': networkWords(say, title, current.spec, current.total) });
      drawBlock();
    }
    if (current && !hidden.has('drawing')) moving = drawNetwork(now) || moving;
    showHint();
    spent.total += performance.now() - began;
    spent.frames += 1;
    if (moving) ask(false);
    else settleWords();
  }
  function showHint() {
    show(tip, hinted >= 0 && Boolean(current?.rows[hinted]));
    if (tip.hidden) return;
    write(tip, stageWords(current.rows[hinted]));
    put(places.children[hinted], { 'aria-label': stageWords(current.rows[hinted]) });
  }
  // What a screen reader hears, and what buttons are called, once everything rests.
  let quiet = 0, top = null;
  function settleWords() {
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      if (!current || gone) return;
      write(spoken, current.words);
      [...places.children].forEach((button, i) => current.rows[i] && put(button, { 'aria-label': stageWords(current.rows[i]) }));
    }, 300);
  }
  function ask(isNew = true) {
    dirty ||= isNew;
    frameAsked ||= requestAnimationFrame(draw);
  }

  // --- files
  const fileName = () => `effnet-${new URLSearchParams(queryOf(design)).toString().replace(/[^\w.]+/g, '-') || 'phi-1'}`;
  const source = () => `${data.madeBy ?? 'effnet'} ${data.address ?? ''}?${new URLSearchParams(queryOf(design))}`;
  function saveSvg() {
    const { width: w, height: h } = shownStack.layout;
    const text = svgOf(shownStack.shapes, { width: w, height: h, colours, font: colours.font, title: current.words, source: source() });
    save(`${fileName()}.svg`, new Blob([text], { type: 'image/svg+xml' }));
  }
  function savePng() {
    const { width: w, height: h } = shownStack.layout, copy = document.createElement('canvas');
    paint(copy, [{ points: [[0, 0], [w, 0], [w, h], [0, h]], fill: colours.paper, line: 'none' }, ...shownStack.shapes],
      { width: w, height: h, colours, font: colours.font });
    copy.toBlob((blob) => save(`${fileName()}.png`, blob));
  }

  // --- the host's room
  const observer = new ResizeObserver(() => {
    const all = box.clientWidth;
    box.classList.toggle('narrow', all <= NARROW);
    box.classList.toggle('wide', all >= WIDE);
    const above = totals.getBoundingClientRect().bottom - box.getBoundingClientRect().top;
    top ??= box.getBoundingClientRect().top;
    width = { narrow: all <= NARROW, left: controls.box.clientWidth - 26, right: main.clientWidth,
      left_below: innerHeight - top - above - 46 };
    look();
    ask();
  });
  observer.observe(box);
  const theme = globalThis.matchMedia?.('(prefers-color-scheme: dark)');
  const restyle = () => { look(); ask(); };
  theme?.addEventListener('change', restyle);
  look();
  if (intro) intro.begin();
  for (const touch of ['pointerdown', 'keydown']) {
    box.addEventListener(touch, () => intro?.stop());
  }

  return {
    spent,
    get design() { return design; },
    set(next) { // what the host says counts, except while it lags behind a hand
      own = next.own ?? null;
      if (!isHeld && !timer && (next.answers ?? 0) >= sent) {
        if (JSON.stringify(next.design) !== JSON.stringify(design)) intro?.stop();
        ({ design } = next);
        lock = next.lock ?? null;
        stage = next.stage ?? stage;
        told = JSON.stringify([design, lock, stage]);
      }
      look();
      ask();
    },
    destroy() {
      gone = true;
      observer.disconnect();
      theme?.removeEventListener('change', restyle);
      clearTimeout(timer);
      clearTimeout(quiet);
      cancelAnimationFrame(frameAsked);
    },
  };
}
