// The colour of a value from 0 to 1 between the anchors of a colour scale: red, green, blue.
export function colour(anchors, value) {
  const place = Math.min(Math.max(value, 0), 1) * (anchors.length - 1);
  const low = Math.min(Math.floor(place), anchors.length - 2);
  return anchors[low].map((from, i) => from + (anchors[low + 1][i] - from) * (place - low));
}
