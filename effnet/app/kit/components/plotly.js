// Brings plotly.js, which the browser parses beside the page and keeps.
function bringPlotly(address) {
  if (document.getElementById('plotly')) return;
  const script = Object.assign(document.createElement('script'), { id: 'plotly', src: address });
  document.head.append(script);
}
