// Files dragged from the desktop over the whole page of a slide.

/**
 * Ready to take files anywhere on an element's page. onHover: told whether files are above;
 * onDrop: given the list of files. Text and pictures dragged within the page are left alone.
 */
export function takeDrops({ onHover, onDrop, signal }) {
  let depth = 0; // dragenter and dragleave come for every element below the pointer
  const options = { signal };
  const hover = (change) => {
    depth = Math.max(0, depth + change);
    onHover(depth > 0);
  };
  window.addEventListener("dragenter", (event) => isOfFiles(event) && hover(1), options);
  window.addEventListener("dragleave", (event) => isOfFiles(event) && hover(-1), options);
  window.addEventListener("dragover", (event) => isOfFiles(event) && event.preventDefault(), options);
  window.addEventListener(
    "drop",
    (event) => {
      if (!isOfFiles(event)) return;
      event.preventDefault();
      depth = 0;
      onHover(false);
      onDrop([...event.dataTransfer.files]);
    },
    options,
  );
}

function isOfFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}
