// A worker that looks at pictures with MediaPipe: the page stays quick, and MediaPipe has no network.
//
// in   {type: "open", vision, bundles, skeleton}    bundles by name → address; skeleton is a track of /page/setup
//      {type: "look", picture, timeMs}              an ImageBitmap, which comes back with the answer
//      {type: "reset"}
// out  {type: "opened"} {type: "row", picture, values, right} {type: "failed", why}

import { Signer } from "./hands.js";

const complain = console.error.bind(console);
console.error = (...words) => (/^INFO:/.test(words[0]) ? console.debug : complain)(...words); // TFLite tells news as errors

let detectors = null, skeleton = null, signer = null, lastMs = -1;

const handlers = { open, look, reset: () => { signer = null; } };

self.onmessage = async ({ data }) => {
  try {
    await handlers[data.type](data);
  } catch (error) {
    self.postMessage({ type: "failed", why: String(error?.message ?? error) });
  }
};

async function open({ vision, bundles, skeleton: wanted }) {
  const { FilesetResolver, HandLandmarker, PoseLandmarker } = await import(`${vision}/vision_bundle.mjs`);
  const files = await FilesetResolver.forVisionTasks(`${vision}/wasm`, true);
  await import(files.wasmLoaderPath);
  const factory = self.ModuleFactory; // each landmarker takes it away, and an import sets it once
  const found = wanted.detection;
  const common = async (name) => {
    self.ModuleFactory = factory;
    const baseOptions = { modelAssetBuffer: await bytes(bundles[name]), delegate: "CPU" };
    return { baseOptions, runningMode: "VIDEO", minTrackingConfidence: found.tracking };
  };
  const hand = await HandLandmarker.createFromOptions(files, {
    ...await common("hand_landmarker"),
    numHands: found.num_hands,
    minHandDetectionConfidence: found.hand_confidence,
    minHandPresenceConfidence: found.presence,
  });
  const pose = wanted.bundles.includes("pose_landmarker") ? await PoseLandmarker.createFromOptions(files, {
    ...await common("pose_landmarker"),
    minPoseDetectionConfidence: found.pose_confidence,
    minPosePresenceConfidence: found.presence,
  }) : null;
  self.fetch = async () => { throw new TypeError("this worker has no network"); }; // MediaPipe reports its use otherwise
  [detectors, skeleton] = [{ hand, pose }, wanted];
  self.postMessage({ type: "opened" });
}

async function bytes(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error((await answer.json()).detail ?? `${address}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

function look({ picture, timeMs }) {
  lastMs = Math.max(Math.round(timeMs), lastMs + 1); // MediaPipe takes times that increase alone
  signer ??= new Signer(skeleton, picture.width / picture.height);
  const pose = detectors.pose && poseOf(detectors.pose.detectForVideo(picture, lastMs));
  const { values, right } = signer.row({ hands: handsOf(detectors.hand.detectForVideo(picture, lastMs)), pose });
  self.postMessage({ type: "row", picture, values, right }, [picture, values.buffer]);
}

function handsOf(result) {
  return result.landmarks.map((landmarks, n) => {
    const [side] = result.handedness[n];
    return { points: pointsOf(landmarks), right: side.categoryName === "Right" ? side.score : 1 - side.score };
  });
}

function poseOf(result) {
  const [landmarks] = result.landmarks;
  if (!landmarks) return null;
  return { points: pointsOf(landmarks), visibility: landmarks.map((point) => point.visibility) };
}

const pointsOf = (landmarks) => landmarks.map((point) => [point.x, point.y, point.z]);
