/**
 * A fault of the page as the log may hold it: its kind and its places in the code. The words of an error
 * are left out, since they can quote what a person or a model wrote.
 */

/** One frame of a stack, as WebKit ("name@address:1:2") or Chromium ("  at name (address:1:2)") has it. */
const FRAME = /^\s*at .*:\d+:\d+\)?$|^[^\s]*@.*:\d+:\d+$/;
const MOST_FRAMES = 20;

export function faultPlace(thrown: unknown): string {
  if (!(thrown instanceof Error)) {
    // An error of a command that nobody caught. Its sentence may hold what a person typed.
    const code = (thrown as { code?: unknown } | null | undefined)?.code;
    return typeof code === 'string'
      ? `an error of a command: ${code}`
      : `a thrown ${typeof thrown}`;
  }
  const { stack = '', message } = thrown;
  const places = message === '' ? stack : stack.replaceAll(message, '');
  const frames = places.split('\n').filter((line) => FRAME.test(line));
  return [thrown.name, ...frames.slice(0, MOST_FRAMES)].join('\n');
}
