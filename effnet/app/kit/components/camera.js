// Hosts the camera, whose module stands before this.
export default function ({ parentElement, data: [data], setTriggerValue }) {
  const place = parentElement.querySelector('.place');
  place.send = setTriggerValue;
  place.shown ??= mount(place, data, (kind, value) => place.send(kind, value));
  place.shown.set(data);
  place.shown.hear(data.answer);
  return () => setTimeout(() => place.isConnected || place.shown.destroy());
}
