// Who has the pointer: OpenSeadragon, which moves the slide, or a tool that measures or draws.
// Wheel, pinch, the middle button and dragging with Space held always move.
//
// A tool: {cursor, press, move, drag, release, click, double, leave}, all functions optional, each
// called with a gesture {point: level-0, screen: px of the viewer, event: the PointerEvent}.
// A "move" has no button down. A "click" is a press and release in one place; its press and
// release are told too.

const GESTURES = {
  "canvas-press": "press",
  "canvas-drag": "drag",
  "canvas-release": "release",
  "canvas-click": "click",
  "canvas-double-click": "double",
};

export class ToolHand {
  tool = null;
  isMoving = false;

  constructor(viewer) {
    this.viewer = viewer;
    for (const [name, gesture] of Object.entries(GESTURES)) {
      viewer.viewer.addHandler(name, (event) => this.#tell(gesture, event));
    }
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

  #tell(gesture, event) {
    if (!this.tool || this.isMoving) return;
    event.preventDefaultAction = true;
    this.tool[gesture]?.(this.#gesture(event.position, event.originalEvent));
  }

  #move(event) {
    if (!this.tool?.move || this.isMoving || event.buttons) return;
    const edge = this.viewer.getBoundingClientRect();
    const screen = { x: event.clientX - edge.left, y: event.clientY - edge.top };
    this.tool.move(this.#gesture(screen, event));
  }

  #gesture(screen, event) {
    return { point: this.viewer.toLevel0(screen), screen: { x: screen.x, y: screen.y }, event };
  }
}
