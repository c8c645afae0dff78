// Designs glide into each other, and blocks shine as they appear; neither where the reader asks for
// less motion.
const GLIDE_MS = 150, SHINE_MS = 900;
const CLOSE = 0.002; // of the value itself: near enough to be there

// Follows a goal { key, stack, ratio, resolution, over }; another key begins anew.
export function glider(still) {
  let shown = null, before = 0;
  const born = new Map(); // when a plate appeared, by its stage and place

  function towards(goal, now) {
    const part = 1 - Math.exp(-3 * (now - before) / GLIDE_MS);
    let moves = false;
    const nearer = (from, to) => {
      if (Math.abs(to - from) <= CLOSE * Math.abs(to)) return to;
      moves = true;
      return from + (to - from) * part;
    };
    shown.stack = shown.stack.map((one, i) => {
      const to = goal.stack[i];
      for (let n = Math.ceil(one.repeats); n < to.repeats; n += 1) born.set(`${i},${n}`, now);
      return { ...to, side: nearer(one.side, to.side), channels: nearer(one.channels, to.channels),
        repeats: nearer(one.repeats, to.repeats) };
    });
    for (const name of ['ratio', 'resolution', 'over']) shown[name] = nearer(shown[name], goal[name]);
    return moves;
  }

  return {
    // What to show at this time, and whether more is to come.
    step(goal, now) {
      let moves = false;
      if (shown?.key === goal.key && !still()) moves = towards(goal, now);
      else shown = { ...goal };
      before = now;
      for (const [plate, when] of born) if (still() || now - when > SHINE_MS) born.delete(plate);
      return { ...shown, moves: moves || born.size > 0 };
    },
    shine: (now) => (stage, n) => {
      const when = born.get(`${stage},${n}`);
      return when === undefined ? 0 : Math.max(0, 1 - (now - when) / SHINE_MS);
    },
  };
}
