// The findings of a pane, and the way from one to the next: lesions, or groups of called cells where
// um per px is unknown and nothing can be nearer than so many um.

import { viewOf } from "../maps/findings.js";

const NONE = [];

/** The findings among true cells at the pane's threshold, largest first. */
export function findingsOfPane(pane) {
  if (!pane.picture) return NONE;
  const { mpp } = pane.page.slide;
  return mpp ? pane.picture.lesions(mpp) : pane.picture.findings;
}

/** Show the finding so many places on in the list: {number from 1, of, cells}, null without any. */
export function stepTo(pane, places) {
  const found = findingsOfPane(pane);
  if (!found.length) return null;
  const last = pane.shownFinding ?? (places > 0 ? -1 : 0);
  pane.shownFinding = (last + places + found.length) % found.length;
  const finding = found[pane.shownFinding];
  const { clientWidth: width, clientHeight: height } = pane.viewer;
  pane.viewer.lead();
  const { rotation } = pane.viewer.view;
  pane.viewer.show(viewOf(finding, pane.prediction.sideL0, { width, height, rotation }));
  return { number: pane.shownFinding + 1, of: found.length, cells: finding.cells };
}
