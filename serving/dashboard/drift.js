// Drift: how far each look was off in thresholds, what it was taken for, and what accuracy did meanwhile.

import { card, count, empty, h, known, light, moment, more, number, percent, plural, s, table } from "./dom.js";
import { band, chart, dot, epoch, line, rows, scale, spark, ticks, times } from "./charts.js";

const CAUSES = {
  none: "nothing is off",
  collecting: "still collecting a quiet reference",
  detector: "the detector",
  camera: "the camera",
  people: "the people",
  labels: "the mix of labels",
  model: "the model",
  corrections: "new corrections",
  unknown: "not known",
};
const ACTIONS = { nothing: "good", warn: "warn", retrain: "bad" };
const SAID = { nothing: "quiet", warn: "warning", retrain: "retrain" };

export function driftLight(found) {
  const last = found.looks?.at(-1);
  if (!last) return light("none", "never looked");
  const judged = last.calibrated || last.action !== "nothing"; // nothing was found: of what could be looked at
  if (last.action && judged) return light(ACTIONS[last.action] ?? "none", SAID[last.action] ?? last.action);
  if (last.excess > 1) return light("warn", "above threshold");
  return last.calibrated ? light("good", "quiet") : light("none", "not judged");
}

export function drift({ track, drift: found }) {
  if (found.missing) return card("Drift", "", empty(found.missing));
  if (!found.looks.length) {
    return card("Drift", "", empty(`Nobody has looked yet. Compare the newest answers with the training data: \`signloop drift ${track}\`, or again and again: \`signloop watch\``));
  }
  const { looks, series } = found;
  const last = looks.at(-1);
  return card(
    "Drift",
    "",
    latest(last),
    h(
      "div",
      { class: "grid" },
      h("figure", { class: "half" }, h("figcaption", {}, "Furthest column of each look, in thresholds"), chart(furthestWords(looks), (width) => furthest(looks, width))),
      h("figure", { class: "half" }, h("figcaption", {}, "Accuracy: ", key(looks)), chart(accuracyWords(last), (width) => accuracy(looks, width))),
    ),
    h("h4", {}, "Columns of the newest look, the furthest first"),
    columns(found.columns.slice(0, series.length), series, "Columns that were furthest off"),
    found.columns.length > series.length ? more("columns", `The other ${found.columns.length - series.length} columns`, columns(found.columns.slice(series.length), series, "All other columns")) : null,
    more("looks", `All ${plural(looks.length, "look")}`, history(looks)),
  );
}

function latest(last) {
  const window = `${plural(last.predictions, "answer")} of ${plural(last.clients, "client")}${last.sampled < last.predictions ? `, ${count(last.sampled)} of them compared` : ""}`;
  return [
    h("p", {}, driftLight({ looks: [last] }), ` · cause: ${CAUSES[last.cause] ?? last.cause ?? "not judged"} · ${window} · version ${last.version} · ${moment(last.made)}`),
    last.reasons.length ? h("ul", { class: "reasons" }, last.reasons.map((reason) => h("li", {}, reason))) : null,
    last.calibrated ? null : h("p", { class: "quiet" }, `Uncalibrated: ${last.why_not}`),
  ];
}

function furthestWords(looks) {
  const over = looks.filter(({ excess }) => excess > 1);
  return `Furthest column of each of ${looks.length} looks, in thresholds. ${over.length} are above the threshold. The newest is at ${number(looks.at(-1).excess, 2)}.`;
}

function furthest(looks, width) {
  const [left, right, top, bottom] = [34, width - 8, 10, 150];
  const [first, last] = [epoch(looks[0].made), epoch(looks.at(-1).made)];
  const high = Math.max(1.25, ...looks.map(({ excess }) => excess)) * 1.05;
  const x = scale([first, last], [left, right]);
  const y = scale([0, high], [bottom, top]);
  const acted = looks.filter(({ action }) => action === "retrain");
  return [
    172,
    [
      rows(ticks(0, high, 4), y, left, right, (value) => number(value, value % 1 ? 1 : 0)),
      acted.map(({ made, cause }) => s("line", { x1: x(epoch(made)), x2: x(epoch(made)), y1: top, y2: bottom, class: "moved" }, s("title", {}, `retrain: ${CAUSES[cause] ?? cause}`))),
      s("line", { x1: left, x2: right, y1: y(1), y2: y(1), class: "threshold" }),
      s("text", { x: right, y: y(1) - 5, "text-anchor": "end" }, "threshold"),
      line(looks.map(({ made, excess }) => [x(epoch(made)), y(excess)])),
      looks.map(({ made, excess, fired, cause, action }) => dot(x(epoch(made)), y(excess), excess > 1 ? "fired" : "dot", `${moment(made)}: ${number(excess, 2)} thresholds${fired.length ? `, ${fired.join(", ")}` : ""}${action ? `; ${SAID[action] ?? action}, ${CAUSES[cause] ?? cause}` : ""}`)),
      times(first, last, x, 168, right - left),
    ],
  ];
}

function key(looks) {
  const parts = ["dashed: on the test clips", "band: expected from the scores"];
  return [...parts, looks.some(({ corrected }) => corrected) && "dots: by corrections"].filter(Boolean).join("; ");
}

function accuracyWords({ usual, expected, corrected }) {
  const parts = [["on the test clips", usual], ["expected now", expected?.value], ["by corrections", corrected?.value]];
  return `Accuracy over the looks. Newest: ${parts.filter(([, value]) => known(value)).map(([name, value]) => `${name} ${percent(value)}`).join(", ") || "not known"}.`;
}

function accuracy(looks, width) {
  const [left, right, top, bottom] = [44, width - 8, 10, 150];
  const values = looks.flatMap(({ usual, expected, corrected }) => [usual, expected?.low, expected?.high, corrected?.low, corrected?.high]).filter(known);
  if (!values.length) return [40, s("text", { x: 0, y: 20 }, "No look could say what accuracy is: no corrections, and scores that promise nothing.")];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first, last] = [epoch(looks[0].made), epoch(looks.at(-1).made)];
  const x = scale([first, last], [left, right]);
  const y = scale([Math.max(0, low - 0.03), Math.min(1, high + 0.03)], [bottom, top]);
  const px = ({ made }) => x(epoch(made));
  const py = (value) => (known(value) ? y(value) : null);
  return [
    172,
    [
      rows(ticks(Math.max(0, low - 0.03), Math.min(1, high + 0.03), 4), y, left, right, (value) => percent(value, 0)),
      band(looks.map((look) => [px(look), py(look.expected?.low), py(look.expected?.high)])),
      line(looks.map((look) => [px(look), py(look.expected?.value)])),
      line(looks.map((look) => [px(look), py(look.usual)]), "usual"),
      looks.filter(({ corrected }) => corrected).map((look) => {
        const { value, low: from, high: to, count: spoken } = look.corrected;
        return [s("line", { x1: px(look), x2: px(look), y1: y(from), y2: y(to), class: "path l2" }), dot(px(look), y(value), "s2", `${moment(look.made)}: ${percent(value)} of ${count(spoken)} corrected or confirmed`)];
      }),
      times(first, last, x, 168, right - left),
    ].filter(Boolean),
  ];
}

function columns(found, series, label) {
  const of = new Map(series.map(({ name, excess }) => [name, excess]));
  return table(
    label,
    [
      ["Column", ({ name }) => name],
      ["State", ({ fired, threshold }) => (threshold === null ? light("none", "uncalibrated") : fired ? light("bad", "above") : light("good", "below"))],
      ["Thresholds, over the looks", ({ name }) => (of.has(name) ? spark(of.get(name)) : "–")],
      ["Distance", ({ distance }) => number(distance), "num"],
      ["Threshold", ({ threshold }) => number(threshold), "num"],
      ["Reference", (column) => shown(column.reference, column.kind), "num"],
      ["Window", (column) => shown(column.window, column.kind), "num"],
      ["Missing", ({ missing: [now] }) => percent(now, 0), "num"],
      ["By", ({ method }) => method],
    ],
    found,
  );
}

function shown(value, kind) {
  if (!known(value)) return "–";
  if (typeof value === "string") return value;
  return kind === "share" ? percent(value) : Number(value.toPrecision(3)).toString();
}

function history(looks) {
  return table(
    "All looks",
    [
      ["Looked at", ({ made }) => moment(made), "nowrap"],
      ["Answers", ({ predictions }) => count(predictions), "num"],
      ["Thresholds", ({ excess }) => number(excess, 2), "num"],
      ["Said", ({ action, excess, calibrated }) => driftLight({ looks: [{ action, excess, calibrated }] })],
      ["Cause", ({ cause }) => CAUSES[cause] ?? cause ?? "–"],
      ["Fired", ({ fired }) => fired.join(", ") || "–"],
      ["Why", ({ reasons }) => reasons[0] ?? "–", "wide"],
    ],
    [...looks].reverse(),
  );
}
