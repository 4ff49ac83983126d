// Asks for the likeliest classes of a clip: node predict.mjs TRACK CLIP.json
import { readFile } from "node:fs/promises";

const [track, clip] = process.argv.slice(2);
const url = process.env.SIGNLOOP_URL ?? "http://127.0.0.1:8080";
const key = process.env.SIGNLOOP_KEY;

const response = await fetch(`${url}/v1/${track}/predict`, {
  method: "POST",
  headers: { "Content-Type": "application/json", ...(key && { Authorization: `Bearer ${key}` }) },
  body: JSON.stringify({ landmarks: JSON.parse(await readFile(clip, "utf-8")), top: 3 }),
});
const answer = await response.json();
if (!response.ok) {
  console.error(`${response.status} ${answer.title}: ${answer.detail}`);
  process.exit(1);
}
console.log(JSON.stringify(answer));
