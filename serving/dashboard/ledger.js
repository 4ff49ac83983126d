// The ledger: a band of who was in Production when, and what happened, newest first.

import { card, empty, h, known, more, named, plural, s, table, verdict, when, moment } from "./dom.js";
import { chart, epoch, scale, times } from "./charts.js";

const SHOWN = 6;

export function ledger({ registry }, made) {
  if (registry.missing) return card("Ledger", "half", empty(registry.missing));
  if (!registry.entries) return card("Ledger", "half", empty("Nothing happened yet. The first judgement opens the ledger."));
  const newest = registry.ledger.slice(0, SHOWN);
  const older = registry.ledger.slice(SHOWN);
  const left = registry.entries - registry.ledger.length;
  return card(
    "Ledger",
    "half",
    registry.moves.length ? h("figure", {}, h("figcaption", {}, "Who was in Production"), chart(words(registry.moves), (width) => timeline(registry.moves, made, width))) : null,
    entries("Newest entries of the ledger", newest),
    older.length ? more("ledger", `${plural(older.length, "older entry", "older entries")}`, entries("Older entries of the ledger", older)) : null,
    left > 0 ? h("p", { class: "quiet small" }, `${plural(left, "entry", "entries")} before that: signloop models history`) : null,
  );
}

function words(moves) {
  const last = moves.slice(-5).map(({ when: time, version, what }) => `${moment(time)} ${what}: ${named(version)}`);
  return `In Production over time. ${last.join("; ")}`;
}

function timeline(moves, made, width) {
  const [first, last] = [epoch(moves[0].when), Math.max(epoch(made), epoch(moves.at(-1).when) + 1000)];
  const x = scale([first, last], [0, width]);
  const seen = [...new Set(moves.map(({ version }) => version))];
  const bars = moves.map(({ when: time, version, what, by }, i) => {
    const [from, to] = [x(epoch(time)), x(moves[i + 1] ? epoch(moves[i + 1].when) : last)];
    const kind = known(version) ? `s${(seen.indexOf(version) % 4) + 1}` : "gap";
    const room = to - from;
    return [
      s("rect", { x: from, y: 2, width: Math.max(1.5, room - 1.5), height: 24, rx: 2, class: kind }, s("title", {}, `${named(version)} from ${moment(time)}: ${what} by ${by}`)),
      room > 26 && known(version) ? s("text", { x: from + 6, y: 18, class: "on" }, room > 80 ? `version ${version}` : `${version}`) : null,
    ];
  });
  return [46, [bars, times(first, last, x, 42, width)]];
}

function entries(label, rows) {
  const columns = [
    ["When", ({ when: time }) => when(time)],
    ["What", (entry) => what(entry), "id"],
    ["By", ({ by }) => by],
    ["Why", ({ why }) => why || "–", "wide"],
  ];
  return table(label, columns, rows, { row: ({ superseded }) => (superseded ? "late" : null) });
}

function what({ what: happened, version, before, after, verdict: said, superseded, settled }) {
  const note = superseded ? " (came too late)" : settled ? "" : " (not settled yet)";
  if (happened === "judged") return [`version ${version} judged: `, verdict(said)];
  if (happened === "deleted") return `version ${version} deleted${note}`;
  return `${happened}: ${named(before)} → ${named(after)}${note}`;
}
