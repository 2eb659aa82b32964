/** Refusals, as the shell sends them. */

import type { ErrorCode, IpcError } from '../gen/types';

export function refuse(code: ErrorCode, message: string, advice: string, field?: string): never {
  const error: IpcError = {
    code,
    message,
    advice,
    field: field ?? null,
    detail: null,
    failure: null,
  };
  // The shell rejects with plain data, never with an Error, and so does this.
  // eslint-disable-next-line @typescript-eslint/only-throw-error
  throw error;
}
