// Requests: what a drawing is taken for, and the word that confirms or corrects it.

import { headers } from "/page/access.js";

/** Returns an answer of POST /v1/TRACK/predict. Throws what there is to say of a refusal. */
export function predicted(track, question) {
  return posted(`/v1/${encodeURIComponent(track)}/predict`, question);
}

/** Says of an answer that it was right (`label` null), or what it truly was. */
export function spoken(track, id, label) {
  return posted(`/v1/${encodeURIComponent(track)}/feedback`, label === null ? { id } : { id, label });
}

async function posted(address, body) {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers() },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The server cannot be reached.");
  }
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.detail ?? `The server answered ${answer.status}.`);
  return told;
}
