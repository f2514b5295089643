// How a revision is told in a list.

import { areaLabel } from "../viewer/geometry.js";
import { filled, gettext, language, ngettext, wholeNumber } from "../words.js";

const SOURCES = {
  mask_tiff: gettext("from a mask TIFF"),
  asap_xml: gettext("from ASAP XML"),
  ncrf_json: gettext("from NCRF JSON"),
  geojson: gettext("from GeoJSON"),
  drawn: gettext("drawn here"),
  declared_normal: gettext("declared free of tumour"),
  restored: gettext("restored"),
};

/** Where a revision comes from: "drawn here", "restored (revision 3)". */
export function sourceWords({ source, sourceName }) {
  const words = SOURCES[source] ?? source;
  return sourceName ? `${words} (${sourceName})` : words;
}

/** What a revision changed: "+2 −1 ~3"; said as words for those who listen. */
export function changeSigns({ added, removed, changed }) {
  const signs = [["+", added], ["−", removed], ["~", changed]].filter(([, n]) => n > 0);
  return signs.map(([sign, n]) => sign + wholeNumber(n)).join(" ") || gettext("no change");
}

export function changeWords({ added, removed, changed }) {
  return filled(gettext("%(added)s added, %(removed)s removed, %(changed)s changed"), {
    added: wholeNumber(added),
    removed: wholeNumber(removed),
    changed: wholeNumber(changed),
  });
}

/** Number of regions and area of tumour; in px where um per px is unknown. */
export function contentWords({ regions, tumourAreaMm2, tumourAreaPx }) {
  const count = filled(ngettext("%(n)s region", "%(n)s regions", regions), { n: wholeNumber(regions) });
  const area = Number.isFinite(tumourAreaMm2)
    ? areaLabel(tumourAreaMm2 * 1e6, language())
    : `${wholeNumber(Math.round(tumourAreaPx))} px²`;
  return `${count} · ${filled(gettext("tumour %(area)s"), { area })}`;
}

/** Day and hour of a moment, short. */
export function momentWords(at) {
  return new Date(at).toLocaleString(language(), { dateStyle: "medium", timeStyle: "short" });
}

/** The name of somebody, also of one whose account is gone. */
export function personWords(name) {
  return name || gettext("somebody");
}
