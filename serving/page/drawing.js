// A picture with its skeleton drawn over it, in the colours of pipeline/drawing.py: a white rim first, then the colours.

const PAPER = "#ffffff";

export class Drawing {
  constructor(canvas, colors) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.colors = colors;
    this.skeleton = true;
  }

  set mirror(mirrored) {
    this.canvas.classList.toggle("mirrored", mirrored);
  }

  /** Shows a picture, and on it landmarks [V × 3] of a track; `right` is whether a lone hand is a right one. */
  show(picture, values, track, right) {
    const { canvas, context } = this;
    if (canvas.width !== picture.width || canvas.height !== picture.height) {
      [canvas.width, canvas.height] = [picture.width, picture.height];
    }
    context.drawImage(picture, 0, 0);
    if (!this.skeleton) return;
    const place = (column) => [values[3 * column] * canvas.width, values[3 * column + 1] * canvas.height];
    const seen = (column) => Number.isFinite(values[3 * column]);
    const thickness = Math.max(1.5, Math.min(canvas.width, canvas.height) / 160);
    const color = this.#colorOf(track, right);
    context.lineCap = "round";
    for (const rim of [thickness, 0]) {
      context.lineWidth = thickness + rim;
      for (const [a, b] of track.bones) {
        if (!seen(a) || !seen(b)) continue;
        context.strokeStyle = rim ? PAPER : color(b);
        context.beginPath();
        context.moveTo(...place(a));
        context.lineTo(...place(b));
        context.stroke();
      }
      for (const column of track.columns) {
        if (!seen(column)) continue;
        context.fillStyle = rim ? PAPER : color(column);
        context.beginPath();
        context.arc(...place(column), 1.2 * thickness + rim / 2, 0, 2 * Math.PI);
        context.fill();
      }
    }
  }

  clear() {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  #colorOf(track, right) {
    const of = new Map();
    for (const [part, columns] of Object.entries(track.parts)) {
      const known = part === "hand" && !Number.isNaN(right) ? (right > 0.5 ? "right_hand" : "left_hand") : part;
      columns.forEach((column) => of.set(column, this.colors[known]));
    }
    return (column) => of.get(column);
  }
}
