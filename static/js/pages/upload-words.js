// Sizes, rates and times in words.

import { decimals, wholeNumber } from "../words.js";

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** Bytes in the unit that reads best, powers of 1000. */
export function sizeWords(bytes) {
  let unit = 0;
  let value = bytes;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const isWhole = value >= 100 || unit === 0;
  return `${isWhole ? wholeNumber(Math.round(value)) : decimals(value, 1)} ${UNITS[unit]}`;
}

/** Bytes per second, empty while nothing is known. */
export function rateWords(rate) {
  return rate > 0 && Number.isFinite(rate) ? `${sizeWords(rate)}/s` : "";
}

/** Seconds as 42 s, 3 min 20 s or 2 h 5 min. */
export function timeWords(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
