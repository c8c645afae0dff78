// The page that classifies: samples, one's own photos, the five most probable classes, any class's map.
import { draw } from './maps.js';
import { percent, significant, speaker } from './words.js';

const TOP = 5;
const config = JSON.parse(document.getElementById('config').textContent);
const say = speaker(config.words);
const at = (name) => document.getElementById(name);
const stage = at('photo');
const state = { answer: null, target: 0, ticket: 0, sample: null };

const probability = (value) => (
  value >= 0.001 ? percent(value) : `${significant(100 * value, 1)} %`
);

// --- the network, in a thread of its own --------------------------------------------------------

const worker = new Worker(new URL('./classify.worker.js', import.meta.url), { type: 'module' });
worker.postMessage({ config: config.network });
worker.onmessage = ({ data }) => {
  if ('loaded' in data) {
    at('progress').value = data.loaded;
  } else if ('ready' in data) {
    at('loading').hidden = true;
    document.documentElement.dataset.network = 'ready';
  } else if ('failed' in data) {
    at('loading').hidden = true;
    complain(say('The network could not be loaded: {error}', { error: data.failed }));
  } else if (data.ticket === state.ticket) {
    if ('refused' in data) complain(say(data.refused, data.values));
    else show(measured(data));
    document.documentElement.dataset.answered = String(data.ticket);
  }
};
worker.onerror = (event) => complain(say('The network could not be loaded: {error}', {
  error: event.message ?? '',
}));

function ask(blob, { sample = null, name = '' }) {
  state.ticket += 1;
  state.sample = sample;
  state.name = name;
  for (const button of at('samples').querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button.value === sample?.name));
  }
  at('credit').textContent = sample ? sample.credit : name;
  worker.postMessage({ blob, ticket: state.ticket });
}

// What the network said, as the page keeps it: probabilities, and each class's map.
function measured({ logits, maps, grid, photo, box, ms }) {
  const most = Math.max(...logits);
  const shares = Array.from(logits, (value) => Math.exp(value - most));
  const sum = shares.reduce((a, b) => a + b, 0);
  const places = grid[0] * grid[1];
  return {
    photo, box, grid, ms,
    probabilities: shares.map((share) => share / sum),
    top: shares.map((_, i) => i).sort((a, b) => shares[b] - shares[a]).slice(0, TOP),
    logit: (target) => logits[target],
    map: (target) => maps.subarray(target * places, (target + 1) * places),
  };
}

// --- what is shown ------------------------------------------------------------------------------

function show(answer) {
  state.answer = answer;
  [state.target] = answer.top;
  complain('');
  claim();
  list();
  redraw();
  facts();
}

function complain(text) {
  at('complaint').textContent = text;
  at('complaint').hidden = !text;
}

function claim() {
  const { top, probabilities } = state.answer;
  if (probabilities[top[0]] < config.unsure) {
    at('claim').textContent = say("Unsure: no class reaches {threshold}; perhaps none of the {classes:,} fits. {network}'s best guess is {label}, {share}.", {
      threshold: `${100 * config.unsure} %`, classes: config.classes.length, network: config.title,
      label: config.shown[top[0]], share: percent(probabilities[top[0]]),
    });
    return;
  }
  const sure = say('{network} says {label}, {share} sure', {
    network: config.title, label: config.shown[top[0]], share: percent(probabilities[top[0]]),
  });
  at('claim').textContent = say('{sure}; {label} comes next with {share}.', {
    sure, label: config.shown[top[1]], share: percent(probabilities[top[1]]),
  });
}

function list() {
  const { top } = state.answer;
  const shown = top.includes(state.target) ? top : [...top, state.target];
  at('answers').replaceChildren(...shown.map(row));
}

function row(target) {
  const { probabilities, photo, box, map, grid } = state.answer;
  const item = at('row').content.firstElementChild.cloneNode(true);
  const button = item.querySelector('button');
  button.value = String(target);
  button.setAttribute('aria-pressed', String(target === state.target));
  button.onclick = () => choose(target);
  item.querySelector('.name').textContent = config.shown[target];
  item.querySelector('.share').textContent = probability(probabilities[target]);
  item.querySelector('.bar').style.inlineSize = `${100 * probabilities[target]}%`;
  draw(item.querySelector('canvas'), {
    photo, box, map: map(target), grid, anchors: config.anchors, opacity: 0.6, smooth: true,
    whole: false,
  });
  return item;
}

function choose(target) {
  state.target = target;
  for (const button of at('answers').querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(Number(button.value) === target));
  }
  redraw();
  facts();
}

function redraw() {
  if (!state.answer) return;
  const { photo, box, map, grid } = state.answer;
  const shape = photo.width / photo.height;
  stage.parentElement.style.aspectRatio = String(shape);
  const wide = Math.round(stage.parentElement.clientWidth * devicePixelRatio);
  if (wide === 0) return;
  stage.width = wide;
  stage.height = Math.round(wide / shape);
  draw(stage, {
    photo, box, map: map(state.target), grid, anchors: config.anchors,
    opacity: Number(at('opacity').value) / 100, smooth: !at('cells').checked,
  });
  stage.setAttribute('aria-label', say('Where {network} looked for {label}', {
    network: config.title, label: config.shown[state.target],
  }));
}

// How the chosen map adds up, and what the answer took.
function facts() {
  const { map, logit, ms } = state.answer;
  const values = map(state.target);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const total = logit(state.target);
  at('sum').textContent = say(
    'The mean of the {places} places, {mean}, plus the bias {bias} is the logit of {label}: {logit}.',
    {
      places: values.length, mean: signed(mean), bias: signed(total - mean),
      label: config.shown[state.target], logit: signed(total),
    },
  );
  at('time').textContent = ms === null ? '' : say('{time} in this browser.', {
    time: `${significant(ms)} ms`,
  });
}

const signed = (value) => {
  const text = Math.abs(value).toFixed(3);
  return value < 0 && Number(text) > 0 ? `-${text}` : text;
};

stage.onpointermove = stage.onpointerdown = (event) => {
  if (!state.answer) return;
  const { box, grid, map } = state.answer;
  const frame = stage.getBoundingClientRect();
  const x = ((event.clientX - frame.left) / frame.width - box[0]) / (box[2] - box[0]);
  const y = ((event.clientY - frame.top) / frame.height - box[1]) / (box[3] - box[1]);
  if (x < 0 || y < 0 || x >= 1 || y >= 1) {
    at('place').textContent = say('The network never saw this part.');
    return;
  }
  const [line, column] = [Math.floor(y * grid[0]), Math.floor(x * grid[1])];
  at('place').textContent = say('Row {row}, column {column}: {value} for {label}.', {
    row: line + 1, column: column + 1,
    value: signed(map(state.target)[line * grid[1] + column]),
    label: config.shown[state.target],
  });
};
stage.onpointerleave = () => { at('place').textContent = ''; };

// --- what is asked ------------------------------------------------------------------------------

async function sample(chosen) {
  const photo = fetch(new URL(chosen.file, import.meta.url))
    .then((file) => file.blob());
  if (document.documentElement.dataset.network !== 'ready') show(await prepared(chosen, photo));
  ask(await photo, { sample: chosen });
}

// The answer that was computed when the page was made: it is there before the network is.
async function prepared(chosen, photo) {
  const { top, probabilities, maps, logits, box, grid } = chosen.answer;
  const place = (target) => top.indexOf(target);
  return {
    photo: await createImageBitmap(await photo),
    box, grid, top, ms: null,
    probabilities: Object.fromEntries(top.map((target, i) => [target, probabilities[i]])),
    map: (target) => Float32Array.from(maps[place(target)]),
    logit: (target) => logits[place(target)],
  };
}

function own(file) {
  if (file) ask(file, { name: file.name || say('the pasted picture') });
}

function search() {
  const typed = at('search').value.trim().toLowerCase();
  if (!typed || !state.answer) return;
  const names = [...config.shown, ...config.classes].map((name) => name.toLowerCase());
  const place = [
    names.indexOf(typed),
    names.findIndex((name) => name.startsWith(typed)),
    names.findIndex((name) => name.includes(typed)),
  ].find((found) => found >= 0);
  const target = place === undefined ? place : place % config.classes.length;
  if (target === undefined) {
    complain(say('No class is named {name}; the list below the box has all {count}.', {
      name: typed, count: config.classes.length,
    }));
  } else if (state.answer.ms === null) {
    complain(say('All class maps are there once the network is loaded.'));
  } else {
    complain('');
    state.target = target;
    list();
    choose(target);
  }
}

for (const button of at('samples').querySelectorAll('button')) {
  button.onclick = () => sample(config.samples.find((known) => known.name === button.value));
}
at('file').onchange = (event) => { own(event.target.files[0]); event.target.value = ''; };
at('search').onchange = search;
at('opacity').oninput = redraw;
at('cells').onchange = redraw;
addEventListener('dragover', (event) => event.preventDefault());
addEventListener('drop', (event) => { event.preventDefault(); own(event.dataTransfer.files[0]); });
addEventListener('paste', (event) => own(event.clipboardData.files[0]));
new ResizeObserver(redraw).observe(stage.parentElement);
for (const name of new Set(config.shown)) at('classes').append(new Option(name));
sample(config.samples[0]);
