// What the host hears: the newest design on release, or when the hand rests; numbered, so that an
// answer to an older one is known for it. Two reports are half a second apart at least.
const APART_MS = 500;

// `read` gives { design, lock, stage }; `report` is the host's; `rested` hears of nothing to report.
export function reporter(report, read, answered = 0, rested = () => {}) {
  let sent = answered, told = JSON.stringify(read()), last = -APART_MS, timer = 0, held = false;

  function tell() {
    timer = 0;
    const now = read(), words = JSON.stringify(now);
    if (words === told) return rested();
    told = words;
    last = performance.now();
    sent += 1;
    const design = Object.entries(now.design).map(([name, value]) => [name, String(value)]);
    report({ ...now, design: Object.fromEntries(design), n: sent });
  }

  return {
    soon(done) {
      held = !done;
      clearTimeout(timer);
      timer = setTimeout(tell, done ? Math.max(0, last + APART_MS - performance.now()) : APART_MS);
    },
    // Something else is turned to, which the host may hear of: what waits to be told comes first.
    now() {
      if (timer) clearTimeout(timer), held = false, tell();
    },
    // Whether the host's word counts: it has heard all, and no hand is on a control.
    current: (answers) => !held && !timer && answers >= sent,
    accepted() { told = JSON.stringify(read()); },
    stop() { clearTimeout(timer); },
  };
}
