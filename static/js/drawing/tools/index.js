// The tools by name, in the order in which they stand in the bar.

import { brushTool, eraserTool } from "./brush.js";
import { freehandTool } from "./freehand.js";
import { knifeTool } from "./knife.js";
import { pointTool } from "./point.js";
import { polygonTool } from "./polygon.js";
import { rectangleTool } from "./rectangle.js";
import { selectTool } from "./select.js";
import { wandTool } from "./wand.js";

// A tool is a tool of tool-hand.js, and beyond: name; place(point): what a press of Space does
// under the cross-hair; follow(point): the cross-hair moves; finish(): Enter; stepBack(): take back
// the last vertex; putDown(): another tool comes.
const MAKERS = [
  ...[selectTool, polygonTool, freehandTool, rectangleTool, pointTool],
  ...[brushTool, eraserTool, wandTool, knifeTool],
];

export function makeTools(board) {
  return Object.fromEntries(MAKERS.map((make) => make(board)).map((tool) => [tool.name, tool]));
}
