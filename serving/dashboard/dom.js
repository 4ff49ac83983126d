// Elements and words: every text goes in as a text node, so that nothing of a value is ever read as markup.

export const SVG = "http://www.w3.org/2000/svg";

/** Makes an element; attributes that are null or false are left out, children may be nested lists, null is nothing. */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

export function s(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

const UNKNOWN = "–";
const whole = new Intl.NumberFormat("en-GB");
const dates = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" });
const days = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "numeric", month: "short" });
const clock = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", hour: "2-digit", minute: "2-digit" });

export const known = (value) => value !== null && value !== undefined;
export const count = (value) => (known(value) ? whole.format(value) : UNKNOWN);
export const percent = (share, digits = 1) => (known(share) ? `${(100 * share).toFixed(digits)}\u00a0%` : UNKNOWN);
export const number = (value, digits = 3) => (known(value) ? value.toFixed(digits) : UNKNOWN);
export const named = (version) => (known(version) ? `version ${version}` : "nothing");
export const plural = (many, one, more = `${one}s`) => `${count(many)} ${many === 1 ? one : more}`;

/** A difference of shares in points, with its sign, as the gates write it. */
export function points(difference) {
  if (!known(difference)) return UNKNOWN;
  const text = (100 * Math.abs(difference)).toFixed(1);
  return text === "0.0" ? text : `${difference < 0 ? "−" : "+"}${text}`;
}

export function span(low, high) {
  return known(low) && known(high) ? `${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}\u00a0%` : "";
}

/** Reads a time; days and hours of the log have no zone and are UTC. */
export function at(text) {
  if (typeof text === "number") return new Date(1000 * text);
  return new Date(/T/.test(text) && !/(Z|[+-]\d\d:\d\d)$/.test(text) ? `${text}Z` : text);
}

export const day = (time) => days.format(at(time));
export const hour = (time) => clock.format(at(time));
export const moment = (time) => (known(time) ? `${dates.format(at(time))}, ${clock.format(at(time))}` : UNKNOWN);

export function when(time) {
  return h("time", { datetime: at(time).toISOString(), class: "nowrap" }, moment(time));
}

export function duration(seconds) {
  if (!known(seconds)) return UNKNOWN;
  if (seconds < 10) return `${seconds.toFixed(1)}\u00a0s`;
  if (seconds < 120) return `${Math.round(seconds)}\u00a0s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)}\u00a0min`;
  if (seconds < 172800) return `${Math.round(seconds / 3600)}\u00a0h`;
  return `${Math.round(seconds / 86400)}\u00a0days`;
}

export function ago(time, now) {
  const seconds = (at(now) - at(time)) / 1000;
  return seconds < 60 ? "just now" : `${duration(seconds)} ago`;
}

/** What stands where there is nothing to show, and what to do; words in backticks are commands. */
export function empty(text) {
  const parts = text.split("`").map((part, i) => (i % 2 ? h("code", {}, part) : part));
  return h("p", { class: "empty" }, parts);
}

export function card(title, size, ...children) {
  const id = `of-${title.toLowerCase().replace(/[^a-z]+/g, "-")}`;
  return h("section", { class: `card ${size}`, "aria-labelledby": id }, h("h3", { id }, title), children);
}

const SHAPES = {
  good: ["circle", { cx: 6, cy: 6, r: 5.5, fill: "currentColor" }],
  bad: ["rect", { x: 0.8, y: 0.8, width: 10.4, height: 10.4, fill: "currentColor" }],
  warn: ["path", { d: "M6 .3 11.9 11.2H.1Z", fill: "currentColor" }],
  none: ["circle", { cx: 6, cy: 6, r: 4.7, fill: "none", stroke: "currentColor", "stroke-width": 1.6 }],
};

/** A light that says itself in a word, and by its shape: colour alone says nothing to everybody. */
export function light(kind, word) {
  const [tag, shape] = SHAPES[kind];
  return h("span", { class: `light ${kind}` }, s("svg", { width: 12, height: 12, "aria-hidden": "true" }, s(tag, shape)), word);
}

const VERDICTS = { passed: "good", refused: "bad", "not enough evidence": "warn", "not comparable": "warn" };

export const verdict = (status) => light(VERDICTS[status] ?? "none", status || "never judged");

/** A table; a column is [head, cell of a row, class]. `label` makes it a region that a keyboard can scroll. */
export function table(label, columns, rows, { row = () => null, caption = null } = {}) {
  const head = h("tr", {}, columns.map(([name, , kind]) => h("th", { scope: "col", class: kind || null }, name)));
  const body = rows.map((one) =>
    h("tr", { class: row(one) }, columns.map(([, cell, kind], i) => h(i ? "td" : "th", { scope: i ? null : "row", class: kind || null }, cell(one)))),
  );
  const drawn = h("table", {}, caption && h("caption", {}, caption), h("thead", {}, head), h("tbody", {}, body));
  return h("div", { class: "scroll", role: "region", "aria-label": label, tabindex: 0 }, drawn);
}

export function more(key, title, ...children) {
  return h("details", { "data-key": key }, h("summary", {}, title), children);
}

export function legend(items) {
  const mark = (kind) => s("svg", { width: 12, height: 10, "aria-hidden": "true" }, s("rect", { y: 1, width: 12, height: 8, rx: 1.5, class: kind }));
  return h("ul", { class: "legend" }, items.map(([kind, text]) => h("li", {}, mark(kind), text)));
}
