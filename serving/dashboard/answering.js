// Who answers, since when and why; what it scores; what the gates said, of it and of who waits.

import { ago, card, count, empty, h, known, light, moment, named, number, percent, plural, span, table, verdict, when } from "./dom.js";
import { driftLight } from "./drift.js";

export function answering(track, made) {
  const { registry, traffic, drift, evaluation } = track;
  const found = registry.production;
  const synthetic = (found ?? registry.candidate)?.synthetic || evaluation.synthetic;
  const title = [
    h("h2", { id: "track-name" }, track.track),
    synthetic && h("span", { class: "badge" }, "synthetic data"),
  ].filter(Boolean);
  const head = h("div", { class: "head" }, title);
  const shell = (...children) => h("section", { class: "card", "aria-labelledby": "track-name" }, head, children);
  if (registry.missing) return shell(empty(registry.missing));
  if (!found) return shell(nobody(registry));
  return shell(
    h("p", { class: "lead" }, h("strong", {}, `Version ${found.version} answers`), since(found, made)),
    h("p", { class: "why" }, found.why ? `${found.what} by ${found.by}: ${found.why}` : found.what && `${found.what} by ${found.by}`),
    h("p", { class: "quiet small" }, made_of(found)),
    h("dl", { class: "figures" }, figures(found, traffic, drift)),
  );
}

function nobody({ versions, candidate }) {
  if (!versions) return empty("No version yet. Make one: `dvc repro`. It is judged, and promoted where it passes its gates.");
  const waits = candidate ? ` Version ${candidate.version} waits: ${candidate.status || "never judged"}.` : "";
  return empty(`Nothing is in Production, of ${plural(versions, "registered version")}.${waits} Look at them: \`signloop models list\``);
}

function since(found, made) {
  if (!found.since) return ", moved outside of Signloop; the ledger notes it with the next move";
  return [" since ", when(found.since), h("span", { class: "quiet" }, ` · ${ago(found.since, made)}`)];
}

function made_of({ architecture, precision, commit, dirty, learned_groups }) {
  const learned = known(learned_groups) && `learned from ${plural(learned_groups, "group")}`;
  const made = commit && `commit ${commit}${dirty ? " and changes that were not committed" : ""}`;
  return [architecture, precision, learned, made].filter(Boolean).join(" · ");
}

/** What is measured of answers that are no classes: its name, and which way is better. */
const ERRORS = { mae: "lower is better", rmse: "lower is better", mse: "lower is better", ssim: "higher is better" };

function measured(metrics) {
  return Object.keys(ERRORS).filter((name) => known(metrics[name]));
}

function figures({ metrics }, traffic, drift) {
  const share = (name, title) => [title, unit(metrics[name]), known(metrics[`${name}_low`]) ? `at least ${percent(metrics[`${name}_low`])}` : ""];
  const errors = measured(metrics).map((name) => [`${name.toUpperCase()}, test clips`, number(metrics[name]), ERRORS[name]]);
  const classes = [
    ["Accuracy, test clips", unit(metrics.accuracy), span(metrics.accuracy_low, metrics.accuracy_high)],
    share("worst_class_recall", "Worst class"),
    share("worst_group_accuracy", "Worst group"),
    ["Macro F1", number(metrics.macro_f1), ""],
    ["Calibration error", unit(metrics.ece), "expected, lower is better"],
  ];
  return [
    ...(errors.length && !known(metrics.accuracy) ? errors : classes),
    ["Answers, last 24 h", traffic.missing ? "–" : count(traffic.last_day ?? 0), traffic.missing ? "no log" : `${count(traffic.answers)} in 60 days`],
    ["Drift", driftLight(drift), drift.looks?.length ? `looked at ${moment(drift.looks.at(-1).made)}` : ""],
  ].map(([title, value, beside]) => h("div", {}, h("dt", {}, title), h("dd", {}, h("span", { class: "value" }, value), h("span", { class: "quiet" }, beside))));
}

function unit(share) {
  return known(share) ? [(100 * share).toFixed(1), h("small", {}, " %")] : "–";
}

export function gates({ registry }) {
  if (registry.missing) return card("Gates", "half", empty(registry.missing));
  const { production, candidate } = registry;
  const waiting = candidate && candidate.version !== production?.version ? candidate : null;
  const judged = [waiting && ["The candidate", waiting], production && ["In Production", production]].filter(Boolean);
  if (!judged.length) return card("Gates", "half", empty("Nothing was judged yet. `dvc repro` judges what it makes."));
  return card("Gates", "half", judged.map(([title, version]) => one(title, version)));
}

function one(title, version) {
  const { checks, reasons, held, status, decisions_before: before } = version;
  const rest = reasons.filter((reason) => !checks.some((check) => check.words === reason));
  return [
    h("h4", {}, `${title}: version ${version.version} `, verdict(status), held ? [" ", light("warn", "held: a person decides")] : ""),
    checks.length
      ? h("ul", { class: "gates" }, checks.map((check) => h("li", {}, verdict(check.status), h("span", {}, words(check)))))
      : empty("It was registered by another tool, and never held to these gates."),
    rest.length && h("p", { class: "quiet small" }, rest.join("; ")),
    known(before) && before > 0 && !rest.some((reason) => reason.includes("already decided")) && h("p", { class: "quiet small" }, `This test set had decided ${before} times before.`),
  ].filter(Boolean);
}

/** The gate's own words without the verdict, which the light says. */
function words({ words: said, status }) {
  return said.endsWith(`: ${status}`) ? said.slice(0, -status.length - 2) : said;
}

/** All tracks in a few lines. */
export function overview(tracks, made) {
  const row = (track) => track.registry.production ?? {};
  const columns = [
    ["Track", ({ track }) => h("a", { href: `#${encodeURIComponent(track)}` }, track)],
    ["Answers", ({ registry }) => (registry.missing ? "registry cannot be read" : named(registry.production?.version))],
    ["Since", (track) => (row(track).since ? ago(row(track).since, made) : "–"), "nowrap"],
    ["Accuracy", (track) => headline(row(track).metrics ?? {}), "num"],
    ["95 % interval", (track) => span(row(track).metrics?.accuracy_low, row(track).metrics?.accuracy_high), "num"],
    ["Judged", (track) => (row(track).version ? verdict(row(track).status) : "–")],
    ["Answers, 24 h", ({ traffic }) => (traffic.missing ? "–" : count(traffic.last_day ?? 0)), "num"],
    ["Drift", ({ drift }) => driftLight(drift)],
    ["Waits", ({ registry }) => waits(registry)],
  ];
  return h("section", { class: "card", "aria-labelledby": "of-all" }, h("h3", { id: "of-all" }, "All tracks"), table("All tracks", columns, tracks));
}

function headline(metrics) {
  const [name] = measured(metrics);
  return name && !known(metrics.accuracy) ? `${name.toUpperCase()} ${number(metrics[name])}` : percent(metrics.accuracy);
}

function waits({ production, candidate }) {
  if (!candidate || candidate.version === production?.version) return "–";
  return `version ${candidate.version}, ${candidate.held ? "held" : candidate.status || "never judged"}`;
}
