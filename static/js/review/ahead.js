// What the next slide's page asks for first is in the browser's cache by the time it is opened.

const REST_MS = 1200; // after this slide's own tissue, and never before it

export function connect(reader) {
  const { ahead = [] } = reader.page.review;
  if (!ahead.length) return;
  const timer = setTimeout(() => {
    for (const address of ahead) fetch(address, { priority: "low", credentials: "same-origin" }).catch(() => {});
  }, REST_MS);
  reader.signal.addEventListener("abort", () => clearTimeout(timer));
}
