// A range input with a number beside it that reports while it is dragged.
const PACE = 80; // ms between two reports, at least
// A report that comes while the page is being made stops it there. So the next one waits, from the
// last, as long as the slider's own answer took and as much again for what the page sends after it.
const SHARE = 2.5;
const SLOWEST = 600; // ms, however slow the server is

export default function ({ parentElement, data: [data], setStateValue }) {
  const find = (name) => parentElement.querySelector(name);
  const range = find('.range');
  const number = find('.number');
  find('.name').textContent = data.label;
  find('.note').textContent = data.note;
  range.step = data.step;
  number.step = 'any';
  for (const input of [range, number]) {
    input.min = data.low;
    input.max = data.high;
  }
  range.setAttribute('aria-label', data.label);
  number.setAttribute('aria-label', data.exact);

  const written = (value) => Number(value).toFixed(data.digits);
  const within = (value) => Math.min(data.high, Math.max(data.low, value));

  // The server's value counts where it has heard the last report and no hand is on the control.
  range.reports ??= data.answers;
  const heard = data.answers >= range.reports;
  if (heard && !range.held) {
    range.value = data.value;
    range.said = data.value;
    if (parentElement.activeElement !== number) number.value = written(data.value);
  }

  const report = (value) => {
    clearTimeout(range.timer);
    range.timer = null;
    if (within(value) === range.said) return;
    range.said = within(value);
    range.reports += 1;
    range.reported = performance.now();
    range.unheard = true;
    setStateValue('said', { value: range.said, n: range.reports });
  };
  // At once where the last report is long ago; while dragged, the newest value at the server's pace.
  const soon = () => {
    const wait = range.unheard ? SLOWEST : Math.max(PACE, SHARE * (range.took ?? 0));
    const due = (range.reported ?? 0) + Math.min(SLOWEST, wait) - performance.now();
    clearTimeout(range.timer);
    if (due <= 0) report(+range.value);
    else range.timer = setTimeout(() => report(+range.value), due);
  };
  if (range.unheard && heard) {
    range.unheard = false;
    range.took = performance.now() - range.reported;
    if (range.timer) soon();
  }
  range.oninput = () => {
    range.held = true;
    number.value = written(range.value);
    soon();
  };
  range.onchange = () => {
    range.held = false;
    report(+range.value);
  };
  number.onchange = () => {
    const value = number.value === '' ? NaN : +number.value;
    if (!Number.isFinite(value)) {
      number.value = written(range.said); // the range itself stands on its nearest step
      return;
    }
    range.value = within(value);
    number.value = written(within(value));
    report(value);
  };
}
