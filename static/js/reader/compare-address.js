// The part of the address after # on the page with several viewers: what is linked, which viewer
// is in hand, then each viewer's own view, parted by "/".

import * as address from "../viewer/address.js";
import { LINKS, placementOf, wordsOf } from "./linking.js";

const LETTERS = { pan: "p", zoom: "z", rotation: "r", layers: "l", threshold: "t" };

/** shown: {links, active: index, sides: [{view, state, placement or null}]} */
export function format({ links, active, sides }) {
  const linked = LINKS.filter((name) => links[name]).map((name) => LETTERS[name]);
  const head = `k=${linked.join("") || "0"}&on=${active}`;
  return [head, ...sides.map(sideWords)].join("/");
}

function sideWords({ view, state, placement }) {
  const words = address.format({ ...state, ...view });
  return placement ? `${words}&g=${wordsOf(placement)}` : words;
}

/** What an address says; what is absent or makes no sense is left out. */
export function parse(hash) {
  const [head, ...sides] = hash.replace(/^#/, "").split("/");
  const given = new URLSearchParams(head);
  const shown = { sides: sides.map(parsedSide) };
  if (given.has("k")) {
    const letters = given.get("k");
    shown.links = Object.fromEntries(LINKS.map((name) => [name, letters.includes(LETTERS[name])]));
  }
  if (/^[0-3]$/.test(given.get("on") ?? "")) shown.active = Number(given.get("on"));
  return shown;
}

function parsedSide(words) {
  return { ...address.parse(words), placement: placementOf(new URLSearchParams(words).get("g")) };
}
