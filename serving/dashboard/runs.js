// The last runs and how long their stages took.

import { card, duration, empty, h, light, moment, percent, table, when } from "./dom.js";

const STAGES = ["code", "extract", "prepare", "pretrain", "train", "export", "evaluate", "promote"];

export function runs({ runs: found }) {
  const title = "Last runs";
  if (found.missing) return card(title, "half", empty(found.missing));
  const nothing = !found.runs.length && !found.trainings.length;
  return card(
    title,
    "half",
    nothing ? empty("Nothing has run here yet: `dvc repro`, or `signloop retrain`.") : null,
    found.runs.length ? stages(found.runs) : null,
    !found.runs.length && !nothing ? empty("No stage has noted its time yet: the next `dvc repro` does.") : null,
    found.trainings.length ? [h("h4", {}, "Trainings, from MLflow"), trainings(found.trainings)] : null,
  );
}

const OUTCOMES = { done: "good", failed: "bad", finished: "good", running: "none", killed: "warn" };
const outcome = (word) => light(OUTCOMES[word] ?? "none", word);

function stages(found) {
  const took = (stage) => (run) => {
    const one = run.stages.find(({ stage: name }) => name === stage);
    return one ? duration(one.seconds) : h("span", { class: "quiet" }, "kept");
  };
  const ran = STAGES.filter((stage) => found.some((run) => run.stages.some(({ stage: name }) => name === stage)));
  const columns = [
    ["Began", ({ began }) => when(began)],
    ["Ended", (run) => outcome(run.outcome)],
    ["In all", ({ seconds }) => duration(seconds), "num"],
    ...ran.map((stage) => [stage, took(stage), "num"]),
  ];
  return [h("p", { class: "quiet small" }, "How long each stage took; what had not changed was kept."), table("Last runs by stage", columns, found)];
}

function trainings(found) {
  const columns = [
    ["Run", ({ name }) => name],
    ["Began", ({ began }) => moment(began), "nowrap"],
    ["State", ({ status }) => outcome(status)],
    ["Took", ({ seconds }) => duration(seconds), "num"],
    ["Accuracy, validation", ({ accuracy }) => percent(accuracy), "num"],
  ];
  return table("Last trainings", columns, found);
}
