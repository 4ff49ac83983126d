// A WebSocket to /v1/{track}/stream: binary frames out, answers in. The protocol is docs/streaming.md.

import { protocols } from "./access.js";

const FULL_BYTES = 65536; // that wait to be sent: the line is slower than the camera, and a late frame helps nobody

export class Stream {
  /** Opens one; `heard` is called with every message, `ended` once with what went wrong, or "". */
  constructor(track, start, { heard, ended }) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    this.socket = new WebSocket(`${scheme}://${location.host}/v1/${encodeURIComponent(track)}/stream`, protocols());
    this.socket.binaryType = "arraybuffer";
    this.notSent = 0;
    this.handedness = null;
    let why = "";
    this.socket.onopen = () => this.#say({ type: "start", ...start });
    this.socket.onmessage = ({ data }) => {
      const told = JSON.parse(data);
      if (told.type === "problem") why = told.detail;
      heard(told);
    };
    this.socket.onclose = ({ code, wasClean }) => {
      ended(code === 1000 ? "" : why || (wasClean ? "The server ended the stream." : "The server cannot be reached."));
    };
  }

  get open() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** Sends landmarks [V × 3] of a moment; `right` is 1 for a right hand, 0 for a left one, NaN unknown. */
  frame(timeS, values, right) {
    if (!this.open) return;
    if (this.socket.bufferedAmount > FULL_BYTES) {
      this.notSent += 1;
      return;
    }
    const handedness = Number.isNaN(right) ? null : right;
    if (handedness !== this.handedness) {
      this.handedness = handedness;
      this.#say({ type: "picture", ...this.picture, handedness });
    }
    const message = new DataView(new ArrayBuffer(8 + 4 * values.length));
    message.setFloat64(0, timeS, true);
    values.forEach((value, n) => message.setFloat32(8 + 4 * n, value, true));
    this.socket.send(message.buffer);
  }

  reset() {
    if (this.open) this.#say({ type: "reset" });
  }

  end() {
    this.open ? this.#say({ type: "end" }) : this.socket.close();
  }

  #say(message) {
    if (message.type === "start") this.picture = { aspect: message.aspect, fps: message.fps };
    this.socket.send(JSON.stringify(message));
  }
}
