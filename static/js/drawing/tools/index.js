// The tools by name, in the order in which they stand in the bar.

import { brushTool, eraserTool } from "./brush.js";
import { freehandTool } from "./freehand.js";
import { knifeTool } from "./knife.js";
import { pointTool } from "./point.js";
import { PolygonTool } from "./polygon.js";
import { rectangleTool } from "./rectangle.js";
import { SelectTool } from "./select.js";
import { WandTool } from "./wand.js";

// A tool is a tool of tool-hand.js, and beyond: name; place(point): what a press of Space does
// under the cross-hair; follow(point): the cross-hair moves; finish(): Enter; stepBack(): take back
// the last vertex; putDown(): another tool comes.
export function makeTools(board) {
  const tools = [
    new SelectTool(board),
    new PolygonTool(board),
    freehandTool(board),
    rectangleTool(board),
    pointTool(board),
    brushTool(board),
    eraserTool(board),
    new WandTool(board),
    knifeTool(board),
  ];
  return Object.fromEntries(tools.map((tool) => [tool.name, tool]));
}
