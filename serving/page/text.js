// What was recognised, written: the likeliest classes on their bars, and the text so far.

const MOST = 3, LEAST = 0.005; // what is less likely is not shown: it would be 0 %
const MOST_TEXT = 400; // characters

export class Writing {
  constructor({ top, text, spoken }) {
    Object.assign(this, { top, text, spoken });
    this.rows = Array.from({ length: MOST }, () => rowOf(top));
    this.clear();
  }

  show(answer) {
    this.rows.forEach((row, n) => {
      const entry = answer.top[n];
      const there = entry !== undefined && entry.probability >= LEAST;
      row.item.hidden = !there && !(n === 0 && !answer.seen);
      row.name.textContent = there ? entry.label : "no hand";
      row.figure.textContent = there ? `${Math.round(100 * entry.probability)} %` : "";
      row.bar.value = there ? entry.probability : 0;
      row.held.value = there && entry.label === answer.held ? answer.progress : 0;
    });
    this.#write(answer);
    if (answer.committed) this.spoken.textContent = answer.committed;
  }

  /** Nothing is shown any more; the text stays. */
  end(text) {
    this.show({ top: [], seen: false, held: null, letters: "", text });
    this.rows[0].name.textContent = "–";
  }

  clear() {
    this.end("");
    this.spoken.textContent = "";
  }

  /** The text is announced when a word ends: letters are by themselves. */
  #write({ text, letters }) {
    const words = text.slice(Math.max(0, text.length - MOST_TEXT), text.length - letters.length);
    if (words === this.words && letters === this.letters) return;
    this.text.setAttribute("aria-live", words === this.words ? "off" : "polite");
    [this.words, this.letters] = [words, letters];
    const spelled = document.createElement("span");
    spelled.className = "letters";
    spelled.textContent = letters;
    this.text.replaceChildren(...(words ? [words] : []), ...(letters ? [spelled] : []));
    this.text.scrollTop = this.text.scrollHeight;
  }
}

function rowOf(list) {
  const item = list.appendChild(document.createElement("li"));
  const made = (tag, name) => Object.assign(item.appendChild(document.createElement(tag)), { className: name });
  const bar = made("progress", "bar"), held = made("progress", "held");
  for (const progress of [bar, held]) {
    progress.max = 1;
    progress.setAttribute("aria-hidden", "true"); // the figure says it
  }
  return { item, bar, held, name: made("span", "name"), figure: made("span", "figure") };
}
