// Findings too small to see at this zoom: marked by pins, never gone. Pins that would touch are
// one pin with their number.

export const PIN_BELOW_PX = 10;
const MERGED_WITHIN_PX = 24;

/**
 * The pins of groups on the screen, largest group first.
 * groups: {x, y, width, height} in units of the map. place(point): where a point falls on the
 * screen. scale: screen px per unit. size: of the screen, beyond which no pin is made.
 * Gives [{x, y, count}].
 */
export function pinsOf(groups, { place, scale, size }) {
  const pins = [];
  const byTile = new Map();
  for (const { x, y, width, height } of groups) {
    if (Math.max(width, height) * scale >= PIN_BELOW_PX) continue;
    const at = place({ x: x + width / 2, y: y + height / 2 });
    if (isOutside(at, size)) continue;
    const near = nearby(byTile, at);
    if (near) {
      near.count += 1;
      continue;
    }
    const pin = { ...at, count: 1 };
    pins.push(pin);
    keep(byTile, pin);
  }
  return pins;
}

function isOutside({ x, y }, { width, height }) {
  const edge = MERGED_WITHIN_PX;
  return x < -edge || y < -edge || x > width + edge || y > height + edge;
}

function nearby(byTile, { x, y }) {
  const [column, row] = tileOf({ x, y });
  for (let j = row - 1; j <= row + 1; j += 1) {
    for (let i = column - 1; i <= column + 1; i += 1) {
      for (const pin of byTile.get(`${i} ${j}`) ?? []) {
        if (Math.hypot(pin.x - x, pin.y - y) < MERGED_WITHIN_PX) return pin;
      }
    }
  }
  return null;
}

function keep(byTile, pin) {
  const key = tileOf(pin).join(" ");
  if (!byTile.has(key)) byTile.set(key, []);
  byTile.get(key).push(pin);
}

function tileOf({ x, y }) {
  return [Math.floor(x / MERGED_WITHIN_PX), Math.floor(y / MERGED_WITHIN_PX)];
}
