// What a reader sees first comes first: the overview of the slide, then its tiles, then what the page
// can do. A hundred modules asked for at once would keep the picture waiting, for a connection and
// for this thread.
(() => {
  const LONGEST_MS = 1500; // then the page no longer waits for a tile
  const overview = document.querySelector(".first-look");
  const viewer = document.querySelector("slide-viewer");
  const [tissue, page] = ["tissue", "page"].map(
    (name) => document.querySelector(`template[data-${name}]`).content,
  );

  // A page behind another tab paints nothing, and one opened at a place shows no overview: there
  // the viewer waits for the page, which knows the place.
  const isShown = overview?.offsetParent && !document.hidden;
  if (isShown) overview.decode().catch(() => {}).then(() => requestAnimationFrame(() => setTimeout(openTissue)));
  else {
    showAll();
    tissue.querySelector("script[type=module]").remove();
    add(tissue);
    add(page);
  }

  function openTissue() {
    add(tissue);
    showAll();
    for (const name of ["tissue", "failed"]) viewer.addEventListener(name, () => add(page), { once: true });
    setTimeout(() => add(page), LONGEST_MS);
  }

  function showAll() {
    document.documentElement.classList.remove("looks-first");
  }

  /** Each once: what was added is no longer in the template. */
  function add(content) {
    for (const script of content.querySelectorAll("script")) script.async = false; // in their order
    document.head.append(content);
  }
})();
