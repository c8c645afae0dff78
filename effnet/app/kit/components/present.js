// A remote's keys turn the lesson's steps, whatever has the focus.
const TURNS = { PageDown: '.st-key-lesson_next button', PageUp: '.st-key-lesson_back button' };

export default function () {
  const turn = (event) => {
    const button = event.key in TURNS && document.querySelector(TURNS[event.key]);
    if (!button) return;
    event.preventDefault();
    event.stopPropagation();
    button.click();
  };
  document.addEventListener('keydown', turn, true);
  return () => document.removeEventListener('keydown', turn, true);
}
