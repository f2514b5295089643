// The page's words on the truth, its files to take away and its layer, kept at the latest revision:
// drawing, here or elsewhere, makes new ones while the page is open.

const PARTS = "[data-of-truth]";

/** Bring everything of the truth up to date when a sync hears of another revision. */
export function followTruth({ reader, sync }) {
  let shown = reader.page.truth?.revision ?? 0;
  sync.addEventListener("change", () => {
    const { revision } = sync.standing;
    if (revision === null || revision === shown) return;
    shown = revision;
    renew(reader).catch((error) => console.warn(error)); // the next revision, or a reload, tries again
  });
}

/** Ask for the page once more and take what it says of the truth. */
async function renew(reader) {
  const answer = await fetch(location.pathname, { headers: { Accept: "text/html" }, signal: reader.signal });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const data = page.getElementById("reader-data");
  if (!data) return; // logged out: another page came
  const fresh = page.querySelectorAll(PARTS);
  for (const [index, part] of [...reader.querySelectorAll(PARTS)].entries()) {
    part.replaceChildren(...(fresh[index]?.childNodes ?? []));
  }
  reader.pane.renewTruth(JSON.parse(data.textContent));
}
