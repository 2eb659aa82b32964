/**
 * One place per window where streamed changes reach the screen: everything that arrived since the last
 * frame is applied in one go, however many runs are streaming.
 */

export type Frame = (work: () => void) => void;

/** A hidden window gets no frames, and its runs must still come to their end. */
const LONGEST_WAIT_MS = 250;

export const nextFrame: Frame = (work) => {
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    clearTimeout(timer);
    cancelAnimationFrame(frame);
    work();
  };
  const timer = setTimeout(once, LONGEST_WAIT_MS);
  const frame = requestAnimationFrame(once);
};
