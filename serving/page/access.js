// The API key of who uses the page, where the server asks for one. It is kept for this tab alone, and never in an address.

const KEPT = "signloop.key";
let key = "";

/** What a request carries. */
export const headers = () => (key ? { "x-api-key": key } : {});

/** What a WebSocket carries, which can send no headers of its own. */
export const protocols = () => (key ? ["signloop", `key.${key}`] : []);

export class Access {
  /** `changed` is called when a key was taken up or given back. */
  constructor(form, { needed, changed }) {
    this.needed = needed;
    form.hidden = !needed;
    if (!needed) return;
    const [field, told] = ["input", "output"].map((name) => form.querySelector(name));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      told.value = await taken(field.value.trim());
      if (key) field.value = "";
      changed();
    });
    key = sessionStorage.getItem(KEPT) ?? "";
    told.value = key ? "A key is kept in this tab." : "";
  }

  get open() {
    return !this.needed || key !== "";
  }
}

/** Takes up a key that the server knows, or gives back the former one; returns what to say of it. */
async function taken(given) {
  key = "";
  sessionStorage.removeItem(KEPT);
  if (!given) return "No key is kept now.";
  try {
    const answer = await fetch("/v2", { headers: { "x-api-key": given } });
    if (!answer.ok) return `Not taken: ${(await answer.json()).detail ?? answer.status}`;
  } catch {
    return "Not taken: the server cannot be reached.";
  }
  key = given;
  sessionStorage.setItem(KEPT, key);
  return "Taken. It is kept in this tab until you close it; an empty one is kept no longer.";
}
