/** Asks the worker what answers have in common. */

import { findCommonGround, type CommonGround } from './common-ground';
import type { GroundAnswer, GroundRequest } from './common-ground.worker';
import type { Reading } from './reading';

/** A worker that needs longer has met a text that nobody can read either. */
const LONGEST_WAIT_MS = 10_000;

const waiting = new Map<number, (ground: CommonGround | null) => void>();
let worker: Worker | undefined;
let nextId = 1;

/**
 * What two to eight whole answers share and where they differ, or null where it could not be found. Ids
 * must differ. Where there is no worker, it is found at once.
 */
export function readTogether(readings: readonly Reading[]): Promise<CommonGround | null> {
  // A proxy of state cannot be sent, so what is sent is a plain copy.
  const plain = readings.map(({ id, label, colour, text }) => ({ id, label, colour, text }));
  if (typeof Worker === 'undefined') return Promise.resolve(findCommonGround(plain));
  return new Promise((resolve) => {
    const id = nextId;
    nextId += 1;
    const timer = setTimeout(stopWorker, LONGEST_WAIT_MS);
    waiting.set(id, (ground) => {
      clearTimeout(timer);
      waiting.delete(id);
      resolve(ground);
    });
    try {
      worker ??= startWorker();
      worker.postMessage({ id, readings: plain } satisfies GroundRequest);
    } catch {
      stopWorker();
    }
  });
}

function startWorker(): Worker {
  const started = new Worker(new URL('./common-ground.worker.ts', import.meta.url), {
    type: 'module',
    name: 'common ground',
  });
  started.addEventListener('message', (event: MessageEvent<GroundAnswer>) => {
    waiting.get(event.data.id)?.(event.data.ground);
  });
  started.addEventListener('error', stopWorker);
  return started;
}

/** Ends the worker; who waited for it gets nothing, and the next to ask starts another. */
function stopWorker(): void {
  worker?.terminate();
  worker = undefined;
  for (const settle of [...waiting.values()]) settle(null);
}
