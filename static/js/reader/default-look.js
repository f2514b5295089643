// "Make this look the version's default": what an admin sees now is what others see first.

import { gettext } from "../words.js";
import { lookOf } from "./look.js";
import { setText } from "./layer-controls.js";

export function connect(reader) {
  const button = reader.querySelector("[data-make-default]");
  button?.addEventListener("click", () => keep(reader, button));
  reader.pane.addEventListener("change", () => setText(reader, "default-kept", ""));
}

async function keep(reader, button) {
  const { prediction, state } = reader.pane;
  button.disabled = true;
  try {
    const answer = await fetch(prediction.displayUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": button.dataset.csrf },
      body: JSON.stringify(lookOf(state)),
    });
    if (!answer.ok || answer.redirected) throw new Error(await reason(answer));
    setText(reader, "default-kept", gettext("Kept: readings by this version open like this."));
  } catch (trouble) {
    setText(reader, "default-kept", `${gettext("Not kept.")} ${trouble.message}`);
  } finally {
    button.disabled = false;
  }
}

async function reason(answer) {
  if (answer.redirected) return gettext("You are logged out: log in and try again.");
  const { detail } = await answer.json().catch(() => ({}));
  return detail ?? gettext("The server could not keep it; try again.");
}
