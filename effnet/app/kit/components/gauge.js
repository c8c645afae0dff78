// A value on a logarithmic track, with a line where it should be.
export default function ({ parentElement, data: [data] }) {
  const find = (name) => parentElement.querySelector(name);
  const { low, high, goal, value } = data;
  const place = (x) => Math.log(Math.min(high, Math.max(low, x)) / low) / Math.log(high / low);
  find('.name').textContent = data.label;
  find('.value').textContent = data.text;
  find('.note').textContent = data.note;
  find('.fill').style.width = `${100 * place(value)}%`;
  find('.goal').style.left = `calc(${100 * place(goal)}% - 1px)`;
  const track = find('.track');
  track.setAttribute('role', 'meter');
  track.setAttribute('aria-label', data.label);
  track.setAttribute('aria-valuemin', low);
  track.setAttribute('aria-valuemax', high);
  track.setAttribute('aria-valuenow', value);
}
