// The worker that finds landmarks, as the page asks it: one picture at a time.

export class Landmarks {
  /** Opens MediaPipe for a track of /page/setup; fails with what the worker says. */
  static async open(setup, track) {
    const landmarks = new Landmarks(new Worker("/page/detecting.js", { type: "module" }));
    try {
      await landmarks.#ask({ type: "open", vision: setup.vision, bundles: setup.bundles, skeleton: setup.tracks[track] });
    } catch (error) {
      landmarks.close();
      throw error;
    }
    return landmarks;
  }

  constructor(worker) {
    this.worker = worker;
    this.waiting = null;
    worker.onmessage = ({ data }) => {
      const { resolve, reject } = this.waiting ?? {};
      this.waiting = null;
      data.type === "failed" ? reject?.(new Error(data.why)) : resolve?.(data);
    };
    worker.onerror = (event) => {
      this.waiting?.reject(new Error(event.message || "MediaPipe's worker did not start"));
      this.waiting = null;
    };
  }

  /** Finds the landmarks of an ImageBitmap: {picture, values, right}; the picture is the same, given back. */
  look(picture, timeMs) {
    return this.#ask({ type: "look", picture, timeMs }, [picture]);
  }

  reset() {
    this.worker.postMessage({ type: "reset" });
  }

  close() {
    this.waiting?.reject(new DOMException("closed", "AbortError"));
    this.waiting = null;
    this.worker.terminate();
  }

  #ask(message, transferred = []) {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.worker.postMessage(message, transferred);
    });
  }
}
