// Where a version errs on its test clips: which class it takes for which, and which people it does not understand.

import { card, count, empty, h, known, more, percent, plural, s, table } from "./dom.js";
import { chart } from "./charts.js";
import { short } from "./comparison.js";

export function confusion({ evaluation: found }) {
  const title = "Taken for which";
  if (found.missing) return card(title, "half", empty(found.missing));
  const { rows, columns, clips } = found.confusion;
  const sums = clips.map((row) => row.reduce((sum, many) => sum + many, 0));
  const cells = clips.map((row, i) => row.map((many) => (sums[i] ? many / sums[i] : null)));
  const right = (i, k) => rows[i] === columns[k];
  const say = (i, k) => `${rows[i]} taken for ${columns[k]}: ${count(clips[i][k])} of ${plural(sums[i], "clip")}, ${percent(cells[i][k])}`;
  const fill = (i, k) => ({ share: cells[i][k] ?? 0, right: right(i, k) });
  const pairs = found.pairs.map(({ actual, said, share }) => `${actual} for ${said} ${percent(share, 0)}`);
  const words = pairs.length ? `Most often confused: ${pairs.slice(0, 5).join(", ")}.` : "No clip was taken for another class.";
  const some = rows.length < found.classes.length ? `, the ${rows.length} worst of ${found.classes.length} classes` : "";
  return card(
    title,
    "half",
    h("p", { class: "quiet small" }, `Version ${found.version} on ${plural(found.clips, "test clip")}${some}. A row is what was shown, a column what was answered; blue is right, orange is wrong, each by its share of the row.`),
    chart(`Confusion of classes. ${words}`, (width) => heat(rows, columns, fill, say, width)),
    h("p", {}, words),
    more("classes", "Every class, the worst first", shares("Class", found.classes)),
    pairs.length ? more("pairs", "Pairs", table("Confused pairs", [["Shown", ({ actual }) => actual], ["Answered", ({ said }) => said], ["Clips", ({ clips: many }) => count(many), "num"], ["Of the class", ({ share }) => percent(share), "num"]], found.pairs)) : null,
  );
}

export function groups({ evaluation: found }) {
  const title = "Who is understood";
  if (found.missing) return card(title, "half", empty(found.missing));
  const { rows, columns, clips, shares: cells } = found.by_group;
  const say = (i, k) => (known(cells[i][k]) ? `${rows[i]}, ${columns[k]}: ${percent(cells[i][k])} of ${plural(clips[i][k], "clip")} right` : `${rows[i]}, ${columns[k]}: no clip`);
  const fill = (i, k) => ({ share: known(cells[i][k]) ? 1 - cells[i][k] : null, right: false });
  const [worst, best] = [found.groups[0], found.groups.at(-1)];
  const words = `Worst: ${worst.name} with ${percent(worst.share)}; best: ${best.name} with ${percent(best.share)}.`;
  const some = rows.length < found.groups.length ? `, the ${rows.length} worst of ${found.groups.length} groups` : "";
  return card(
    title,
    "half",
    h("p", { class: "quiet small" }, `Version ${found.version}: errors of each group by class${some}. The more orange, the more is wrong.`),
    chart(`Errors by group and class. ${words}`, (width) => heat(rows, columns, fill, say, width)),
    h("p", {}, words),
    more("groups", "Every group, the worst first", shares("Group", found.groups)),
  );
}

function heat(rows, columns, fill, say, width) {
  const letters = Math.max(...rows.map((name) => name.length));
  const left = Math.min(6.4 * letters + 8, 90);
  const tall = Math.max(...columns.map((name) => name.length)) > 2;
  const top = tall ? 66 : 20;
  const side = Math.min(26, (width - left) / columns.length);
  const high = Math.min(Math.max(side, 12), 22); // a name beside each row has to fit
  const place = (share) => `${Math.round(100 * Math.sqrt(share))}%`; // a few of a hundred are to be seen
  const heads = columns.map((name, k) => {
    const [x, y] = [left + side * (k + 0.5), top - 6];
    if (!tall) return s("text", { x, y, "text-anchor": "middle", class: "ink" }, name);
    return side < 9 && k % 2 ? null : s("text", { x, y, transform: `rotate(-60 ${x} ${y})`, class: "ink" }, short(name, 9));
  });
  const names = rows.map((name, i) => (high < 9 && i % 2 ? null : s("text", { x: left - 6, y: top + high * (i + 0.5) + 4, "text-anchor": "end", class: "ink" }, short(name, 13))));
  const cells = rows.flatMap((_, i) =>
    columns.map((_, k) => {
      const { share, right } = fill(i, k);
      const cell = s("rect", { x: left + side * k, y: top + high * i, width: Math.max(1, side - 1), height: Math.max(1, high - 1), class: "cell" }, s("title", {}, say(i, k)));
      if (share) cell.style.fill = `color-mix(in oklab, var(${right ? "--heat-right" : "--heat-wrong"}) ${place(share)}, var(--faint))`;
      if (share === null) cell.style.fill = "none";
      return cell;
    }),
  );
  return [top + high * rows.length + 4, [heads, names, cells]];
}

function shares(head, found) {
  const columns = [
    [head, ({ name }) => name],
    ["Right", ({ share }) => percent(share), "num"],
    ["95 % interval", ({ low, high }) => `${percent(low)} to ${percent(high)}`, "num"],
    ["Clips", ({ clips }) => count(clips), "num"],
  ];
  return table(`${head}, the worst first`, columns, found);
}
