// Hosts the race, whose module stands before this.
export default function ({ parentElement, data: [data] }) {
  const place = parentElement.querySelector('.place');
  place.shown ??= mount(place, data);
  place.shown.set(data);
  return () => setTimeout(() => place.isConnected || place.shown.destroy());
}
