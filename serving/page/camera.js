// Where pictures come from: a camera, a video file or a photograph. Each gives `next()`: {picture, timeS}, or null at the end.

const WIDTH = 640; // pixels that are looked at and drawn; MediaPipe makes them smaller still
const PHOTOGRAPH_FPS = 15; // a photograph is held before the camera

export async function camera() {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error("This browser gives cameras to pages of this machine (http://localhost) or over https alone.");
  }
  const media = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: WIDTH } }, audio: false });
  const video = await playing((element) => { element.srcObject = media; });
  const end = () => media.getTracks().forEach((track) => track.stop());
  return new Footage(video, { live: true, end, fps: media.getVideoTracks()[0]?.getSettings().frameRate });
}

export async function file(chosen) {
  const address = URL.createObjectURL(chosen);
  const end = () => URL.revokeObjectURL(address);
  try {
    if (chosen.type.startsWith("image/")) return new Photograph(await createImageBitmap(chosen), end);
    return new Footage(await playing((element) => { element.src = address; }), { live: false, end });
  } catch {
    end();
    throw new Error(`${chosen.name} is neither a video nor a picture that this browser opens.`);
  }
}

async function playing(give) {
  const video = document.createElement("video");
  Object.assign(video, { muted: true, playsInline: true });
  give(video);
  await video.play();
  return video;
}

class Footage {
  constructor(video, { live, end, fps = null }) {
    Object.assign(this, { video, live, end, fps });
    this.aspect = video.videoWidth / video.videoHeight;
    this.begunMs = performance.now();
  }

  async next() {
    if (!(await this.#changed())) return null;
    const timeS = this.live ? (performance.now() - this.begunMs) / 1000 : this.video.currentTime;
    return { picture: await smaller(this.video, this.video.videoWidth), timeS };
  }

  /** Waits for a picture that was not there before; false when none comes any more. */
  #changed() {
    const { video } = this;
    return new Promise((resolve) => {
      if (video.ended || !video.videoWidth) return resolve(false);
      const over = () => resolve(false);
      video.addEventListener("ended", over, { once: true });
      const seen = () => {
        video.removeEventListener("ended", over);
        resolve(true);
      };
      video.requestVideoFrameCallback ? video.requestVideoFrameCallback(seen) : requestAnimationFrame(seen);
    });
  }

  close() {
    this.video.pause();
    this.end();
  }
}

class Photograph {
  constructor(bitmap, end) {
    Object.assign(this, { bitmap, end, live: false, fps: PHOTOGRAPH_FPS, count: 0 });
    this.aspect = bitmap.width / bitmap.height;
  }

  async next() {
    await new Promise((resolve) => setTimeout(resolve, 1000 / PHOTOGRAPH_FPS));
    return { picture: await smaller(this.bitmap, this.bitmap.width), timeS: this.count++ / PHOTOGRAPH_FPS };
  }

  close() {
    this.bitmap.close();
    this.end();
  }
}

function smaller(source, width) {
  return width > WIDTH ? createImageBitmap(source, { resizeWidth: WIDTH, resizeQuality: "medium" }) : createImageBitmap(source);
}
