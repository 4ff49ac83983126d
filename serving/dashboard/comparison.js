// Candidate against Production on the same clips: each difference with its interval, over all, by class and by group.

import { card, count, empty, h, known, more, percent, plural, points, s, table } from "./dom.js";
import { chart, scale, ticks } from "./charts.js";

const SHOWN = 14;

export function comparison({ comparison: found, registry }) {
  const title = "Candidate against Production";
  if (found.missing) return card(title, "", empty(found.missing));
  const waits = registry.candidate?.version === found.candidate && registry.production?.version !== found.candidate;
  const which = waits ? `Version ${found.candidate} waits, version ${found.against} answers.` : `Version ${found.candidate} answers, version ${found.against} did before.`;
  const { whole } = found;
  return card(
    title,
    "",
    h("p", {}, which, " ", h("strong", {}, `${points(whole.difference)} points`), ` in accuracy${interval(whole)}: ${percent(whole.candidate)} against ${percent(whole.against)}.`),
    judged(registry.candidate ?? registry.production, found),
    h("p", { class: "quiet small" }, `${found.notes.join("; ")}. Each end of an interval is a one-sided 95 % bound over groups; within a group, over clips.`),
    h("div", { class: "grid" }, part("By class", found.classes, found.num_classes, whole), part("By group", found.groups, found.num_groups, whole)),
  );
}

function interval({ low, high }) {
  return known(low) && known(high) ? ` (${points(low)} to ${points(high)})` : " (too few groups for an interval)";
}

/** What the gate itself found, as it was judged. */
function judged(version, { against }) {
  const said = version?.comparison;
  if (!said || said.version !== against) return null;
  const words = `The gate saw ${points(said.difference)} points, lower bound ${points(said.lower)}; more than ${points(-said.margin)} was asked for, on ${count(said.clips)} clips of ${count(said.units)} groups.`;
  return h("p", {}, words);
}

function part(title, found, all, whole) {
  const shown = found.length > SHOWN ? [...found.slice(0, SHOWN / 2), ...found.slice(-SHOWN / 2)] : found;
  const said = shown.length < all ? `the ${SHOWN / 2} most lost and the ${SHOWN / 2} most gained of ${all}` : `all ${all}`;
  const words = `${title}: differences in points. ${shown.map((one) => `${one.name} ${points(one.difference)}`).join(", ")}`;
  return h(
    "figure",
    { class: "half" },
    h("figcaption", {}, h("strong", {}, title), `, ${said}; points gained, with interval`),
    chart(words, (width) => forest([whole, ...shown], width)),
    more(`figures ${title}`, "As a table", table(`${title}, as a table`, columns(title), found)),
  );
}

function columns(title) {
  return [
    [title.slice(3), ({ name }) => name],
    ["Clips", ({ clips }) => count(clips), "num"],
    ["Candidate", ({ candidate }) => percent(candidate), "num"],
    ["Against", ({ against }) => percent(against), "num"],
    ["Points", ({ difference }) => points(difference), "num"],
    ["Interval", ({ low, high }) => (known(low) ? `${points(low)} to ${points(high)}` : "–"), "num"],
  ];
}

function forest(found, width) {
  const left = Math.min(110, width * 0.28);
  const right = width - 46;
  const ends = found.flatMap(({ difference, low, high }) => [difference, low ?? difference, high ?? difference]);
  const most = Math.max(0.02, ...ends.map(Math.abs));
  const x = scale([-most, most], [left, right]);
  const height = 18 * found.length + 26;
  const grid = ticks(-most, most, 4).map((tick) => [
    s("line", { x1: x(tick), x2: x(tick), y1: 4, y2: height - 22, class: Math.abs(tick) < 1e-9 ? "zero" : "rule" }),
    s("text", { x: x(tick), y: height - 8, "text-anchor": "middle" }, points(tick)),
  ]);
  const marks = found.map(({ name, difference, low, high, clips }, i) => {
    const y = 18 * i + 14;
    const kind = i ? "dot" : "fired";
    return [
      s("text", { x: left - 8, y: y + 4, "text-anchor": "end", class: "ink" }, short(i ? name : "over all", left / 6.5)),
      known(low) && s("line", { x1: x(low), x2: x(high), y1: y, y2: y, class: "path" }),
      s("circle", { cx: x(difference), cy: y, r: i ? 3 : 4.5, class: kind }, s("title", {}, `${name}: ${points(difference)} points, ${count(clips)} clips`)),
      s("text", { x: width, y: y + 4, "text-anchor": "end", class: "ink" }, points(difference)),
    ].filter(Boolean);
  });
  return [height, [grid, marks]];
}

export function short(name, letters) {
  return name.length > letters ? `${name.slice(0, Math.max(1, Math.floor(letters) - 1))}…` : name;
}
