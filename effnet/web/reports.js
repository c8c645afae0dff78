// What the host hears: the newest design, numbered, so that an answer to an older one is known for it.
// On release, or when the hand rests; two reports are half a second apart at least. Of a host that
// follows (`live`) while the hand moves, at its pace: a report that comes while a page is being made
// stops it there, so the next one waits as long as the last answer took, and more for what follows it.
const APART_MS = 500;
const LIVE_MS = 80, SHARE = 2.5; // between two reports to a host that follows; of what its answer took

// `read` gives { design, lock, stage }; `report` is the host's; `rested` hears of nothing to report.
export function reporter(report, read, { answered = 0, live = false, rested = () => {} } = {}) {
  let sent = answered, told = JSON.stringify(read()), last = -APART_MS, timer = 0, held = false;
  let heard = answered, took = 0;

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
  function wait() {
    const apart = live && heard >= sent ? Math.min(APART_MS, Math.max(LIVE_MS, SHARE * took)) : APART_MS;
    clearTimeout(timer);
    timer = setTimeout(tell, Math.max(0, last + apart - performance.now()));
  }

  return {
    soon(done) {
      held = !done;
      if (done || live) return wait();
      clearTimeout(timer);
      timer = setTimeout(tell, APART_MS);
    },
    // Something else is turned to, which the host may hear of: what waits to be told comes first.
    now() {
      if (timer) clearTimeout(timer), held = false, tell();
    },
    // Whether the host's word counts: it has heard all, and no hand is on a control.
    current(answers) {
      if (answers >= sent && heard < sent) took = performance.now() - last;
      heard = answers;
      if (timer && live) wait();
      return !held && !timer && answers >= sent;
    },
    accepted() { told = JSON.stringify(read()); },
    stop() { clearTimeout(timer); },
  };
}
