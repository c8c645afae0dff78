// A row of small pictures with a line under each; a click reports the picture's number.
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const strip = parentElement.querySelector('.strip');
  strip.setAttribute('aria-label', data.label);
  strip.classList.toggle('small', data.small);
  const kind = data.clickable ? 'BUTTON' : 'DIV';
  while (strip.children.length > data.frames.length) strip.lastElementChild.remove();
  data.frames.forEach((frame, number) => {
    let node = strip.children[number];
    if (!node || node.tagName !== kind) {
      const made = document.createElement(kind);
      made.className = 'frame';
      made.append(document.createElement('img'));
      for (const name of ['title', 'caption']) {
        const line = document.createElement('span');
        line.className = name;
        made.append(line);
      }
      if (node) node.replaceWith(made);
      else strip.append(made);
      node = made;
    }
    const picture = node.querySelector('img');
    if (picture.src !== frame.picture) picture.src = frame.picture;
    picture.width = frame.width;
    picture.height = frame.height;
    picture.alt = frame.caption ? `${frame.title}: ${frame.caption}` : frame.title;
    node.title = data.small ? frame.title : '';
    node.querySelector('.title').textContent = frame.title;
    node.querySelector('.caption').textContent = frame.caption;
    node.classList.toggle('chosen', frame.chosen);
    if (data.clickable) {
      node.setAttribute('aria-pressed', String(frame.chosen));
      node.onclick = () => setTriggerValue('clicked', number);
    }
  });
  const chosen = data.frames.findIndex((frame) => frame.chosen);
  if (chosen >= 0 && strip.dataset.chosen !== String(chosen)) {
    const node = strip.children[chosen];
    const over = node.offsetLeft + node.offsetWidth - strip.offsetLeft - strip.clientWidth;
    if (over > strip.scrollLeft) strip.scrollLeft = over;
    strip.dataset.chosen = chosen;
  }
}
