// The parts of the desk's panel, one in sight at a time.

import { gettext } from "../words.js";

export function connect(reader) {
  const bar = reader.querySelector(".jumps");
  const buttons = [...bar.querySelectorAll("[data-tab]")];
  const show = (name) => {
    for (const button of buttons) {
      const isShown = button.dataset.tab === name;
      if (isShown) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
      reader.querySelector(`[data-part="${button.dataset.tab}"]`).hidden = !isShown;
    }
    reader.dispatchEvent(new CustomEvent("tab", { detail: name }));
  };
  bar.addEventListener("click", (event) => {
    const name = event.target.closest("[data-tab]")?.dataset.tab;
    if (name) show(name);
  });
  // What a reader begins on the slide goes on in its part; measures and marks are under "slide".
  reader.addEventListener("attend", ({ detail }) => show(buttons.some(({ dataset }) => dataset.tab === detail) ? detail : "slide"));
  reader.commands.add(
    buttons.map(({ dataset: { tab }, firstChild }, i) => ({
      name: `desk-${tab}`,
      group: gettext("Panel"),
      label: firstChild.textContent.trim(),
      keys: [`alt+${i + 1}`],
      run: () => show(tab),
    })),
  );
}
