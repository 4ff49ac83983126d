// What was answered over time and what people said of it; which answers are worth a person's word.

import { card, count, empty, h, known, legend, light, more, percent, plural, s, table, when, at, day, hour } from "./dom.js";
import { chart, dot, line, rows, scale, ticks, times, epoch } from "./charts.js";

export function traffic({ track, traffic: found }) {
  if (found.missing) return card("Answers and corrections", "most", empty(found.missing));
  if (!found.answers) {
    return card("Answers and corrections", "most", empty(`Nobody has asked in the last 60 days. Serve: \`signloop serve --track ${track}\`, and open its live page, or ask over HTTP.`));
  }
  const versions = [...new Set(found.series.map(({ version }) => version))];
  const shadows = found.roles.shadow ? ` · besides ${plural(found.roles.shadow, "shadow's answer", "shadows' answers")}` : "";
  const words = `${plural(found.answers, "answer")} by the ${found.by}.`;
  return card(
    "Answers and corrections",
    "most",
    h("p", {}, `${plural(found.answers, "answer")} from `, when(found.first), " to ", when(found.last), h("span", { class: "quiet" }, `, by the ${found.by}${shadows}`)),
    legend(versions.slice(-4).map((version) => [kind(version, versions), `version ${version}`])),
    chart(`Answers over time. ${words}`, (width) => answers(found, versions, width)),
    h("h4", {}, "What people said, by the time of the answer"),
    found.spoken.length ? [legend([["fired", "corrected"], ["s2", "confirmed"]]), chart(saidWords(found.spoken), (width) => spoken(found, width))] : empty(`Nobody has corrected or confirmed an answer yet: on the live page, or with \`POST /v1/${track}/feedback\``),
    more("answers", "As a table", byTime(found)),
  );
}

const kind = (version, versions) => `s${(versions.indexOf(version) % 4) + 1}`;

function slots(found, left, right) {
  const step = found.by === "hour" ? 3600e3 : 86400e3;
  const [first, last] = [epoch(found.series[0].at), epoch(found.series.at(-1).at) + step];
  const x = scale([first, last], [left, right]);
  return { first, last, x, wide: Math.min(26, Math.max(1.5, ((right - left) * step) / (last - first) - 2)), step };
}

function answers(found, versions, width) {
  const [left, right, top, bottom] = [46, width - 4, 8, 130];
  const { first, last, x, wide, step } = slots(found, left, right);
  const sums = new Map();
  for (const { at: time, answers: many } of found.series) sums.set(time, (sums.get(time) ?? 0) + many);
  const high = Math.max(...sums.values());
  const y = scale([0, high], [bottom, top]);
  const filled = new Map();
  const bars = found.series.map(({ at: time, version, answers: many, uncertain }) => {
    const from = filled.get(time) ?? 0;
    filled.set(time, from + many);
    const title = `${label(time, found.by)}, version ${version}: ${count(many)} answers, ${count(uncertain)} of them uncertain`;
    return s("rect", { x: x(epoch(time) + step / 2) - wide / 2, y: y(from + many), width: wide, height: Math.max(0.5, y(from) - y(from + many)), class: kind(version, versions) }, s("title", {}, title));
  });
  const whole = ticks(0, high, 3).filter(Number.isInteger);
  return [152, [rows(whole, y, left, right, count), bars, times(first, last, x, 148, right - left)]];
}

function saidWords(said) {
  const sum = (name) => said.reduce((total, one) => total + one[name], 0);
  return `${count(sum("corrected"))} corrected and ${count(sum("confirmed"))} confirmed.`;
}

function spoken(found, width) {
  const [left, right, top, bottom] = [46, width - 4, 8, 70];
  const { first, last, x, wide, step } = slots(found, left, right);
  const high = Math.max(...found.spoken.map(({ corrected, confirmed }) => corrected + confirmed));
  const y = scale([0, high], [bottom, top]);
  const bars = found.spoken.map(({ at: time, corrected, confirmed, right: share }) => {
    const place = { x: x(epoch(time) + step / 2) - wide / 2, width: wide };
    const title = () => s("title", {}, `${label(time, found.by)}: ${count(corrected)} corrected, ${count(confirmed)} confirmed, ${percent(share)} right`);
    return [
      s("rect", { ...place, y: y(corrected), height: bottom - y(corrected), class: "fired" }, title()),
      s("rect", { ...place, y: y(corrected + confirmed), height: y(corrected) - y(corrected + confirmed), class: "s2" }, title()),
    ];
  });
  return [92, [rows(ticks(0, high, 2).filter(Number.isInteger), y, left, right, count), bars, times(first, last, x, 88, right - left)]];
}

const label = (time, by) => (by === "hour" ? `${day(time)} ${hour(time)}` : day(time));

function byTime(found) {
  const said = new Map(found.spoken.map((one) => [one.at, one]));
  const share = (part, { answers: many }) => percent(part / many, 0);
  return table(
    "Answers, as a table",
    [
      [found.by === "hour" ? "Hour" : "Day", ({ at: time }) => label(time, found.by)],
      ["Version", ({ version }) => version, "num"],
      ["Answers", ({ answers: many }) => count(many), "num"],
      ["Uncertain", (one) => share(one.uncertain, one), "num"],
      ["No hand", (one) => share(one.unseen, one), "num"],
      ["Mean confidence", ({ confidence }) => percent(confidence, 0), "num"],
      ["Mean latency", ({ latency_ms: ms }) => `${ms.toFixed(1)} ms`, "num"],
      ["Corrected", ({ at: time }) => count(said.get(time)?.corrected ?? 0), "num"],
      ["Confirmed", ({ at: time }) => count(said.get(time)?.confirmed ?? 0), "num"],
    ],
    [...found.series].reverse(),
  );
}

/** Which labels were answered most. */
export function labels({ traffic: found }) {
  if (found.missing || !found.answers) return null;
  const most = found.labels[0].answers;
  return card(
    "Labels that were answered",
    "third",
    chart(`Labels that were answered: ${found.labels.map(({ label: name, answers: many }) => `${name} ${count(many)}`).join(", ")}`, (width) => {
      const left = Math.min(90, width * 0.3);
      const x = scale([0, most], [left, width - 60]);
      const bars = found.labels.map(({ label: name, answers: many }, i) => [
        s("text", { x: left - 8, y: 20 * i + 15, "text-anchor": "end", class: "ink" }, name.length > 13 ? `${name.slice(0, 12)}…` : name),
        s("rect", { x: left, y: 20 * i + 4, width: Math.max(1, x(many) - left), height: 14, rx: 1.5, class: "s1" }, s("title", {}, `${name}: ${count(many)} answers`)),
        s("text", { x: width, y: 20 * i + 15, "text-anchor": "end", class: "ink" }, percent(many / found.answers)),
      ]);
      return [20 * found.labels.length + 6, bars];
    }),
    h("p", { class: "quiet small" }, `The ${found.labels.length} most frequent, of ${plural(found.answers, "answer")} in 60 days.`),
  );
}

export function review({ track, review: found }) {
  const title = "Worth a person's word";
  if (found.missing) return card(title, "half", empty(found.missing));
  if (!found.answers.length) return card(title, "half", empty("No answer waits for a word: nobody asked, or all were spoken of."));
  const columns = [
    ["Doubt", ({ doubt }) => doubt.toFixed(2), "num"],
    ["Answered", ({ top }) => top.map(([name, share]) => `${name}\u00a0${percent(share, 0)}`).join(", ")],
    ["When", ({ time }) => when(time)],
    ["Input", ({ kept }) => (kept ? light("good", "kept") : light("none", "not kept"))],
    ["Id", ({ id }) => h("code", {}, id), "id"],
  ];
  return card(
    title,
    "half",
    h("p", { class: "quiet small" }, "Where the model was least sure, one of each label in turn. Say what it was: ", h("code", {}, `POST /v1/${track}/feedback`)),
    table("Answers worth a person's word", columns, found.answers),
  );
}
