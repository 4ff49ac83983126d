// The page: pictures → landmarks → stream → text, and what a person switches.

import { Access } from "./access.js";
import { camera, file } from "./camera.js";
import { Correction } from "./correction.js";
import { Drawing } from "./drawing.js";
import { Landmarks } from "./landmarks.js";
import { Stream } from "./stream.js";
import { Writing } from "./text.js";

const SIDES = 15; // the last pictures that say which hand it is: one of them alone may err
const RATES = 15;
const SPELL = { gap_s: 1 }; // a slow computer's pictures are half a second apart, and still one letter

const at = (id) => document.getElementById(id);
const setup = await prepared();
const drawing = new Drawing(at("picture"), setup.colors);
const writing = new Writing({ top: at("top"), text: at("text"), spoken: at("spoken") });
const correction = new Correction(at("correction"));
const access = new Access(at("access"), { needed: setup.key, changed: chosen });

let running = null; // {footage, landmarks, stream, sides, times}

at("draw").hidden = setup.drawn.length === 0;
at("track").replaceChildren(...Object.keys(setup.tracks).map((name) => new Option(name)));
at("track").addEventListener("change", chosen);
at("camera").addEventListener("click", () => run(camera));
at("file").addEventListener("change", ({ target }) => {
  const [picked] = target.files;
  target.value = ""; // the same file may be chosen again
  if (picked) run(() => file(picked));
});
for (const name of ["stop", "reset", "mirror", "skeleton"]) at(name).addEventListener("click", () => press(name));
document.addEventListener("keydown", keyed);
chosen();

async function prepared() {
  try {
    const answer = await fetch("/page/setup");
    if (answer.ok) return await answer.json();
    notice(`The page cannot begin: ${(await answer.json()).detail}`);
  } catch {
    notice("The page cannot begin: the server cannot be reached. Load it again.");
  }
  return { tracks: {}, drawn: [], colors: {}, missing: [], key: false };
}

/** Has one source of pictures answered after another. */
async function run(open) {
  stop();
  const track = at("track").value;
  const mine = (running = { sides: [], times: [], track: setup.tracks[track] });
  notice("");
  busy(true);
  try {
    status("Opening …");
    mine.footage = await open();
    if (running !== mine) return mine.footage.close();
    mirror(mine.footage.live);
    status("Loading MediaPipe …");
    mine.landmarks = await Landmarks.open(setup, track);
    if (running !== mine) return mine.landmarks.close();
    at("invitation").hidden = true;
    mine.stream = streamed(mine, track);
    await frames(mine);
    finish(mine);
  } catch (error) {
    if (running === mine) {
      stop();
      notice(readable(error));
      status("Stopped.");
    }
  }
  return undefined;
}

function streamed(mine, track) {
  const start = { aspect: mine.footage.aspect, fps: mine.footage.fps, top: 3, spell: SPELL, store: at("store").checked };
  writing.clear();
  correction.begin(track, mine.track.classes);
  return new Stream(track, start, {
    heard: (told) => running === mine && heard(told),
    ended: (why) => {
      if (running !== mine) return;
      if (why) {
        stop();
        notice(why);
      }
    },
  });
}

/** Looks at one picture after the other, one at a time, until they end or the person has had enough. */
async function frames(mine) {
  for (let next; running === mine && (next = await mine.footage.next()); ) {
    const { picture, values, right } = await mine.landmarks.look(next.picture, 1000 * next.timeS);
    if (running !== mine) return;
    if (!Number.isNaN(right)) mine.sides = [...mine.sides, right].slice(-SIDES);
    const side = mine.sides.length ? Number(mine.sides.reduce((a, b) => a + b) / mine.sides.length > 0.5) : NaN;
    mine.stream.frame(next.timeS, values, mine.track.skeleton === "hand" ? side : NaN);
    drawing.show(picture, values, mine.track, side);
    picture.close();
    rate(mine);
  }
}

function heard(told) {
  if (told.type === "started") {
    correction.begin(told.track, told.classes);
    status(`${told.track}, version ${told.version}.`);
  } else if (told.type === "answer") {
    writing.show(told);
    if (told.committed && told.id) correction.add(told);
    const lost = told.dropped + running.stream.notSent;
    status(`${at("track").value}, version ${told.version}${lost ? `; ${lost} frames not looked at` : ""}.`);
  } else if (told.type === "summary") {
    writing.end(told.text);
    status("The recording has ended.");
  } else if (told.type === "problem") {
    notice(told.detail);
  } else if (told.type === "reset") {
    writing.clear();
  }
}

/** A file has ended: what was spelled stays. */
function finish(mine) {
  if (running !== mine) return;
  mine.stream.end();
  mine.footage.close();
  mine.landmarks.close();
  at("rate").textContent = "";
  busy(false);
}

function stop() {
  const former = running;
  running = null;
  if (!former) return;
  former.footage?.close();
  former.landmarks?.close();
  former.stream?.end();
  at("rate").textContent = "";
  busy(false);
  status("Stopped.");
}

function press(name) {
  if (name === "stop") stop();
  else if (name === "mirror") mirror(at("mirror").ariaPressed !== "true");
  else if (name === "skeleton") at("skeleton").ariaPressed = String((drawing.skeleton = !drawing.skeleton));
  else if (name === "reset" && running?.stream) {
    running.sides = [];
    running.landmarks.reset();
    running.stream.reset();
  }
}

function keyed(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("select, input, textarea")) return;
  const name = { q: "stop", Escape: "stop", m: "mirror", r: "reset", s: "skeleton" }[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (name && !at(name).disabled) {
    event.preventDefault();
    press(name);
  }
}

function mirror(mirrored) {
  drawing.mirror = mirrored;
  at("mirror").ariaPressed = String(mirrored);
}

/** Another track was chosen: what is running goes on with it. */
function chosen() {
  const track = setup.tracks[at("track").value];
  const live = running?.footage?.live;
  stop();
  if (!track) {
    const drawn = `No track here looks at a camera's picture; ${setup.drawn.join(", ")} can be drawn at /draw.`;
    if (at("notice").hidden) notice(setup.drawn.length ? drawn : "No track has a model in Production. Make one with: dvc repro");
    for (const id of ["camera", "file"]) at(id).disabled = true;
    return;
  }
  at("model").textContent = `${track.model}, version ${track.version}, ${track.classes.length} classes`;
  correction.begin(at("track").value, track.classes);
  const needed = setup.missing.filter(({ name }) => name === "tasks_vision" || track.bundles.includes(name));
  const lacking = `Landmarks cannot be found yet. Run on the server, then load this page again: ${needed.map(({ command }) => command).join("; ")}`;
  const closed = access.open ? "" : "This server asks for a key. Fill in yours at the top.";
  notice(needed.length ? lacking : closed);
  const able = access.open && !needed.length;
  for (const id of ["camera", "file"]) at(id).disabled = !able;
  if (live && able) run(camera);
}

function busy(yes) {
  at("stop").disabled = at("reset").disabled = !yes;
}

function rate({ times }) {
  times.push(performance.now());
  if (times.length > RATES) times.shift();
  const elapsedS = (times.at(-1) - times[0]) / 1000;
  at("rate").textContent = elapsedS > 0 ? `${Math.round((times.length - 1) / elapsedS)} fps` : "";
}

function status(words) {
  if (at("status").textContent !== words) at("status").textContent = words; // said once, and not with every frame
}

function notice(words) {
  at("notice").textContent = words;
  at("notice").hidden = !words;
}

function readable(error) {
  return {
    NotAllowedError: "The browser was not allowed to use the camera. Allow it for this page, or open a file.",
    NotFoundError: "There is no camera. Plug one in, or open a file.",
    NotReadableError: "The camera opens for nobody: another program may have it.",
  }[error.name] ?? error.message;
}
