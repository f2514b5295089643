// A form with data-once is sent once: a second click while the server is at work makes nothing anew.

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]") || event.defaultPrevented) return;
  // What the button itself says goes along, so it is put out of use only after that.
  setTimeout(() => rest(form, true));
});

// Coming back by the history, the page stands as it was left.
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) rest(form, false);
});

function rest(form, isSent) {
  for (const button of form.querySelectorAll('button[type="submit"]')) button.disabled = isSent;
  form.setAttribute("aria-busy", String(isSent));
}
