// What was committed last, to be confirmed or put right: POST /v1/{track}/feedback.

import { headers } from "./access.js";

const MOST = 8;

export class Correction {
  constructor(form) {
    this.form = form;
    [this.fieldset, this.recent, this.nothing, this.label, this.thanks] = ["fieldset", "#recent", "#nothing", "#label", "#thanks"].map(
      (name) => form.querySelector(name),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send(this.label.value);
    });
    form.querySelector("#confirm").addEventListener("click", () => this.#send(null));
  }

  /** Begins with a track's classes, and nothing committed. */
  begin(track, classes) {
    this.track = track;
    this.label.replaceChildren(...classes.map((name) => new Option(name)));
    this.recent.replaceChildren();
    this.fieldset.disabled = true;
    this.nothing.hidden = false;
    this.thanks.textContent = "";
  }

  /** Takes an answer that committed something; it is chosen unless the person has chosen another. */
  add({ id, committed }) {
    const former = this.recent.lastElementChild;
    const follows = !former || former.querySelector("input").checked;
    const choice = document.createElement("label");
    const input = Object.assign(document.createElement("input"), { type: "radio", name: "recent", value: id });
    const shown = Object.assign(document.createElement("span"), { textContent: committed });
    choice.append(input, shown);
    this.recent.append(choice);
    if (follows) input.checked = true;
    while (this.recent.children.length > MOST) this.recent.firstElementChild.remove();
    this.fieldset.disabled = false;
    this.nothing.hidden = true;
  }

  async #send(label) {
    const chosen = this.recent.querySelector("input:checked");
    if (!chosen) {
      this.thanks.textContent = "Choose what it is about.";
      return;
    }
    const about = chosen.nextElementSibling;
    const body = label === null ? { id: chosen.value } : { id: chosen.value, label };
    this.thanks.textContent = await sent(`/v1/${encodeURIComponent(this.track)}/feedback`, body, about.textContent, label);
    if (this.thanks.textContent.startsWith("Thank")) about.parentElement.className = "done";
  }
}

async function sent(address, body, was, label) {
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers() },
      body: JSON.stringify(body),
    });
    if (answer.ok) return label === null ? `Thank you: ${was} is right.` : `Thank you: ${was} was ${label}.`;
    return `Not taken: ${(await answer.json()).detail ?? answer.status}`;
  } catch {
    return "Not taken: the server cannot be reached.";
  }
}
