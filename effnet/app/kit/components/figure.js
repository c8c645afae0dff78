// A Plotly figure that is redrawn in place: the same node, zoom and selection kept.
// Of a title, as shares of its type's size: a line, a letter on average, a Chinese character.
const LINE = 1.25;
const NARROW = 0.4625;
const WIDE = 1.0125;
// Where a line may end: after spaces, though not between a number and its unit, and before Chinese
// characters, though not before a mark.
const PIECES = /(?<= )(?!%|(?:[KMGTx]|px|ms|MiB)\b)|(?=[\u4e00-\u9fff“《（])|(?<=[，。：；、）》”])(?![，。：；、）》”])/u;
const wide = (letter) => /[\u2e80-\uffef]/u.test(letter);

function lengthOf(text) {
  const plain = text.replace(/<[^>]*>/g, '').trimEnd();
  return [...plain].reduce((sum, letter) => sum + (wide(letter) ? WIDE : NARROW), 0);
}

// Plotly never wraps a title; break it where the box ends, and make room for the lines.
function fitted(layout, width) {
  const { size } = layout.title.font;
  const most = Math.max(16 * NARROW, (width - 16) / size);
  const lines = [''];
  for (const piece of layout.title.text.split(PIECES)) {
    if (lengthOf(lines.at(-1) + piece) > most) lines.push(piece);
    else lines[lines.length - 1] += piece;
  }
  const title = { ...layout.title, text: lines.join('<br>') };
  const margin = { ...layout.margin, t: layout.margin.t + LINE * size * (lines.length - 1) };
  return { ...layout, title, margin };
}

const NOTE = 14; // px, of a line under a saved figure
const today = () => new Date().toISOString().slice(0, 10);
const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;');

// A name that says page, figure, design and day.
function fileName(key, ending) {
  const design = [...new URLSearchParams(location.search)].filter(([name]) => name !== 'blocks');
  const page = location.pathname.split('/').at(-1) || 'scale';
  const words = [page, key, ...design.map(([, value]) => value)];
  const slug = words.join('-').toLowerCase().replace(/[^a-z0-9.]+/g, '-').slice(0, 80);
  return `effnet-${slug}-${today()}.${ending}`;
}

// The figure as it is seen, on the page's colour, with version, date and link under it.
async function picture(box, madeBy) {
  const { width, height } = box.getBoundingClientRect();
  const wanted = { format: 'svg', imageDataOnly: true, width, height };
  const drawing = await globalThis.Plotly.toImage(box, wanted);
  const page = getComputedStyle(document.querySelector('.stApp') ?? document.body);
  const note = `${madeBy}, ${today()}, ${location.href}`;
  const lines = note.match(new RegExp(`.{1,${Math.floor(width / 6)}}`, 'g'));
  const full = height + NOTE * lines.length + 10;
  const texts = lines.map((line, i) => (
    `<text x="8" y="${height + NOTE * (i + 1)}">${escaped(line)}</text>`
  ));
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${full}">
    <desc>${escaped(note)}</desc>
    <rect width="100%" height="100%" fill="${page.backgroundColor}"/>${drawing}
    <g font-family="${page.fontFamily.replaceAll('"', "'")}" font-size="10" fill="${page.color}" opacity="0.7">
    ${texts.join('')}</g></svg>`;
  return { svg, width, height: full };
}

async function save(box, { key, madeBy }, ending) {
  const { svg, width, height } = await picture(box, madeBy);
  let file = new Blob([svg], { type: 'image/svg+xml' });
  if (ending === 'png') {
    const image = new Image();
    image.src = `data:image/svg+xml,${encodeURIComponent(svg)}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [2 * width, 2 * height];
    canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
    file = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  }
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = fileName(key, ending);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// The bar: save as PNG or SVG in the place of Plotly's transparent PNG; nothing that uploads.
function configuration(box, data) {
  const icons = { png: globalThis.Plotly.Icons.camera, svg: globalThis.Plotly.Icons.disk };
  const button = (ending) => ({
    name: `save-${ending}`,
    title: data.saves[ending],
    icon: icons[ending],
    click: () => save(box, data, ending),
  });
  const unwanted = ['toImage', 'sendChartToCloud', 'select2d', 'lasso2d', 'autoScale2d'];
  return {
    responsive: true,
    displaylogo: false,
    plotlyServerURL: '',
    modeBarButtonsToRemove: unwanted,
    modeBarButtonsToAdd: [button('png'), button('svg')],
    ...data.locale,
  };
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
const idle = () => new Promise((done) => requestIdleCallback(done, { timeout: 1000 }));
let turn = Promise.resolve(); // of the figures in sight

async function ready() {
  while (!globalThis.Plotly) await pause(20);
}

// Draws once the browser has painted what came with the figure, one figure a frame and what is seen
// first; of several states that came meanwhile only the last is drawn.
function afterPaint(box, draw) {
  box.next = draw;
  if (box.waiting) return;
  box.waiting = true;
  const start = async () => {
    box.waiting = false;
    if (box.isConnected) await box.next();
  };
  const inSight = box.getBoundingClientRect().top < innerHeight;
  if (inSight) turn = turn.then(ready).then(painted).then(start).catch(reportError);
  else ready().then(idle).then(start);
}

const LEAST = 240; // px, of a figure that fills a window
const EDGE = 12; // px, kept free below it
const WAY_OUT = '.st-key-show_everything'; // lies in the window's corner, below the figure

// On a projector the first figure takes what its window leaves; elsewhere a figure is as high as
// drawn, or as the style sheet says (--tall).
function heightOf(box, data) {
  if (!data.fills) return `var(--tall, ${data.height})`;
  const scrolled = box.closest('[data-testid="stMain"]')?.scrollTop ?? 0;
  const way = document.querySelector(WAY_OUT)?.getBoundingClientRect().height ?? 0;
  const left = innerHeight - way - EDGE - box.getBoundingClientRect().top - scrolled;
  return left < LEAST ? data.height : `${Math.round(left)}px`;
}

const tall = (box) => getComputedStyle(box).getPropertyValue('--tall');

export default function ({ parentElement, data: [data], setTriggerValue }) {
  const box = parentElement.querySelector('.figure');
  box.told = data;
  box.style.height = heightOf(box, data);
  box.setAttribute('role', 'group'); // it holds buttons
  box.setAttribute('aria-label', data.alt);
  const draw = async () => {
    const { data: traces, layout } = JSON.parse(data.figure);
    box.style.height = heightOf(box, data);
    const kept = { ...fitted(layout, box.clientWidth), uirevision: data.key, autosize: true };
    if (data.fills || tall(box)) delete kept.height;
    await globalThis.Plotly.react(box, traces, kept, configuration(box, data));
    if (data.clickable && !box.clickable) {
      box.clickable = true;
      const report = ({ points: [point] }) => {
        const index = point.pointIndex ?? point.pointNumber ?? 0;
        setTriggerValue('clicked', { trace: point.data.name ?? '', index });
      };
      box.on('plotly_click', report);
      box.on('plotly_treemapclick', (event) => {
        report(event);
        return false; // a click opens something; it does not zoom
      });
    }
    if (!box.sizes && (data.fills || tall(box))) { // what stands above or beside it came, grew or shrank
      box.sizes = new ResizeObserver(() => {
        box.style.height = heightOf(box, box.told);
        if (box.clientHeight && box.clientHeight !== box._fullLayout.height) globalThis.Plotly.Plots.resize(box);
      });
      box.sizes.observe(data.fills ? box.closest('.st-key-content') ?? box : box);
    }
    box.dataset.drawn = 1 + Number(box.dataset.drawn ?? 0);
  };
  afterPaint(box, draw);
}
