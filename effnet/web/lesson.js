// A lesson: one step at a time, a prediction before its answer is revealed.
const steps = [...document.querySelectorAll('.step')];
const [back, next, where] = ['back', 'next', 'where'].map((id) => document.getElementById(id));

function open(number) {
  const last = steps.length - 1;
  const shown = Math.min(Math.max(number, 0), last);
  steps.forEach((step, i) => { step.hidden = i !== shown; });
  back.disabled = shown === 0;
  next.disabled = shown === last;
  where.textContent = `${shown + 1} / ${steps.length}`;
  return shown;
}

const asked = () => Math.max(Number(location.hash.replace('#step-', '')) - 1, 0);

function turn(by) {
  location.hash = `step-${open(asked() + by) + 1}`;
}

for (const form of document.querySelectorAll('.question')) {
  const reveal = form.querySelector('button');
  form.onchange = () => { reveal.disabled = false; };
  form.onsubmit = (event) => {
    event.preventDefault();
    const { why, right: hit } = form.querySelector('input:checked').dataset, right = hit !== undefined;
    const told = form.querySelector(right ? 'template.right' : 'template.wrong');
    const answer = form.querySelector('.answer');
    answer.querySelector('p')?.remove();
    answer.classList.toggle('is-right', right);
    answer.append(told.content.cloneNode(true));
    if (!right && why) answer.querySelector('.why').textContent = why;
  };
}
addEventListener('message', ({ data, source }) => {
  for (const frame of document.querySelectorAll('iframe')) {
    if (frame.contentWindow === source) frame.style.blockSize = `${data.height + 2}px`;
  }
});
back.onclick = () => turn(-1);
next.onclick = () => turn(1);
addEventListener('hashchange', () => open(asked()));
open(asked());
