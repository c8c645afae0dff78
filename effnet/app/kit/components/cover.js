// A photo with a grey box over it: a drag draws a new box, a click moves the box to that place.
// Reports about every 80 ms while it is dragged: the box, or after a click only its middle, as the
// server may know of a newer size than what is drawn.
// What box.js has stands before this.
function draw(root) {
  const { photo, canvas, data, box } = root;
  const context = canvas.getContext('2d');
  const scale = Math.max(1, canvas.width / Math.max(1, canvas.clientWidth));
  context.drawImage(photo, 0, 0, canvas.width, canvas.height);
  context.fillStyle = data.grey;
  context.fill(boxPath(canvas, box));
  drawBox(context, scale, canvas, box);
}

function report(root, now) {
  const send = () => {
    root.timer = null;
    root.report('box', root.told);
  };
  if (now) {
    clearTimeout(root.timer);
    send();
  } else root.timer = root.timer || setTimeout(send, 80);
}

// The box with its middle at a place, as far as the photo goes.
function movedTo(place, box) {
  const [wide, high] = [box[2] - box[0], box[3] - box[1]];
  const left = clamp(place.x - wide / 2, 0, 1 - wide);
  const top = clamp(place.y - high / 2, 0, 1 - high);
  return [left, top, left + wide, top + high];
}

function listen(root) {
  const { canvas } = root;
  let start = null;
  const show = (box, told = box) => {
    root.box = box;
    root.told = [...rounded(told), (root.reports = (root.reports ?? 0) + 1)];
    draw(root);
  };
  canvas.onpointerdown = (event) => {
    start = placeOn(canvas, event);
    root.before = root.box;
    root.held = true;
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => {
    if (!start) return;
    const box = boxBetween(start, placeOn(canvas, event));
    if (!isBox(box)) return;
    show(box);
    report(root, false);
  };
  const end = (box, told) => {
    start = null;
    root.held = false;
    show(box, told);
    report(root, true);
  };
  canvas.onpointerup = (event) => {
    if (!start) return;
    const place = placeOn(canvas, event);
    const drawn = boxBetween(start, place);
    if (isBox(drawn)) end(drawn);
    else {
      const box = movedTo(place, root.before);
      end(box, [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]);
    }
  };
  canvas.onpointercancel = () => start && end(root.before);
}

export default function ({ parentElement, data: [data], setStateValue }) {
  const root = parentElement.querySelector('.cover');
  const first = !root.canvas;
  root.data = data;
  root.report = setStateValue;
  if (first) {
    root.canvas = root.querySelector('canvas');
    listen(root);
  }
  // The server's box counts where it has heard the last report and no hand is on the photo.
  const heard = !root.told || String(data.heard) === String(root.told);
  if (heard && !root.held) root.box = data.box;
  root.canvas.setAttribute('aria-label', data.alt);
  root.querySelector('figcaption').textContent = data.caption;
  const ready = () => {
    [root.canvas.width, root.canvas.height] = [data.side, data.side];
    root.canvas.style.maxWidth = `${2 * data.side}px`; // beyond, its pixels are a blur
    draw(root);
    root.dataset.drawn = 'yes';
  };
  if (root.photo?.src === data.photo && root.photo.complete) {
    ready();
    return;
  }
  const photo = new Image();
  root.photo = photo;
  photo.onload = () => root.photo === photo && ready();
  photo.src = data.photo;
}
