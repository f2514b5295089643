// What the page's modules import is asked for once the overview of the slide has been painted: a
// hundred files asked for before would keep it waiting, for a connection and for this thread.
(() => {
  const overview = document.querySelector(".first-look");
  const { content } = document.querySelector("template[data-imports]");
  const ask = () => document.head.append(content);

  // A page behind another tab paints nothing, and one opened at a place shows no overview.
  const isShown = overview?.offsetParent && !document.hidden;
  if (!isShown) ask();
  else overview.decode().catch(() => {}).then(() => requestAnimationFrame(() => setTimeout(ask)));
})();
