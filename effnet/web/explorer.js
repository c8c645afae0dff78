// The explorer: everything above the tabs of Scale, drawn in the reader's browser. A host calls
// mount(root, data, report): `data` holds texts, specs and the design; `report` hears of changes.
// Gives back { design, set, destroy }: `set` takes what the host says later. `data.dials` is for the
// controls alone, of which the host hears while they are dragged.
import { count, countStages } from './core.js';
import { controlsIn } from './controls.js';
import { costShapes, factorsOf } from './cost.js';
import { curveIn, curveOf } from './curve.js';
import { changed, hasEdit, held, networkOf, originOf, queryOf, titleOf } from './design.js';
import { make, put, save, show, write } from './dom.js';
import { layoutOf, paint, shapesOf, stackOf, svgOf } from './drawing.js';
import { glider } from './glide.js';
import { introIn } from './intro.js';
import { reporter } from './reports.js';
import { stageRows } from './rows.js';
import { stagesIn } from './stages.js';
import { tableIn } from './table.js';
import { totalsIn } from './totals.js';
import { designClaim, factor, networkWords, speaker, twinFinder } from './words.js';

const NARROW = 640, WIDE = 980, BROAD = 1500; // px of the host's room
const FRAMED = globalThis.parent !== globalThis; // then the window is as high as what stands in it
const UNSCALED = { mode: 'free', depth: 1, width: 1, resolution: 0 };
const QUIET_MS = 300; // until what a screen reader hears is written

// Colours of the page that the explorer stands on, light or dark.
function coloursOn(box, pairs) {
  const [red, green, blue] = getComputedStyle(box).color.match(/[\d.]+/g).map(Number);
  const dark = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 128;
  const pick = (light, other) => (dark ? other : light);
  const ours = (group) => Object.fromEntries(Object.entries(group).map(([name, pair]) => [name, pick(...pair)]));
  const way = ours(pairs.way), ink = pick('#1a1c22', '#fafafa');
  for (const [name, colour] of Object.entries(way)) box.style.setProperty(`--${name}`, colour);
  return {
    way, ink, kind: ours(pairs.kind), font: getComputedStyle(box).fontFamily,
    plate: { fused: pick('#8d6a80', '#b58aa6'), other: pick('#6f7d95', '#8593ab') },
    paper: pick('#ffffff', '#0e1117'), edge: pick('#ffffff', '#0e1117'), light: '#ffffff', shade: pick('#2b2f38', '#10131a'),
    ghost: `${ink}88`, faint: `${ink}09`, hair: `${ink}1c`, soft: `${ink}a8`,
  };
}

export function mount(root, data, report = () => {}) {
  const { specs, titles, ranges } = data, say = speaker(data.words);
  const hidden = new Set([...data.hidden ?? [], ...data.dials ? ['drawing', 'curve', 'table', 'totals'] : []]);
  const twinOf = twinFinder(specs), starts = new Map();
  const motion = globalThis.matchMedia('(prefers-reduced-motion: reduce)');
  const glide = glider(() => motion.matches);
  const names = { depth: say('blocks'), width: say('channels'), resolution: say('side, px') };
  let { design, lock = null, stage = 2, own = null } = data;
  let current = null, drawn = null, photo = null, colours = null, room = null;
  let isNew = true, frame = 0, quiet = 0, steps = [], waiting = null;
  const spent = { count: 0, total: 0, frames: 0 };
  const reports = reporter(report, () => ({ design, lock, stage }), {
    answered: data.answers, live: data.dials, rested: () => waiting && take(waiting),
  });

  // --- what changes
  function change(values, { done = false, lock: pressed, fromIntro = false } = {}) {
    if (!fromIntro) intro?.stop();
    let asked = typeof values === 'function' ? values(design) : values;
    if (asked.mode === 'edited' && !hasEdit(design)) { // nothing is edited yet: it begins from here
      const title = titleOf(say, design, { ...data, own });
      asked = { ...asked, origin: originOf(design) };
      own = { spec: current.spec, start: current.spec, title, edit: say('still the same as {start}', { start: title }) };
    }
    if (pressed !== undefined) lock = pressed === lock ? null : pressed;
    design = changed(design, asked, lock, ranges);
    if (pressed) design = held(design, lock, ranges);
    ask();
    if (done || !intro?.gliding()) reports.soon(done);
  }
  function pick(number) {
    stage = Math.max(1, Math.min(number, current.spec.stages.length));
    ask();
    reports.soon(true);
  }

  // --- nodes
  make('style', root, {}, data.css);
  const box = make('div', root, { class: ['effnet', 'waiting', ...['present', 'inline', 'dials'].filter((name) => data[name])].join(' ') });
  const intro = data.intro ? introIn(box, {
    say, ways: data.ways, titles, links: data.links ?? {}, still: () => motion.matches,
    frame: (step) => { steps.push(step); ask(); },
    change: (values, options) => change(values, { ...options, fromIntro: true }),
  }) : null;
  const claim = make('h3', box, { class: 'claim' });
  const spoken = make('p', box, { class: 'unseen', 'aria-live': 'polite' });
  const grid = make('div', box, { class: 'grid' });
  const controls = controlsIn(grid, { ...data, released: data.released_names, say, hidden, change, active: () => root.getRootNode().activeElement });
  const main = make('div', grid, { class: 'main' });
  photosIn();
  const beside = make('div', grid, { class: 'beside' });
  const totals = totalsIn(main, say);
  const figure = make('figure', main, { class: 'drawing' });
  const canvas = make('canvas', figure, { role: 'img' });
  const stages = stagesIn(figure, { say, pick, ask });
  const saves = make('div', figure, { class: 'saves' });
  for (const [kind, act] of [['PNG', savePng], ['SVG', saveSvg]]) {
    const title = say('Save as {kind}', { kind });
    make('button', saves, { type: 'button', 'aria-label': title, title }, kind).addEventListener('click', act);
  }
  const curve = curveIn(main, { say, titles, released: data.released });
  const note = make('p', main, { class: 'note' }, say('Sides and channels are drawn by their square roots.'));
  const hasCurve = !hidden.has('curve');
  if (hasCurve) note.append(' ', say('Lines and bars are computed, hollow diamonds published; dotted is the promise of the formula.'));
  const below = make('div', box, { class: 'below' });
  const table = tableIn(below, { say, pick });
  show(totals.list, !hidden.has('totals'));
  show(figure, !hidden.has('drawing'));
  show(note, !hidden.has('drawing'));
  put(curve.svg, { hidden: hasCurve ? null : '' });
  show(below, !hidden.has('table'));
  for (const node of [claim, spoken, main]) show(node, !data.dials);
  if (data.photo) {
    photo = new Image();
    photo.onload = () => ask();
    photo.src = data.photo;
  }

  // The photos of all pages, to choose another: a host that has them hears of it.
  function photosIn() {
    if (!data.photos?.length) return;
    const strip = make('div', grid, { class: 'photos', role: 'group', 'aria-label': say('One photo for all pages') });
    for (const { key, title, picture, chosen } of data.photos) {
      const button = make('button', strip, { type: 'button', title, 'aria-pressed': String(chosen) });
      make('img', button, { src: picture, alt: title });
      button.addEventListener('click', () => data.choose(key));
    }
  }

  // --- what is computed
  function startOf(base) {
    if (!starts.has(base)) starts.set(base, count(base));
    return starts.get(base);
  }
  function compute(one) {
    const { spec, base, against } = networkOf(one, { ...data, own });
    const start = startOf(base), counted = countStages(spec), { total } = counted;
    return {
      spec, base, start, total, short: say(titles[against] ?? against).replace(/^EfficientNet-?/, ''),
      rows: stageRows(spec, base, counted), ratio: Number(total.macs) / Number(start.macs),
      factors: spec === base ? null : factorsOf(spec, base, start.macs, total.macs),
      claim: designClaim(say, { design: one, spec, total, titles, twin: twinOf(spec), edit: own?.edit }),
    };
  }

  // Drawing and curve share what the window leaves, so that both are seen without scrolling: one
  // above the other, or side by side where it is broad.
  function sizes() {
    const { width } = room, of = (share, whole) => Math.round(share * whole);
    if (room.narrow) return { drawing: { width, height: 220 }, curve: { width, height: 170 } };
    const one = { width, height: Math.max(280, room.left) };
    if (data.present) return { drawing: one, curve: one }; // one is shown, and takes it all
    const height = Math.max(390, Math.min(760, room.left));
    if (!room.broad) return { drawing: { width, height: of(0.62, height) }, curve: { width, height: of(0.38, height) } };
    const beside = hasCurve ? of(0.34, width) : 0;
    return { drawing: { width: width - beside - 20 * Math.sign(beside), height }, curve: { width: beside, height } };
  }

  function goal() {
    const { spec, base, ratio } = current, stack = stackOf(spec), { width, height } = sizes().drawing;
    const layout = layoutOf(base, stack, width, height);
    const key = [base.name, stack.length, width, height].join();
    return { key, stack, ratio, resolution: spec.resolution, over: layout.over, layout, ghost: stackOf(base) };
  }

  // --- what is drawn, once a frame
  function showNumbers() {
    const { total, rows } = current;
    write(claim, current.claim);
    totals.show(current);
    if (hasCurve) {
      const along = curveOf(design), base = specs[along.base];
      curve.show({ design: along, base, start: startOf(base), total, colours, ...sizes().curve });
    }
    if (!hidden.has('table')) table(rows, stage);
    current.goal = goal();
    stages.show(current, current.goal.layout, colours, stage);
  }

  function showNetwork(now) {
    const to = current.goal, { moves, ...at } = glide.step(to, now);
    const layout = { ...to.layout, over: at.over }, { width, height } = layout;
    names.largest = current.base.name === 'b0' ? say('outline: B7') : say('outline: as B7 is to B0');
    const shapes = shapesOf({ shown: at.stack, base: to.ghost, layout, colours, names, photo,
      resolution: at.resolution, lit: glide.shine(now) });
    shapes.push(...costShapes({ ratio: at.ratio, factors: current.factors, say, colours, width, room: layout.free, against: current.short }));
    if (at.over > 1.001) {
      shapes.push({ text: say('drawn {times} smaller', { times: factor(at.over, say) }), x: width / 2, y: 14, fill: colours.ink, weight: 600 });
    }
    drawn = { shapes, size: { width, height, colours, font: colours.font } };
    paint(canvas, shapes, drawn.size);
    put(canvas, { style: `width:${width}px;height:${height}px` });
    return moves;
  }

  function draw(now) {
    frame = 0;
    steps = steps.filter((step) => step(now));
    if (!room?.width) return;
    const began = performance.now(), wasNew = isNew;
    isNew = false;
    if (wasNew) {
      controls.show({ design, lock, start: specs[design.base], width: room.controls, colours, began: own?.title ?? '' });
      try {
        current = compute(design);
      } catch (error) { // the last network stays in sight, or the base
        if (!error.refusal) throw error;
        const told = say(error.refusal.text, error.refusal.values);
        current = { ...(current ?? compute({ ...design, ...UNSCALED })), claim: told };
      }
      spent.count += performance.now() - began;
      if (!data.dials) showNumbers();
    }
    const moves = current && !hidden.has('drawing') && showNetwork(now);
    spent.total += performance.now() - began;
    spent.frames += Number(wasNew);
    box.classList.remove('waiting');
    if (moves || steps.length) ask(false);
    if (wasNew && !data.dials) {
      if (!quiet) rest();
      clearTimeout(quiet);
      quiet = setTimeout(rest, QUIET_MS);
    }
  }
  // What a screen reader hears once everything rests.
  function rest() {
    write(spoken, current.claim);
    data.rested?.(claim); // the host may mark what it knows of
    stages.name(current);
    put(canvas, { 'aria-label': networkWords(say, titleOf(say, design, { ...data, own }), current.spec, current.total) });
    curve.name(say('Multiply-adds against phi: promise, computed, published'));
  }
  function ask(fresh = true) {
    isNew ||= fresh;
    frame ||= requestAnimationFrame(draw);
  }

  // --- files
  const query = () => String(new URLSearchParams(queryOf(design)));
  const fileName = () => `effnet-${query().replace(/[^\w.]+/g, '-') || 'phi-1'}`;
  function saveSvg() {
    const source = `${data.madeBy} ${data.address ?? ''}/?${query()}`;
    const text = svgOf(drawn.shapes, { ...drawn.size, title: current.claim, source });
    save(`${fileName()}.svg`, new Blob([text], { type: 'image/svg+xml' }));
  }
  function savePng() {
    const { width, height } = drawn.size, copy = document.createElement('canvas');
    const paper = { points: [[0, 0], [width, 0], [width, height], [0, height]], fill: colours.paper, line: 'none' };
    paint(copy, [paper, ...drawn.shapes], drawn.size);
    copy.toBlob((blob) => save(`${fileName()}.png`, blob));
  }

  // --- the host's room
  // The longest sentence decides the room of all, so that nothing below moves.
  const longest = () => {
    const one = { ...design, mode: 'formula', base: 'b0', phi: 2 }, spec = { ...specs.b3, head_channels: 1552 };
    return designClaim(say, { design: one, spec, total: count(spec), titles, twin: specs.b3 });
  };
  let top = null;
  function measure() {
    if (!box.isConnected) return;
    const width = box.clientWidth, edges = box.getBoundingClientRect();
    top ??= edges.top;
    const narrow = (data.dials ? innerWidth : width) <= NARROW, { paddingLeft } = getComputedStyle(controls.box);
    box.classList.toggle('narrow', narrow);
    box.classList.toggle('wide', width >= WIDE);
    const broad = width >= BROAD && !data.present;
    box.classList.toggle('broad', broad);
    stages.stand(broad && !hidden.has('drawing') ? beside : figure);
    claim.style.minHeight = '';
    write(claim, longest());
    claim.style.minHeight = `${claim.offsetHeight}px`;
    write(claim, current?.claim ?? '');
    const above = main.getBoundingClientRect().top - edges.top + totals.list.offsetHeight;
    room = { narrow, broad, width: main.clientWidth || width, controls: controls.box.clientWidth - 2 * parseFloat(paddingLeft),
      left: FRAMED ? 0 : innerHeight - top - above - note.offsetHeight - 33 };
    restyle();
  }
  function restyle() {
    if (!box.isConnected) return;
    colours = coloursOn(box, data.colours);
    ask();
  }
  const observer = new ResizeObserver(measure), theme = globalThis.matchMedia('(prefers-color-scheme: dark)');
  observer.observe(box);
  theme.addEventListener('change', restyle);
  for (const touch of ['pointerdown', 'keydown']) {
    box.addEventListener(touch, () => intro?.gliding() && change({}, { done: true }));
  }
  const turns = ['pointerdown', 'keydown'], away = (event) => event.composedPath().includes(box) || reports.now();
  for (const touch of turns) globalThis.addEventListener(touch, away, true);
  intro?.begin();

  // What the host says counts; while a hand is on a control, or a report is on its way, it waits.
  function take(next) {
    waiting = next;
    own = next.own ?? own;
    if (reports.current(next.answers ?? 0) && !intro?.gliding()) {
      ({ design, lock = null, stage = stage } = next);
      waiting = null;
      reports.accepted();
    }
    restyle();
  }

  return {
    spent,
    get design() { return design; },
    set: take,
    destroy() {
      observer.disconnect();
      theme.removeEventListener('change', restyle);
      for (const touch of turns) globalThis.removeEventListener(touch, away, true);
      reports.stop();
      clearTimeout(quiet);
      cancelAnimationFrame(frame);
    },
  };
}
