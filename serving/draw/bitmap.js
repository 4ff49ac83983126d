// Strokes to a bitmap as Quick Draw's own are made: fitted by their longer side into 256 units in the middle of a sheet
// with a margin, drawn 16 units thick with round ends, and made small by the share of each cell that ink covers.

const SIDE = 255, THICK = 16, MARGIN = 16; // units of the simplified drawings
const SHEET = SIDE + 1 + 2 * MARGIN + THICK;
const FINE = 8; // as many rows and columns of the fine picture in a cell
const LEAST = 0.02; // of the paper: what is smaller is a dot, and is not blown up

/** Returns grey values, 0 paper to 255 ink, row by row; strokes are lists of [x, y] in shares of the paper. */
export function bitmap(strokes, height, width) {
  const fine = new OffscreenCanvas(width * FINE, height * FINE);
  const context = fine.getContext("2d", { willReadFrequently: true });
  const unit = Math.min(fine.width, fine.height) / SHEET;
  const fitted = fit(strokes);
  context.translate(fine.width / 2, fine.height / 2);
  context.scale(unit, unit);
  Object.assign(context, { lineWidth: THICK, lineCap: "round", lineJoin: "round", strokeStyle: "#000", fillStyle: "#000" });
  for (const stroke of fitted) draw(context, stroke);
  const { data } = context.getImageData(0, 0, fine.width, fine.height);
  return Array.from({ length: height }, (_, row) => Array.from({ length: width }, (_, column) => covered(data, fine.width, row, column)));
}

/** Draws one stroke; a single point is a dot. */
export function draw(context, stroke) {
  context.beginPath();
  if (stroke.length === 1) {
    context.arc(...stroke[0], context.lineWidth / 2, 0, 2 * Math.PI); // a line of no length is none
    context.fill();
    return;
  }
  context.moveTo(...stroke[0]);
  for (const point of stroke.slice(1)) context.lineTo(...point);
  context.stroke();
}

/** Moves strokes so that the middle of what they cover is the origin, and its longer side SIDE units. */
function fit(strokes) {
  const points = strokes.flat();
  const [low, high] = [Math.min, Math.max].map((end) => [0, 1].map((axis) => points.reduce((found, point) => end(found, point[axis]), points[0][axis])));
  const scale = SIDE / Math.max(high[0] - low[0], high[1] - low[1], LEAST);
  return strokes.map((stroke) => stroke.map((point) => [0, 1].map((axis) => (point[axis] - (low[axis] + high[axis]) / 2) * scale)));
}

function covered(data, across, row, column) {
  let sum = 0;
  for (let y = row * FINE; y < (row + 1) * FINE; y++) {
    for (let x = column * FINE; x < (column + 1) * FINE; x++) sum += data[4 * (y * across + x) + 3];
  }
  return Math.round(sum / FINE ** 2);
}
