// Drawings at the size of their place: drawn anew when that changes, so that letters keep their size on every screen.

import { h, s, known, day, hour, at } from "./dom.js";

const observer = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) redraw(target, contentRect.width);
});

/** A drawing with words that stand for it where it cannot be seen; draw(width) returns [height, children]. */
export function chart(label, draw) {
  const place = h("div", { class: "chart" });
  place.drawing = { label, draw, width: 0 };
  observer.observe(place);
  return place;
}

function redraw(place, width) {
  const drawn = place.drawing;
  if (!width || Math.abs(drawn.width - width) < 1) return;
  drawn.width = width;
  const [height, children] = drawn.draw(width);
  const attributes = { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": drawn.label };
  place.replaceChildren(s("svg", attributes, children));
}

/** A straight scale from values to pixels. */
export function scale([low, high], [from, to]) {
  const per = high > low ? (to - from) / (high - low) : 0;
  return (value) => from + (value - low) * per;
}

/** Round values that divide a range into about so many parts. */
export function ticks(low, high, about = 4) {
  const raw = (high - low) / about || 1;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((part) => part * size).find((part) => part >= raw * 0.999);
  const found = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step / 1e6; tick += step) found.push(tick);
  return found;
}

/** Lines and words of a vertical axis. */
export function rows(values, y, left, right, write) {
  return values.map((value) => [
    s("line", { x1: left, x2: right, y1: y(value), y2: y(value), class: "rule" }),
    s("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, write(value)),
  ]);
}

/** Times below a drawing: as many as there is room for, days or, of a short span, hours. */
export function times(first, last, x, y, width) {
  const span = last - first;
  const about = Math.max(1, Math.min(6, Math.floor(width / 90)));
  const write = span < 3 * 86400e3 ? (time) => (span < 86400e3 ? hour(time) : `${day(time)} ${hour(time)}`) : day;
  const found = span ? Array.from({ length: about + 1 }, (_, i) => first + (span * i) / about) : [first];
  return found.map((time, i) => {
    const anchor = found.length === 1 ? "middle" : i === 0 ? "start" : i === found.length - 1 ? "end" : "middle";
    return s("text", { x: x(time), y, "text-anchor": anchor }, write(time / 1000));
  });
}

/** A line through points, broken where a value is missing. */
export function line(points, kind = "") {
  let path = "";
  let pen = false;
  for (const [x, y] of points) {
    if (known(y)) path += `${pen ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    pen = known(y);
  }
  return path && s("path", { d: path, class: `path ${kind}` });
}

/** The space between two lines. */
export function band(points) {
  const found = points.filter(([, low, high]) => known(low) && known(high));
  if (found.length < 2) return null;
  const there = found.map(([x, , high]) => `${x.toFixed(1)} ${high.toFixed(1)}`);
  const back = found.reverse().map(([x, low]) => `${x.toFixed(1)} ${low.toFixed(1)}`);
  return s("path", { d: `M${there.join("L")}L${back.join("L")}Z`, class: "band" });
}

export function dot(x, y, kind, title, radius = 3) {
  return s("circle", { cx: x, cy: y, r: radius, class: kind }, title && s("title", {}, title));
}

/** A small line of one series in a table's row, with the threshold at 1. */
export function spark(values, width = 140, height = 26) {
  const high = Math.max(1.15, ...values.filter(known));
  const x = scale([0, Math.max(1, values.length - 1)], [3, width - 3]);
  const y = scale([0, high], [height - 3, 3]);
  const last = values.length - 1;
  const marks = values.map((value, i) => known(value) && (value > 1 || i === last) && dot(x(i), y(value), value > 1 ? "fired" : "dot", null, 2));
  return s("svg", { width, height, "aria-hidden": "true" }, [
    s("line", { x1: 0, x2: width, y1: y(1), y2: y(1), class: "threshold" }),
    line(values.map((value, i) => [x(i), known(value) ? y(value) : null])),
    marks.filter(Boolean),
  ]);
}

export const epoch = (time) => at(time).getTime();
