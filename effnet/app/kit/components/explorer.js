// Hosts the explorer, whose module another element brings once; see `app/kit/explorer.py`.
export default function ({ parentElement, data, setStateValue }) {
  const place = parentElement.querySelector('.place');
  place.next = data;
  parentElement.getRootNode().host?.closest('.st-key-explorer')?.style.setProperty('min-height', '0');
  const start = () => {
    const { effnetExplorer: brought } = globalThis;
    if (brought?.language !== place.next.language) {
      globalThis.addEventListener('effnet-explorer', start, { once: true });
      return;
    }
    const look = JSON.stringify([place.next.hidden, place.next.present]);
    if (place.brought !== brought || place.look !== look) { // other texts, photo or parts: drawn anew
      place.explorer?.destroy();
      place.replaceChildren();
      Object.assign(place, { brought, look });
      place.explorer = brought.mount(place, { ...brought.constants, ...place.next },
        (said) => setStateValue('said', said));
    } else {
      place.explorer.set(place.next);
    }
  };
  start();
}
