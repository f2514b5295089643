// What a reader sees first comes first: the overview of the slide, then its tiles, then what the page
// can do. A hundred modules asked for at once would keep the picture waiting, for a connection and
// for this thread. It stands behind the stage, before the styles and the panel.
(() => {
  const LONGEST_MS = 1500; // then the page no longer waits for a tile
  const overview = document.querySelector(".first-look");
  const viewer = document.querySelector("slide-viewer");
  const isRead = new Promise((done) => document.addEventListener("DOMContentLoaded", done));
  isRead.then(() => document.documentElement.classList.remove("looks-first"));

  // A page behind another tab paints nothing, and one opened at a place shows no overview: there
  // the viewer waits for the page, which knows the place.
  const isShown = overview?.offsetParent && !document.hidden;
  if (isShown) overview.decode().catch(() => {}).then(() => requestAnimationFrame(() => setTimeout(openTissue)));
  else {
    contentOf("tissue").querySelector("script[type=module]").remove();
    add("tissue");
    isRead.then(() => add("page"));
  }

  function openTissue() {
    const isDrawn = new Promise((done) => {
      for (const name of ["tissue", "failed"]) viewer.addEventListener(name, done);
      setTimeout(done, LONGEST_MS);
    });
    add("tissue");
    Promise.all([isRead, isDrawn]).then(() => add("page"));
  }

  function contentOf(name) {
    return document.querySelector(`template[data-${name}]`).content;
  }

  function add(name) {
    const content = contentOf(name);
    for (const script of content.querySelectorAll("script")) script.async = false; // in their order
    document.head.append(content);
  }
})();
