// The bar over the panel: leads to its parts and says which one is in sight.

import { gettext } from "../words.js";

export function connect(reader) {
  const panel = reader.querySelector(".side");
  const bar = panel.querySelector(".jumps");
  const parts = [...panel.querySelectorAll("[data-part]")];
  bar.addEventListener("click", (event) => {
    const name = event.target.closest("[data-jump]")?.dataset.jump;
    if (name) jump(panel, bar, name);
  });
  panel.addEventListener("scroll", () => show(bar, inSight(bar, parts)), { passive: true });
  reader.addEventListener("attend", (event) => jump(panel, bar, event.detail));
  reader.commands.add(
    parts.map(({ dataset: { part } }, i) => ({
      name: `panel-${part}`,
      group: gettext("Panel"),
      label: bar.querySelector(`[data-jump="${part}"]`).textContent,
      keys: [`alt+${i + 1}`],
      run: () => jump(panel, bar, part),
    })),
  );
}

/** Have the panel show a part: what a reader begins on the slide goes on there. */
export function attend(reader, part) {
  reader.dispatchEvent(new CustomEvent("attend", { detail: part }));
}

function jump(panel, bar, name) {
  const part = panel.querySelector(`[data-part="${name}"]`);
  const isFirst = !part.previousElementSibling?.matches("[data-part]");
  const below = part.getBoundingClientRect().top - panel.getBoundingClientRect().top;
  panel.scrollTo({ top: isFirst ? 0 : panel.scrollTop + below - bar.offsetHeight });
  show(bar, part);
}

/** The part under the bar; the last one when the panel's end is reached. */
function inSight(bar, parts) {
  const edge = bar.getBoundingClientRect().bottom + 8;
  const panel = bar.parentElement;
  if (panel.scrollTop + panel.clientHeight >= panel.scrollHeight - 2) return parts.at(-1);
  return parts.findLast((part) => part.getBoundingClientRect().top <= edge) ?? parts[0];
}

function show(bar, part) {
  for (const button of bar.querySelectorAll("[data-jump]")) {
    if (button.dataset.jump === part.dataset.part) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
}
