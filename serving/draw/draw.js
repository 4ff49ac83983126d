// The drawing page: strokes → bitmap → answer, while one draws, and what a person says of it.

import { Access } from "/page/access.js";
import { predicted, spoken } from "./asking.js";
import { bitmap } from "./bitmap.js";
import { Paper } from "./canvas.js";

const WAIT_MS = 80; // between the last change and the question
const TOP = 3;

const at = (id) => document.getElementById(id);
const setup = await prepared();
const rows = Array.from({ length: TOP }, () => rowOf(at("top")));
const paper = new Paper(at("paper"), drawn);
const access = new Access(at("access"), { needed: setup.key, changed: chosen });

let timer = null;
let asking = false; // one question at a time; what has changed meanwhile is asked next
let stale = false;
let answer = null; // the last one of what is on the paper
let logged = false; // whether what is on the paper was asked as a finished drawing

at("track").replaceChildren(...Object.keys(setup.tracks).map((name) => new Option(name)));
at("track").addEventListener("change", chosen);
at("undo").addEventListener("click", () => paper.undo());
at("clear").addEventListener("click", finished);
at("confirm").addEventListener("click", () => say(null));
at("correction").addEventListener("submit", (event) => {
  event.preventDefault();
  say(at("label").value);
});
document.addEventListener("keydown", keyed);
chosen();

async function prepared() {
  try {
    const told = await fetch("/draw/setup");
    if (told.ok) return await told.json();
    notice(`The page cannot begin: ${(await told.json()).detail}`);
  } catch {
    notice("The page cannot begin: the server cannot be reached. Load it again.");
  }
  return { tracks: {}, key: false };
}

/** Something was drawn, or taken back. */
function drawn() {
  at("invitation").hidden = !paper.empty;
  at("undo").disabled = at("clear").disabled = paper.empty;
  logged = false;
  if (!paper.empty) said("");
  clearTimeout(timer);
  if (paper.empty) return show(null);
  timer = setTimeout(ask, WAIT_MS);
  return undefined;
}

/** Asks what is on the paper now; no log knows of it. */
async function ask() {
  if (asking) {
    stale = true;
    return;
  }
  asking = true;
  stale = false;
  const track = at("track").value;
  try {
    const found = await predicted(track, { bitmap: small(), top: TOP, draft: true });
    if (track === at("track").value && !paper.empty) show(found);
    notice("");
  } catch (error) {
    notice(error.message);
  } finally {
    asking = false;
    if (stale && !paper.empty) ask();
  }
}

/** Has what is on the paper asked once more, as a finished drawing; returns its answer. */
async function conclude(store) {
  const found = await predicted(at("track").value, { bitmap: small(), top: TOP, store });
  logged = true;
  return found;
}

/** Begins a new drawing; that before it was one, if it was answered. */
async function finished() {
  const last = answer !== null && !logged ? conclude(false) : null;
  paper.clear();
  try {
    await last;
  } catch (error) {
    notice(error.message);
  }
}

/** Confirms the answer, or says what was drawn. */
async function say(label) {
  if (answer === null) return;
  at("correction").querySelector("fieldset").disabled = true;
  try {
    const found = await conclude(at("store").checked);
    const told = await spoken(at("track").value, found.id, label);
    show(found);
    said(told.kind === "corrected" ? `Thank you: ${found.label} was ${told.label}.` : `Thank you: ${told.label} is right.`);
  } catch (error) {
    said(`Not taken: ${error.message}`);
  } finally {
    at("correction").querySelector("fieldset").disabled = answer === null;
  }
}

function small() {
  const { height, width } = setup.tracks[at("track").value];
  const values = bitmap(paper.strokes, height, width);
  preview(values, height, width);
  return values;
}

function preview(values, height, width) {
  const canvas = at("small");
  Object.assign(canvas, { height, width });
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  values.flat().forEach((ink, n) => picture.data.set([255 - ink, 255 - ink, 255 - ink, 255], 4 * n));
  context.putImageData(picture, 0, 0);
}

function show(found) {
  answer = found;
  at("correction").querySelector("fieldset").disabled = found === null;
  rows.forEach((row, n) => {
    const entry = found?.top[n];
    row.item.hidden = !entry && n > 0;
    row.name.textContent = entry ? entry.label : found ? found.label : "–";
    row.figure.textContent = entry ? `${Math.round(100 * entry.probability)} %` : "";
    row.bar.value = entry ? entry.probability : 0;
  });
  if (found === null) at("small").getContext("2d").clearRect(0, 0, at("small").width, at("small").height);
  else at("status").textContent = `${found.track}, version ${found.version}${found.uncertain ? "; uncertain" : ""}.`;
}

/** Another track was chosen, or a key was taken up. */
function chosen() {
  const track = setup.tracks[at("track").value];
  paper.enabled = Boolean(track) && access.open;
  if (!track) return at("notice").hidden && notice("No track that takes drawings is in Production. Make one with: dvc repro");
  at("model").textContent = `${track.model}, version ${track.version}, ${track.classes.length} classes`;
  at("label").replaceChildren(...track.classes.map((name) => new Option(name)));
  notice(access.open ? "" : "This server asks for a key. Fill in yours at the top.");
  said("");
  show(null);
  if (!paper.empty && access.open) ask();
  return undefined;
}

function keyed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("select, input, textarea")) return;
  const name = { z: "undo", c: "clear", Escape: "clear", y: "confirm" }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (name && !at(name).disabled && !at(name).closest("fieldset:disabled")) {
    event.preventDefault();
    at(name).click();
  }
}

function rowOf(list) {
  const item = list.appendChild(document.createElement("li"));
  const made = (tag, name) => Object.assign(item.appendChild(document.createElement(tag)), { className: name });
  const bar = made("progress", "bar");
  bar.max = 1;
  bar.setAttribute("aria-hidden", "true"); // the figure says it
  return { item, bar, name: made("span", "name"), figure: made("span", "figure") };
}

function said(words) {
  at("thanks").textContent = words;
}

function notice(words) {
  at("notice").textContent = words;
  at("notice").hidden = !words;
}
