// Large files are made before they are handed out: the link says so until the file is there.

import { gettext } from "../words.js";

/** Links and forms marked data-prepare first ask the server to make the file (?prepare=1). */
export function connect(reader) {
  const { signal } = reader;
  // Listened for above them: the links of the truth are replaced when there is a newer one.
  reader.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-prepare]");
    if (link) start(event, link, link.href);
  }, { signal });
  reader.addEventListener("submit", (event) => {
    const form = event.target.closest("form[data-prepare]");
    if (form) start(event, form, `${form.action}?${new URLSearchParams(new FormData(form))}`);
  }, { signal });
}

async function start(event, element, address) {
  event.preventDefault();
  if (element.ariaBusy === "true") return;
  const word = busyWord();
  element.ariaBusy = "true";
  element.after(word);
  try {
    await fetch(`${address}${address.includes("?") ? "&" : "?"}prepare=1`);
  } finally {
    element.ariaBusy = null;
    word.remove();
    location.assign(address); // the file, or the server's own words on why there is none
  }
}

function busyWord() {
  const word = document.createElement("span");
  word.className = "sub prepare-busy";
  word.setAttribute("role", "status");
  const bar = document.createElement("progress");
  word.append(bar, gettext("being made"));
  bar.setAttribute("aria-label", gettext("Progress"));
  return word;
}
