// The paper: strokes of a mouse, a finger or a pen, in shares of its side, so that they stay when its size changes.

import { draw } from "./bitmap.js";

const THICK = 0.018; // of the side
const INK = "#16181b";
const NEAR = 0.002; // what is nearer to the point before says nothing new
const MOST = 4000; // points of a drawing

export class Paper {
  /** `changed` is called whenever there is more or less on it; `drawing`: a stroke is on its way. */
  constructor(canvas, changed) {
    Object.assign(this, { canvas, changed, strokes: [], pointer: null });
    this.context = canvas.getContext("2d");
    canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, (event) => this.#end(event));
    new ResizeObserver(() => this.#fit()).observe(canvas);
    this.enabled = true;
  }

  get empty() {
    return this.strokes.length === 0;
  }

  get drawing() {
    return this.pointer !== null;
  }

  undo() {
    this.strokes.pop();
    this.#show();
  }

  clear() {
    this.strokes = [];
    this.#show();
  }

  #begin(event) {
    if (!this.enabled || this.drawing || event.button !== 0) return; // a second finger draws nothing
    this.canvas.setPointerCapture(event.pointerId);
    this.pointer = event.pointerId;
    this.strokes.push([this.#place(event)]);
    this.#show();
    event.preventDefault();
  }

  #move(event) {
    if (event.pointerId !== this.pointer || this.strokes.length === 0) return;
    const stroke = this.strokes.at(-1);
    const between = event.getCoalescedEvents?.() ?? [];
    for (const one of between.length ? between : [event]) {
      const point = this.#place(one), [x, y] = stroke.at(-1);
      if (Math.hypot(point[0] - x, point[1] - y) > NEAR && this.strokes.flat().length < MOST) stroke.push(point);
    }
    this.#show();
  }

  #end(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = null;
    this.changed(this);
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    const share = (value, low, size) => Math.min(1, Math.max(0, (value - low) / size));
    return [share(event.clientX, box.left, box.width), share(event.clientY, box.top, box.height)];
  }

  #fit() {
    const side = Math.max(1, Math.round(this.canvas.clientWidth * devicePixelRatio));
    if (this.canvas.width === side) return;
    this.canvas.width = this.canvas.height = side;
    this.#draw();
  }

  #show() {
    this.#draw();
    this.changed(this);
  }

  #draw() {
    const { context, canvas } = this;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.scale(canvas.width, canvas.height);
    Object.assign(context, { lineWidth: THICK, lineCap: "round", lineJoin: "round", strokeStyle: INK, fillStyle: INK });
    for (const stroke of this.strokes) draw(context, stroke);
  }
}
