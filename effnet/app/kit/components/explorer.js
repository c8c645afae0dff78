// Hosts the explorer, whose module another element brings once; see `app/kit/explorer.py`.
// `terms.js` stands before this.
export default function ({ parentElement, data: [data], setStateValue }) {
  const place = parentElement.querySelector('.place');
  parentElement.getRootNode().host?.closest('.st-key-explorer, .st-key-dials')?.style.setProperty('min-height', '0');
  const start = () => {
    const { effnetExplorer: brought } = globalThis;
    if (brought?.language !== data.language || !place.isConnected) return;
    const look = JSON.stringify([data.hidden, data.present]);
    if (place.brought !== brought || place.look !== look) { // other texts, photo or parts: drawn anew
      place.explorer?.destroy();
      place.replaceChildren();
      Object.assign(place, { brought, look });
      const rested = (claim) => markTerms(claim, data.terms);
      place.explorer = brought.mount(place, { ...brought.constants, ...data, rested },
        (said) => setStateValue('said', said));
    } else {
      place.explorer.set(data);
    }
  };
  globalThis.removeEventListener('effnet-explorer', place.start);
  place.start = start;
  globalThis.addEventListener('effnet-explorer', start);
  start();
}
