/** Looks for what answers share apart from the window, so that eight long ones never hold up a key. */

import { findCommonGround, type CommonGround } from './common-ground';
import type { Reading } from './reading';

export interface GroundRequest {
  id: number;
  readings: readonly Reading[];
}

export interface GroundAnswer {
  id: number;
  ground: CommonGround | null;
}

addEventListener('message', (event: MessageEvent<GroundRequest>) => {
  const { id, readings } = event.data;
  let ground: CommonGround | null = null;
  try {
    ground = findCommonGround(readings);
  } finally {
    postMessage({ id, ground } satisfies GroundAnswer);
  }
});
