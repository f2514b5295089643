// Drawing by keys alone: the cross-hair in the middle of the view stands for the pointer from the
// first arrow key on, until the pointer moves again.

/** Tell the board when the cross-hair is in use, and tools that it moved. */
export function followKeys(board, signal) {
  const { viewer } = board;
  const pressed = ({ key }) => {
    if (board.isOn && key.startsWith("Arrow")) board.set({ isByKeys: true });
  };
  document.addEventListener("keydown", pressed, { signal });
  viewer.addEventListener("pointermove", () => board.isByKeys && board.set({ isByKeys: false }));
  viewer.addEventListener("viewchange", () => {
    if (!board.isOn || !board.isByKeys) return;
    board.hover = board.centre;
    if (board.draft) board.tool?.follow?.(board.centre);
  });
}

/** Let go of Space: a short press puts the tool down under the cross-hair. */
export function tapped(board) {
  if (board.isByKeys) board.tool.place?.(board.centre);
  else board.set({ isByKeys: true, hover: board.centre });
}
