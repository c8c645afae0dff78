// The camera: one frame, the newest, is sent when the last was answered; so nothing queues.
// What box.js has stands before this.
const PATIENCE = 10_000; // ms until an answer that does not come is given up
const WINDOW = 3000; // ms over which frames a second are counted
const QUALITY = 0.85;

function begin(root) {
  const find = (name) => root.querySelector(name);
  const first = Date.now(); // frames of a later visit have higher numbers: its own answers alone count
  const state = {
    root, video: find('video'), map: find('.map'), note: find('.note'), bars: find('.bars'),
    pace: find('.pace'), number: first, answered: first, sentAt: 0, times: [], held: null,
    facing: matchMedia('(max-width: 640px)').matches ? 'environment' : 'user',
  };
  find('.freeze').onclick = () => {
    state.send('frozen', grab(state, Math.min(state.video.videoWidth, state.video.videoHeight), 0.92));
    stop(state);
  };
  find('.follow').onclick = () => hold(state, null);
  find('.other').onclick = () => {
    state.facing = state.facing === 'user' ? 'environment' : 'user';
    stop(state);
    open(state);
  };
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) stop(state);
    else if (root.isConnected) open(state);
  });
  open(state);
  return state;
}

async function open(state) {
  const words = () => state.data?.words ?? {};
  const { mediaDevices } = navigator;
  await null; // the data come with the call that is running
  if (!globalThis.isSecureContext || !mediaDevices) {
    state.note.textContent = words().insecure;
    return;
  }
  state.note.textContent = words().starting;
  try {
    const video = { facingMode: state.facing, width: { ideal: 1280 }, height: { ideal: 720 } };
    const stream = await mediaDevices.getUserMedia({ video });
    if (document.hidden || !state.root.isConnected || state.stream) {
      for (const track of stream.getTracks()) track.stop();
      return;
    }
    state.stream = stream;
    const facing = stream.getVideoTracks()[0].getSettings().facingMode ?? state.facing;
    state.root.classList.toggle('mirrored', facing !== 'environment');
    state.video.srcObject = stream;
    await state.video.play();
    state.root.querySelector('.stage').style.aspectRatio =
      `${state.video.videoWidth} / ${state.video.videoHeight}`;
    state.note.textContent = '';
    state.root.querySelector('.freeze').disabled = false;
    next(state);
  } catch (error) {
    state.note.textContent = error.name === 'NotAllowedError' ? words().refused : words().none;
  }
}

function stop(state) {
  for (const track of state.stream?.getTracks() ?? []) track.stop();
  state.stream = null;
  state.video.srcObject = null;
  state.map.hidden = true;
  state.root.querySelector('.freeze').disabled = true;
}

// The newest frame as a JPEG whose short side is at most so long.
function grab({ video }, side, quality) {
  const scale = Math.min(1, side / Math.min(video.videoWidth, video.videoHeight));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/jpeg', quality);
}

function next(state) {
  clearTimeout(state.timer);
  if (!state.stream || !state.root.isConnected) return;
  state.number += 1;
  state.sentAt = performance.now();
  const picture = grab(state, state.data.side, QUALITY);
  state.root.dataset.sent = state.number;
  state.send('frame', { picture, number: state.number, held: state.held });
  state.timer = setTimeout(() => next(state), PATIENCE);
}

function hear(state, answer) {
  if (!answer || answer.number <= state.answered) return;
  state.answered = answer.number;
  state.root.dataset.answered = answer.number;
  if (answer.number === state.number) {
    clearTimeout(state.timer);
    state.timer = setTimeout(() => next(state), answer.wait);
  }
  if (!state.stream) return;
  if (answer.problem) {
    state.pace.textContent = answer.problem;
    return;
  }
  const now = performance.now();
  state.times = [...state.times, now].filter((time) => now - time < WINDOW);
  const frames = (state.times.length - 1) / Math.max(1e-3, (now - state.times[0]) / 1000);
  state.pace.textContent = filled(state.data.words.pace, {
    frames: state.times.length > 1 ? frames.toFixed(1) : '1', ms: Math.round(now - state.sentAt),
  });
  drawMap(state, answer);
  drawBars(state, answer);
}

// The map as its own few cells; the browser smooths them as it stretches them over the picture.
function drawMap({ map, data, root }, { cells, rows, columns, box }) {
  map.hidden = false;
  map.width = columns;
  map.height = rows;
  const context = map.getContext('2d');
  const pixels = context.createImageData(columns, rows);
  Array.from(atob(cells), (char) => char.charCodeAt(0) / 255).forEach((value, place) => {
    pixels.data.set([...colour(data.colours, value), 255], 4 * place);
  });
  context.putImageData(pixels, 0, 0);
  const [left, top, right, bottom] = box;
  const start = root.classList.contains('mirrored') ? 1 - right : left;
  Object.assign(map.style, {
    left: `${100 * start}%`, top: `${100 * top}%`,
    width: `${100 * (right - left)}%`, height: `${100 * (bottom - top)}%`,
  });
}

function drawBars(state, { labels, target }) {
  const { bars, held } = state;
  while (bars.children.length > labels.length) bars.lastElementChild.remove();
  labels.forEach(([index, name, share], place) => {
    let bar = bars.children[place];
    if (!bar) {
      bar = document.createElement('button');
      bar.type = 'button';
      bar.className = 'bar';
      for (const part of ['name', 'share']) {
        const span = document.createElement('span');
        span.className = part;
        bar.append(span);
      }
      bars.append(bar);
    }
    bar.style.setProperty('--share', share);
    bar.querySelector('.name').textContent = name;
    bar.querySelector('.share').textContent = `${(100 * share).toFixed(1)} %`;
    bar.setAttribute('aria-pressed', String(held === null ? index === target : index === held));
    bar.onclick = () => hold(state, index);
  });
}

function hold(state, index) {
  state.held = index;
  state.root.querySelector('.follow').setAttribute('aria-pressed', String(index === null));
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector('.camera');
  const { words } = data;
  for (const name of ['freeze', 'follow', 'other']) {
    root.querySelector(`.${name}`).textContent = words[name];
  }
  root.querySelector('.bars').setAttribute('aria-label', words.bars);
  root.querySelector('video').setAttribute('aria-label', words.camera);
  root.state ??= begin(root);
  root.state.data = data;
  root.state.send = setTriggerValue;
  hear(root.state, data.answer);
  return () => setTimeout(() => root.isConnected || stop(root.state));
}
