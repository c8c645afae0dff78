export default function ({ data }) {
  if (globalThis.effnetExplorer?.language === data.language) return;
  globalThis.effnetExplorer = { mount, ...data };
  globalThis.dispatchEvent(new Event('effnet-explorer'));
}
