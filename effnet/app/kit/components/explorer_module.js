export default function ({ data: [data], setTriggerValue }) {
  const { language, constants } = globalThis.effnetExplorer ?? {};
  const asked = ({ photo, photos }) => JSON.stringify([photo, photos]);
  if (language === data.language && asked(constants) === asked(data.constants)) return;
  globalThis.effnetExplorer = { mount, ...data };
  data.constants.choose = (key) => setTriggerValue('photo', key);
  globalThis.dispatchEvent(new Event('effnet-explorer'));
}
