// The far end of a pen erases, whatever tool is in hand.

const ERASER_BUTTON = 5; // Pointer Events, chorded button interactions
const ERASER_BUTTONS = 32;

export function listenToPenEraser(desk) {
  const { viewer, board } = desk;
  let former = null;

  const isEraser = (event) => event.pointerType === "pen"
    && (event.button === ERASER_BUTTON || event.buttons === ERASER_BUTTONS);
  const gesture = (event) => {
    const edge = viewer.getBoundingClientRect();
    const screen = { x: event.clientX - edge.left, y: event.clientY - edge.top };
    return { point: viewer.toLevel0(screen), screen, event };
  };
  const heard = (event, act) => {
    event.stopPropagation();
    act(gesture(event));
  };

  // Before OpenSeadragon hears of it: to it the far end is a second button and no drag.
  const options = { capture: true, signal: desk.reader.signal };
  viewer.addEventListener("pointerdown", (event) => {
    if (!desk.isInHand || !isEraser(event)) return;
    former = board.tool.name;
    desk.pick("eraser");
    heard(event, desk.tools.eraser.press);
  }, options);
  document.addEventListener("pointermove", (event) => {
    if (former && event.pointerType === "pen") heard(event, desk.tools.eraser.drag);
  }, options);
  for (const end of ["pointerup", "pointercancel"]) {
    document.addEventListener(end, (event) => {
      if (!former || event.pointerType !== "pen") return;
      heard(event, desk.tools.eraser.release);
      desk.pick(former);
      former = null;
    }, options);
  }
}
