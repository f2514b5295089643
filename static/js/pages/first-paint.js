// Loaded before the first paint: a page that turns dark after it was bright is no dark page, and
// a slide opened at a place must not show itself whole first. One opened whole shows its overview
// before anything else (first-look.js ends that).
(() => {
  document.documentElement.classList.add("looks-first");
  if (/[#&]w=\d/.test(location.hash)) document.documentElement.classList.add("opens-at-a-place");

  const KEY = "sentinode-theme";
  const night = window.matchMedia("(prefers-color-scheme: dark)");

  let theme = "auto";
  try {
    theme = localStorage.getItem(KEY) ?? "auto";
  } catch {
    // A browser that keeps nothing still gets colours.
  }

  function dress() {
    const isDark = theme === "dark" || (theme === "auto" && night.matches);
    document.documentElement.dataset.bsTheme = isDark ? "dark" : "light";
    for (const button of document.querySelectorAll("[data-theme]")) {
      button.setAttribute("aria-pressed", String(button.dataset.theme === theme));
    }
    document.dispatchEvent(new CustomEvent("themechange"));
  }

  dress();
  night.addEventListener("change", dress);
  document.addEventListener("DOMContentLoaded", dress);
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme]");
    if (!button) return;
    theme = button.dataset.theme;
    dress();
    localStorage.setItem(KEY, theme);
  });
})();
