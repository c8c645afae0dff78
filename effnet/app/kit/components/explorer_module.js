export default function ({ data: [data] }) {
  const { language, constants } = globalThis.effnetExplorer ?? {};
  if (language === data.language && constants.photo === data.constants.photo) return;
  globalThis.effnetExplorer = { mount, ...data };
  globalThis.dispatchEvent(new Event('effnet-explorer'));
}
