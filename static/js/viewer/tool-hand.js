// Who has the pointer: OpenSeadragon, which moves the slide, or a tool that measures or draws.
// Wheel, pinch, the middle button and dragging with Space held always move. Dragging with Alt held
// turns the slide round the middle of the stage as long as no tool has the pointer.
//
// A tool: {cursor, press, move, drag, rest, release, click, double, leave, cancel}, all functions optional, each
// called with a gesture {point: level-0, screen: px of the viewer, event: the PointerEvent}.
// A "move" has no button down. A "click" is a press and release in one place; its press and
// release are told too. A second finger ends what the first began with "cancel", without a gesture.
// A function that gives false leaves the gesture to the slide: a drag then moves it.

const GESTURES = {
  "canvas-press": "press",
  "canvas-drag": "drag",
  "canvas-drag-end": "rest",
  "canvas-release": "release",
  "canvas-click": "click",
  "canvas-double-click": "double",
};

export class ToolHand {
  tool = null;
  isMoving = false;
  isPinched = false;
  turnedTo = null; // degrees from the middle of the stage to the hand that turns it

  constructor(viewer) {
    this.viewer = viewer;
    for (const [name, gesture] of Object.entries(GESTURES)) {
      viewer.viewer.addHandler(name, (event) => this.#tell(gesture, event));
    }
    viewer.viewer.addHandler("canvas-pinch", () => this.#pinched());
    viewer.addEventListener("pointermove", (event) => this.#move(event));
    viewer.addEventListener("pointerleave", () => this.tool?.leave?.());
  }

  take(tool) {
    if (this.tool && this.tool !== tool) this.tool.leave?.();
    this.tool = tool;
    this.viewer.viewer.canvas.style.cursor = tool?.cursor ?? "";
  }

  letGo() {
    this.take(null);
  }

  /** As long as a reader holds the key for moving, the tool waits. */
  hold(isMoving) {
    this.isMoving = isMoving;
  }

  #pinched() {
    if (this.isPinched) return;
    this.isPinched = true;
    this.tool?.cancel?.();
  }

  #tell(gesture, event) {
    const { originalEvent } = event;
    if (gesture === "press" && originalEvent.isPrimary) this.isPinched = false;
    if (!this.tool || this.isMoving) {
      if (gesture === "drag" || gesture === "rest") event.preventDefaultAction = this.#turn(gesture, originalEvent);
      return;
    }
    const answer = this.isPinched ? null : this.tool[gesture]?.(this.#gesture(originalEvent));
    event.preventDefaultAction = answer !== false;
  }

  /** Follow a drag with Alt held round the middle of the stage; false for any other drag. */
  #turn(gesture, { altKey, pointerType, clientX, clientY }) {
    if (!altKey || pointerType === "touch") {
      this.turnedTo = null;
      return false;
    }
    const edge = this.viewer.getBoundingClientRect();
    const [right, down] = [clientX - edge.left - edge.width / 2, clientY - edge.top - edge.height / 2];
    const degrees = (Math.atan2(down, right) * 180) / Math.PI;
    if (this.turnedTo !== null) this.viewer.rotateBy(degrees - this.turnedTo, true);
    this.turnedTo = gesture === "drag" ? degrees : null;
    return true;
  }

  #move(event) {
    if (!this.tool?.move || this.isMoving || event.buttons) return;
    this.tool.move(this.#gesture(event));
  }

  /** OpenSeadragon's own positions are mirrored in some events of a mirrored view and not in others. */
  #gesture(event) {
    const edge = this.viewer.getBoundingClientRect();
    const screen = { x: event.clientX - edge.left, y: event.clientY - edge.top };
    return { point: this.viewer.toLevel0(screen), screen, event };
  }
}
