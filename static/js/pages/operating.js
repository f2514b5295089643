// What a version finds, misses and costs at a threshold. Pure: no page.
// numbers: {slides, false, lesions: {itc, micro, macro}, scores: {tumour, normal}, stops, edges},
// every list of confidences falling, as the page of the cockpit carries them.

const COUNTED = ["micro", "macro"];
const SIZES = ["itc", ...COUNTED];

/** How many of falling values are at or above a cut. */
export function atOrAbove(falling, cut) {
  let [low, high] = [0, falling.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (falling[middle] >= cut) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Everything at a threshold. A lesion that nothing lies on (0) is never found. */
export function countsAt(numbers, threshold) {
  const cut = Math.max(threshold, Number.MIN_VALUE);
  const found = Object.fromEntries(SIZES.map((size) => [size, atOrAbove(numbers.lesions[size], cut)]));
  const lesions = sum(COUNTED.map((size) => numbers.lesions[size].length));
  const hits = sum(COUNTED.map((size) => found[size]));
  const alarms = atOrAbove(numbers.false, threshold);
  const called = atOrAbove(numbers.scores.tumour, Math.fround(threshold));
  const wrong = atOrAbove(numbers.scores.normal, Math.fround(threshold));
  return {
    found,
    findings: hits + found.itc + alarms,
    figures: {
      sensitivity: share("sensitivity", hits, lesions),
      false_per_slide: share("false_per_slide", alarms, numbers.slides),
      tumour_slides: share("tumour_slides", called, numbers.scores.tumour.length),
      normal_slides: share("normal_slides", wrong, numbers.scores.normal.length),
    },
  };

  function share(name, count, n) {
    const [low, high] = edgesAt(numbers, name, threshold, count);
    return { count, n, value: n ? count / n : null, low, high };
  }
}

/** The interval of a figure: that of the stop above, if it has the very same count; else none. */
function edgesAt({ stops, edges }, name, threshold, count) {
  const stop = stopAt(stops, threshold);
  const [found, low, high] = stop < 0 ? [null, null, null] : edges[name][stop];
  return found === count ? [low, high] : [null, null];
}

/** The place of the lowest stop at or above a threshold; -1 above all. */
export function stopAt(stops, threshold) {
  return atOrAbove(stops, threshold) - 1;
}

/** Seconds of review of all slides and of one; null without slides. */
export function reviewTime({ slides }, findings, { perSlide, perFinding }) {
  if (!slides) return { all: null, each: null };
  const all = perSlide * slides + perFinding * findings;
  return { all, each: all / slides };
}

/** The highest threshold that finds at least a share of the lesions that count; null: none does. */
export function forRecall(numbers, wanted) {
  const every = COUNTED.flatMap((size) => numbers.lesions[size]).sort((a, b) => b - a);
  // 0.95 of 20 is 19, not 20 by a float's last bit.
  const needed = Math.ceil(Number((wanted * every.length).toFixed(9)));
  if (!every.length || needed > every.length) return null;
  const cut = every[Math.max(needed, 1) - 1];
  return cut >= numbers.floor && cut > 0 ? cut : null;
}

/** The lowest threshold with at most so many false findings per slide; null: none keeps to it. */
export function forBudget(numbers, budget) {
  const allowed = Math.floor(Number((budget * numbers.slides).toFixed(9)));
  if (!numbers.slides) return null;
  if (allowed >= numbers.false.length) return numbers.stops.at(-1) ?? null;
  const first = numbers.false[allowed]; // the one too many: stay above it
  const above = [numbers.false, ...SIZES.map((size) => numbers.lesions[size]), numbers.scores.tumour, numbers.scores.normal]
    .map((falling) => lastAbove(falling, first))
    .filter((cut) => cut !== null);
  return above.length ? Math.min(...above) : null;
}

/** The fewest digits that name a threshold, which is kept in single precision. */
export function shortest(threshold) {
  for (let digits = 1; digits < 9; digits += 1) {
    const told = Number(threshold.toPrecision(digits));
    if (Math.fround(told) === Math.fround(threshold)) return String(told);
  }
  return String(Number(threshold.toPrecision(9)));
}

function lastAbove(falling, value) {
  let [low, high] = [0, falling.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (falling[middle] > value) low = middle + 1;
    else high = middle;
  }
  return low ? falling[low - 1] : null;
}

function sum(values) {
  return values.reduce((all, one) => all + one, 0);
}
