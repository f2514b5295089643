// An element alone on the screen, where the browser lets it.

/** Fill the screen with an element, or leave it; tells whether the browser obeyed. */
export async function toggleFullScreen(element) {
  try {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await element.requestFullscreen();
    return true;
  } catch {
    return false; // refused by the browser or the frame it is in, or unknown to it
  }
}
