// Words that scripts say, in the reader's language. The page loads Django's catalogue before any
// module; under node there is none and English stands.

const catalogue = () => globalThis.django ?? {};

export function gettext(text) {
  const known = catalogue();
  return known.gettext ? known.gettext(text) : text;
}

export function ngettext(one, many, count) {
  const known = catalogue();
  if (known.ngettext) return known.ngettext(one, many, count);
  return count === 1 ? one : many;
}

/** Put values into "%(name)s" places. */
export function filled(text, values) {
  return text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
}

/** The language of the page, for numbers and dates. */
export function language() {
  return globalThis.document?.documentElement.lang || "en";
}

export function wholeNumber(value) {
  return formatOf({}).format(value);
}

/** A number with so many decimals; a dash where it does not exist. */
export function decimals(value, digits = 3) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return formatOf({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
}

/** A number with so many digits that count. */
export function significant(value, digits) {
  const look = { minimumSignificantDigits: digits, maximumSignificantDigits: digits };
  return formatOf(look).format(value);
}

const formats = new Map();

/** Formats are dear to make and asked for in every frame, so each is made once. */
function formatOf(look) {
  const name = `${language()} ${JSON.stringify(look)}`;
  if (!formats.has(name)) formats.set(name, new Intl.NumberFormat(language(), look));
  return formats.get(name);
}

/** The hour of a moment as people read it beside "saved". */
export function clock(moment) {
  return moment.toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit" });
}
