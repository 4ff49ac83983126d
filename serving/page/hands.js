// Whose left and right hand it is, picture after picture: pipeline/detect/hands.py in JavaScript, number for number.
// The models were trained on rows that were put together so; tests/serving/page compares the two on the same hands.

const WRIST = 0, KNUCKLE = 9;
const SHOULDERS = [11, 12], WRISTS = [15, 16]; // of the pose: left, right

const STRIDE = 2.5; // hands' lengths (wrist to middle knuckle) that a hand may move between two pictures
const SAME = 0.4; // hands' lengths: two found hands whose points lie nearer than this on average are one
const MEMORY = 10; // pictures after which a hand that is not seen is forgotten
const FADING = 0.8; // of what spoke for a side, from one picture to the next
const NEARNESS = 2.0; // the weight of the pose's wrists beside handedness
const REACH = 1.0; // shoulder widths: a hand farther from both wrists has nothing to do with this pose
const VISIBLE = 0.5; // a wrist of the pose counts from this visibility on
const FAR = 1e3;

/** Makes rows of a skeleton of what is found; `skeleton` is a track of /page/setup, `aspect` picture width / height. */
export class Signer {
  constructor(skeleton, aspect) {
    this.skeleton = skeleton;
    this.aspect = aspect;
    this.tracks = [];
    this.followed = null;
  }

  /** Takes the next picture: {hands: [{points, right}], pose: {points, visibility} or null}; returns {values, right}. */
  row(frame) {
    this.#follow(frame);
    return this.skeleton.skeleton === "hand" ? this.#oneHand() : this.#bothHands(frame.pose);
  }

  #oneHand() {
    let seen = this.tracks.filter((track) => track.hand);
    if (this.tracks.includes(this.followed) && !seen.includes(this.followed)) {
      seen = seen.filter((track) => side(track) === side(this.followed));
    }
    if (seen.length && !seen.includes(this.followed)) {
      this.followed = seen.reduce((most, track) => (track.size > most.size ? track : most));
    }
    const hand = seen.includes(this.followed) ? this.followed.hand : null;
    return { values: this.#values({ hand: hand?.points }), right: hand ? hand.right : NaN };
  }

  #bothHands(pose) {
    const ranked = this.tracks.filter((track) => track.hand).sort((a, b) => a.evidence - b.evidence);
    let left = null, right = null;
    if (ranked.length === 1) side(ranked[0]) ? (right = ranked[0].hand) : (left = ranked[0].hand);
    else if (ranked.length) [left, right] = [ranked[0].hand, ranked.at(-1).hand];
    const parts = { left_hand: left?.points, right_hand: right?.points, pose: pose?.points };
    return { values: this.#values(parts), right: NaN };
  }

  #values(parts) {
    const values = new Float32Array(this.skeleton.points * 3).fill(NaN);
    for (const [part, points] of Object.entries(parts)) {
      if (points) this.skeleton.parts[part].forEach((column, n) => values.set(points[n], 3 * column));
    }
    return values;
  }

  #follow(frame) {
    const body = bodyOf(frame.pose, this.aspect);
    const hands = this.#own(this.#distinct(frame.hands), body);
    for (const track of this.tracks) {
      track.hand = null;
      track.unseen += 1;
    }
    const matched = this.#matched(hands);
    hands.forEach((hand, number) => {
      const track = matched.get(number) ?? this.#new(hand);
      track.hand = hand;
      track.unseen = 0;
      track.place = this.#flat(hand.points[WRIST]);
      track.size = this.#length(hand);
      track.evidence = FADING * track.evidence + (2 * hand.right - 1) + NEARNESS * (body ? nearness(body, track.place) : 0);
    });
    this.tracks = this.tracks.filter((track) => track.unseen <= MEMORY);
  }

  #own(hands, body) {
    const near = hands.filter((hand) => body && Math.min(...distances(body, this.#flat(hand.points[WRIST]))) <= REACH);
    return near.length ? near : hands;
  }

  #distinct(hands) {
    const kept = [];
    const surest = [...hands].sort((a, b) => confidence(b) - confidence(a));
    for (const hand of surest) {
      const apart = kept.map((other) => mean(hand.points.map((p, n) => far(this.#flat(p), this.#flat(other.points[n])))));
      if (apart.every((distance) => distance > SAME * this.#length(hand))) kept.push(hand);
    }
    return kept;
  }

  #new(hand) {
    const track = { place: this.#flat(hand.points[WRIST]), size: this.#length(hand), evidence: 0, unseen: 0, hand: null };
    this.tracks.push(track);
    return track;
  }

  /** Pairs hands with tracks so that all move least; a hand that contradicts a track's side counts as farther. */
  #matched(hands) {
    const cost = hands.map((hand) => this.tracks.map((track) => {
      const moved = far(this.#flat(hand.points[WRIST]), track.place) / Math.max(this.#length(hand), track.size);
      const doubt = Math.abs(hand.right - side(track)) / 2;
      return moved <= STRIDE * Math.sqrt(Math.max(track.unseen, 1)) ? moved + doubt : FAR;
    }));
    const pairs = cheapest(cost, hands.length, this.tracks.length);
    return new Map(pairs.filter(([h, t]) => cost[h][t] < FAR).map(([h, t]) => [h, this.tracks[t]]));
  }

  #flat([x, y]) {
    return [x * this.aspect, y];
  }

  #length(hand) {
    return Math.max(far(this.#flat(hand.points[KNUCKLE]), this.#flat(hand.points[WRIST])), 1e-6);
  }
}

/** The pose's wrists in a square picture and its width; null where a wrist is not visible. */
function bodyOf(pose, aspect) {
  if (!pose || Math.min(...WRISTS.map((n) => pose.visibility[n])) < VISIBLE) return null;
  const flat = ([x, y]) => [x * aspect, y];
  const [left, right] = SHOULDERS.map((n) => flat(pose.points[n]));
  const wrists = WRISTS.map((n) => flat(pose.points[n]));
  const reach = Math.max(far(wrists[0], left), far(wrists[1], right));
  return { wrists, width: Math.max(far(left, right), reach / 2, 1e-6) };
}

function distances(body, place) {
  return body.wrists.map((wrist) => far(wrist, place) / body.width);
}

/** How much nearer the right wrist is than the left one, from −1 to 1; 0 out of reach. */
function nearness(body, place) {
  const [left, right] = distances(body, place);
  return Math.min(left, right) <= REACH ? Math.min(1, Math.max(-1, left - right)) : 0;
}

/** As many pairs [h, t] as there may be, of the least sum; of a few hands it is soon tried out. */
function cheapest(cost, numHands, numTracks) {
  if (numHands > numTracks) {
    const turned = Array.from({ length: numTracks }, (_, t) => cost.map((row) => row[t]));
    return cheapest(turned, numTracks, numHands).map(([t, h]) => [h, t]);
  }
  let best = { sum: Infinity, pairs: [] };
  const go = (h, taken, sum, pairs) => {
    if (sum >= best.sum) return;
    if (h === numHands) best = { sum, pairs };
    else for (let t = 0; t < numTracks; t++) if (!taken.has(t)) go(h + 1, new Set([...taken, t]), sum + cost[h][t], [...pairs, [h, t]]);
  };
  go(0, new Set(), 0, []);
  return best.pairs;
}

const side = (track) => Number(track.evidence > 0);
const confidence = (hand) => Math.max(hand.right, 1 - hand.right);
const far = (a, b) => Math.hypot(a[0] - b[0], a[1] - b[1]);
const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
