export default function ({ data: [data], setTriggerValue }) {
  const { language, constants } = globalThis.effnetExplorer ?? {};
  const asked = ({ photo, photos }) => JSON.stringify([photo, photos]);
  const isSame = () => !data.constants.photos || asked(constants) === asked(data.constants);
  if (language === data.language && isSame()) return;
  globalThis.effnetExplorer = { mount, ...data };
  data.constants.choose = (key) => setTriggerValue('photo', key);
  globalThis.dispatchEvent(new Event('effnet-explorer'));
}
