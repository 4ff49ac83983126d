// The page: its value, from the file itself or from the server again and again, drawn one track at a time.

import { answering, gates, overview } from "./answering.js";
import { comparison } from "./comparison.js";
import { h, hour, moment } from "./dom.js";
import { drift } from "./drift.js";
import { confusion, groups } from "./heat.js";
import { ledger } from "./ledger.js";
import { runs } from "./runs.js";
import { labels, review, traffic } from "./traffic.js";

const AGAIN_S = 15;
const ADDRESS = "/v1/dashboard";
const place = (id) => document.getElementById(id);

let value = JSON.parse(place("value").textContent || "null");
let drawn = "";
const filed = value !== null;

addEventListener("hashchange", () => draw(true));
place("key").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  sessionStorage.setItem("key", place("secret").value);
  place("secret").value = "";
  look();
});
if (filed) {
  draw();
  status(`A file of ${moment(value.made)}`);
} else {
  await look();
  setInterval(() => document.hidden || look(), 1000 * AGAIN_S);
}

async function look() {
  const key = sessionStorage.getItem("key");
  let answer;
  try {
    answer = await fetch(ADDRESS, { headers: key ? { Authorization: `Bearer ${key}` } : {}, cache: "no-store" });
  } catch {
    return status("The server cannot be reached; these are the last figures.");
  }
  const told = await answer.json();
  place("key").hidden = answer.status !== 401 && answer.status !== 403;
  if (!answer.ok) return answer.status === 401 || answer.status === 403 ? refused(told.detail) : status(told.detail);
  value = told;
  draw();
  return status(`Live, as of ${hour(value.made)}`);
}

function refused(detail) {
  sessionStorage.removeItem("key");
  place("page").replaceChildren();
  place("tracks").replaceChildren();
  place("refused").textContent = `This server shows its dashboard to whoever has a key that may operate: ${detail}`;
  status("Waiting for a key");
}

function status(text) {
  place("status").textContent = text;
}

/** The track that the address names, else the first one. */
function chosen() {
  let name = "";
  try {
    name = decodeURIComponent(location.hash.slice(1));
  } catch {
    // an address that somebody broke names no track
  }
  return value.tracks.find(({ track }) => track === name) ?? value.tracks[0];
}

/** Draws what is there; what has not changed stays as it is, with all that was opened in it. */
function draw(moved = false) {
  const track = chosen();
  const now = JSON.stringify([track?.track, value.tracks]);
  if (now === drawn) return;
  const opened = new Set([...document.querySelectorAll("details[open]")].map(({ dataset }) => dataset.key));
  drawn = now;
  navigation(track);
  place("page").replaceChildren(...sections(track));
  for (const details of document.querySelectorAll("details")) details.open = opened.has(details.dataset.key);
  if (moved) place("main").focus({ preventScroll: false });
}

function navigation(now) {
  const links = value.tracks.map(({ track }) =>
    h("a", { href: `#${encodeURIComponent(track)}`, "aria-current": track === now?.track ? "page" : null }, track),
  );
  place("tracks").replaceChildren(...links);
}

function sections(track) {
  if (!track) return [h("p", { class: "card" }, "There is no track: params.yaml names none.")];
  const { tracks, made } = value;
  const all = tracks.length > 1 ? overview(tracks, made) : null;
  const parts = [answering(track, made), gates(track), ledger(track, made), comparison(track), drift(track)];
  const answers = [traffic(track), labels(track), confusion(track), groups(track), review(track), runs(track)];
  return [h("div", { class: "grid" }, [all, ...parts, ...answers].filter(Boolean))];
}
