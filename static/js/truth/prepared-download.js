// Large files are made before they are handed out: the link says so until the file is there.

import { gettext } from "../words.js";

/** Links and forms marked data-prepare first ask the server to make the file (?prepare=1). */
export function connect(reader) {
  for (const element of reader.querySelectorAll("a[data-prepare]")) {
    element.addEventListener("click", (event) => start(event, element, element.href), { signal: reader.signal });
  }
  for (const form of reader.querySelectorAll("form[data-prepare]")) {
    const address = () => `${form.action}?${new URLSearchParams(new FormData(form))}`;
    form.addEventListener("submit", (event) => start(event, form, address()), { signal: reader.signal });
  }
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
