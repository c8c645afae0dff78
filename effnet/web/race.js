// Networks that learn side by side: a lane each, its curve growing, test pictures turning right.
import { make, put, write } from './dom.js';
import { percent, speaker } from './words.js';

const STEP_MS = 250; // from one look to the next: forty take ten seconds
const GUIDES = [0.5, 0.9]; // shares right that a curve has a line for

// Show a race in a place. `data` has the lanes and the looks so far, the pictures, the colours and
// titles of the ways, the reader's words, and whether it is still being run (`live`). What comes
// back takes other data. It plays by itself once it is in sight, unless motion is not wanted.
export function mount(place, data) {
  place.classList.add('race');
  place.replaceChildren();
  const bar = make('div', place, { class: 'bar' });
  const play = make('button', bar, { type: 'button' });
  const dial = make('input', bar, { type: 'range', min: 0, step: 1 });
  const when = make('span', bar, { class: 'when' });
  const lanes = make('div', place, { class: 'lanes' });
  const state = { play, dial, when, lanes, look: 0, timer: null };
  const set = (told) => take(state, told);
  set(data);
  play.onclick = () => (state.timer ? pause(state) : start(state));
  dial.oninput = () => {
    stop(state);
    show(state, Number(dial.value));
  };
  const sight = new IntersectionObserver(([seen]) => {
    if (!seen.isIntersecting) return;
    sight.disconnect();
    if (!state.data.live && !matchMedia('(prefers-reduced-motion: reduce)').matches) start(state);
  }, { threshold: 0.3 });
  sight.observe(lanes);
  return {
    set,
    destroy() {
      sight.disconnect();
      stop(state);
    },
  };
}

const lastLook = ({ lanes }) => Math.max(...lanes.map((lane) => lane.top1.length)) - 1;

// Other data: the lanes are drawn anew where they are others, and stand at their end.
function take(state, data) {
  const { data: before } = state;
  const say = speaker(data.words);
  const key = JSON.stringify([data.pictures.numbers, data.plan, data.titles, data.lanes.map((lane) => lane.way)]);
  const now = JSON.stringify([data.lanes, data.colours]);
  const others = key !== state.key;
  if (!others && now === state.now) return;
  const atEnd = others || state.look === lastLook(before);
  Object.assign(state, { data, say, key, now });
  if (others) {
    stop(state);
    state.lanes.replaceChildren();
    state.drawn = data.lanes.map((lane) => laneIn(state, lane));
    put(state.dial, { 'aria-label': say('Place in the race') });
  }
  put(state.dial, { max: lastLook(data) });
  show(state, atEnd ? lastLook(data) : state.look);
}

function laneIn({ lanes, data, say }, lane) {
  const root = make('section', lanes, { class: 'lane' });
  make('h4', root, {}, data.titles[lane.way]);
  make('p', root, { class: 'size' }, say('{depth:.1f} x as deep, {width:.1f} x as wide, {side} px', {
    depth: lane.depth, width: lane.width, side: lane.resolution,
  }));
  const count = make('p', root, { class: 'count' });
  const box = make('div', root, { class: 'curve' });
  const curve = make('svg', box, { viewBox: '0 0 1 1', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  for (const share of GUIDES) {
    make('line', curve, { class: 'guide', x1: 0, x2: 1, y1: height(share), y2: height(share) });
    const name = make('span', box, { class: 'guide' }, `${100 * share} %`);
    name.style.top = `${100 * height(share)}%`;
  }
  const paths = data.lanes.map((other) => make('path', curve, { class: other === lane ? 'own' : 'other' }));
  const tiles = make('div', root, { class: 'tiles', role: 'img' });
  const { labels, png } = data.pictures;
  const found = labels.map((_, place) => {
    const tile = make('span', tiles);
    tile.style.backgroundImage = `url(data:image/png;base64,${png})`;
    tile.style.backgroundSize = `${100 * labels.length}% 100%`;
    tile.style.backgroundPosition = `${(100 * place) / (labels.length - 1)}% 0`;
    return tile;
  });
  return { root, count, number: make('b', count), told: make('span', count), paths, tiles, found };
}

const height = (top1) => 1 - top1;

// A look's place along a curve: the clock runs with the square root of what is trained.
const across = (step, plan) => Math.sqrt(step / plan.steps);

function path({ steps, top1 }, plan, look) {
  const points = steps.slice(0, look + 1)
    .map((step, i) => `${across(step, plan).toFixed(4)} ${height(top1[i]).toFixed(4)}`);
  return points.length > 1 ? `M ${points.join(' L ')}` : '';
}

function show(state, look) {
  const { data, say, play, dial, when } = state;
  const end = lastLook(data);
  state.look = look;
  dial.value = look;
  data.lanes.forEach((lane, number) => {
    const one = state.drawn[number];
    const own = Math.min(look, lane.top1.length - 1);
    const right = lane.right[own] ?? '0'.repeat(data.pictures.labels.length);
    one.root.style.setProperty('--way', data.colours[lane.way]);
    write(one.number, percent(lane.top1[own] ?? 0));
    const lit = [...right].filter((bit) => bit === '1').length;
    const values = { lit, all: right.length };
    write(one.told, say('{lit} of these {all}', values));
    put(one.tiles, { 'aria-label': say('{lit} of these {all}', values) });
    one.paths.forEach((drawn, other) => put(drawn, { d: path(data.lanes[other], data.plan, look) }));
    one.found.forEach((tile, place) => {
      const is = right[place] === '1';
      tile.classList.toggle('right', is);
      const name = data.classes[data.pictures.labels[place]];
      tile.title = is ? say('{name}: right', { name }) : say('{name}: wrong', { name });
    });
  });
  const step = Math.max(...data.lanes.map(({ steps }) => steps[look] ?? steps.at(-1) ?? 0));
  const words = say('after {n:,} {n:picture|pictures}', { n: step * data.plan.batch });
  write(when, words);
  put(dial, { 'aria-valuetext': words });
  write(play, state.timer ? say('Pause') : look < end ? say('Play') : say('Play again'));
}

function start(state) {
  const from = state.look < lastLook(state.data) ? state.look : 0;
  state.timer = setInterval(() => {
    if (state.look >= lastLook(state.data)) pause(state);
    else show(state, state.look + 1);
  }, STEP_MS);
  show(state, from);
}

function stop(state) {
  clearInterval(state.timer);
  state.timer = null;
}

function pause(state) {
  stop(state);
  show(state, state.look);
}
