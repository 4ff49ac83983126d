// Sends a clip's frames as a camera would, and writes what is told of them: node stream.mjs TRACK CLIP.json [FPS]
import { readFile } from "node:fs/promises";

const [track, clip, fps = "30"] = process.argv.slice(2);
const url = (process.env.SIGNLOOP_URL ?? "http://127.0.0.1:8080").replace(/^http/, "ws");
const key = process.env.SIGNLOOP_KEY;
const frames = JSON.parse(await readFile(clip, "utf-8"));

// A browser can send no headers with a WebSocket; a key goes along as the name of a subprotocol.
const socket = new WebSocket(`${url}/v1/${track}/stream`, key ? ["signloop", `key.${key}`] : []);
socket.onopen = async () => {
  socket.send(JSON.stringify({ type: "start", fps: Number(fps) }));
  for (const [number, landmarks] of frames.entries()) {
    socket.send(JSON.stringify({ type: "frame", t: number / Number(fps), landmarks }));
    await new Promise((next) => setTimeout(next, 1000 / Number(fps)));
  }
  socket.send(JSON.stringify({ type: "end" }));
};
socket.onmessage = ({ data }) => console.log(data);
socket.onerror = () => process.exit(1);
