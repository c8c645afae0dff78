// The camera: one frame, the newest, is sent when the last was answered; so nothing queues.
import { colour } from './colours.js';
import { percent, speaker } from './words.js';

const PATIENCE = 10_000; // ms until an answer that does not come is given up
const WINDOW = 3000; // ms over which frames a second are counted
const QUALITY = 0.85;
const PARTS = `
  <div class="stage">
    <video muted playsinline></video>
    <canvas class="map" aria-hidden="true" hidden></canvas>
    <p class="note" role="status"></p>
  </div>
  <div class="said">
    <div class="bars" role="group"></div>
    <div class="buttons">
      <button type="button" class="freeze" disabled></button>
      <button type="button" class="follow" aria-pressed="true"></button>
      <button type="button" class="other"></button>
    </div>
    <p class="pace"></p>
  </div>`;

// Show the camera in a place, and send its frames. `data` has the reader's words, the colours of a
// map and the side of a frame; `send(kind, value)` takes a "frame", an object with "picture",
// "number" and "held", or what was "frozen", a picture. `patience` is how long an answer is waited
// for, where one may be lost, in ms; 0 waits for ever. What comes back hears answers, and takes
// other data.
export function mount(place, data, send, { patience = PATIENCE } = {}) {
  place.classList.add('camera');
  place.innerHTML = PARTS;
  const find = (name) => place.querySelector(name);
  const first = Date.now(); // frames of a later visit have higher numbers: its own answers alone count
  const state = {
    root: place, video: find('video'), map: find('.map'), note: find('.note'), bars: find('.bars'),
    pace: find('.pace'), number: first, answered: first, sentAt: 0, times: [], held: null,
    facing: matchMedia('(max-width: 640px)').matches ? 'environment' : 'user', send, patience,
  };
  const set = (told) => {
    state.data = told;
    label(state);
  };
  set(data);
  find('.freeze').onclick = () => {
    send('frozen', grab(state, Math.min(state.video.videoWidth, state.video.videoHeight), 0.92));
    stop(state);
  };
  find('.follow').onclick = () => hold(state, null);
  find('.other').onclick = () => {
    state.facing = state.facing === 'user' ? 'environment' : 'user';
    stop(state);
    open(state);
  };
  const seen = () => {
    if (document.hidden) stop(state);
    else open(state);
  };
  document.addEventListener('visibilitychange', seen);
  open(state);
  return {
    set,
    hear: (answer) => hear(state, answer),
    destroy() {
      document.removeEventListener('visibilitychange', seen);
      state.gone = true;
      stop(state);
    },
  };
}

function label(state) {
  const { root, bars, video } = state;
  const say = speaker(state.data.words);
  state.say = say;
  root.querySelector('.freeze').textContent = say('Freeze: use this picture');
  root.querySelector('.follow').textContent = say('Follow the best class');
  root.querySelector('.other').textContent = say('Other camera');
  bars.setAttribute('aria-label', say('The most probable classes; click one to hold its map'));
  video.setAttribute('aria-label', say("The camera's picture with the map over it"));
}

async function open(state) {
  const { say, note } = state;
  const { mediaDevices } = navigator;
  if (!globalThis.isSecureContext || !mediaDevices) {
    note.textContent = say('The browser gives its camera only to a page over https or on localhost: open the page there, or upload a photo.');
    return;
  }
  note.textContent = say('Starting the camera');
  try {
    const video = { facingMode: state.facing, width: { ideal: 1280 }, height: { ideal: 720 } };
    const stream = await mediaDevices.getUserMedia({ video });
    if (document.hidden || state.gone || state.stream) {
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
    note.textContent = '';
    state.root.querySelector('.freeze').disabled = false;
    next(state);
  } catch (error) {
    note.textContent = error.name === 'NotAllowedError'
      ? say("The browser may not use the camera: allow it beside the page's address.")
      : say('No camera was found here.');
  }
}

function stop(state) {
  clearTimeout(state.timer);
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
  if (!state.stream) return;
  state.number += 1;
  state.sentAt = performance.now();
  const picture = grab(state, state.data.side, QUALITY);
  state.root.dataset.sent = state.number;
  state.send('frame', { picture, number: state.number, held: state.held });
  if (state.patience) state.timer = setTimeout(() => next(state), state.patience);
}

function hear(state, answer) {
  if (!answer || answer.number <= state.answered || answer.number > state.number) return;
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
  state.pace.textContent = state.say('{frames} frames/s, each answered in {ms} ms', {
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
    bar.querySelector('.share').textContent = percent(share);
    bar.setAttribute('aria-pressed', String(held === null ? index === target : index === held));
    bar.onclick = () => hold(state, index);
  });
}

function hold(state, index) {
  state.held = index;
  state.root.querySelector('.follow').setAttribute('aria-pressed', String(index === null));
}
