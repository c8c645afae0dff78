// Brings plotly.js, from the browser's cache where it is there: an address is one version.
async function bringPlotly(address) {
  if (globalThis.plotlyComes) return;
  globalThis.plotlyComes = true;
  const answer = await fetch(address, { cache: 'force-cache' });
  const packed = address.includes('.gz?');
  const source = packed ? answer.body.pipeThrough(new DecompressionStream('gzip')) : answer.body;
  const script = document.createElement('script');
  script.textContent = await new Response(source).text(); // the browser keeps what it makes of it
  document.head.appendChild(script);
}
