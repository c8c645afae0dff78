// A picture from the clipboard: listens on the page, sends the first picture that is pasted.
const MOST = 16 * 1024 * 1024; // bytes; what is larger goes through the upload

export default function (component) {
  const { parentElement, data: [data], setTriggerValue } = component;
  const note = parentElement.querySelector('.note');
  note.textContent = data.words;
  const onPaste = (event) => {
    const items = Array.from(event.clipboardData?.items ?? []);
    const item = items.find((one) => one.type.startsWith('image/'));
    const file = item?.getAsFile();
    if (!file) return;
    event.preventDefault();
    if (file.size > MOST) {
      note.textContent = data.tooLarge;
      return;
    }
    const reader = new FileReader();
    reader.onload = () => setTriggerValue('pasted', reader.result);
    reader.readAsDataURL(file);
  };
  document.addEventListener('paste', onPaste);
  return () => document.removeEventListener('paste', onPaste);
}
