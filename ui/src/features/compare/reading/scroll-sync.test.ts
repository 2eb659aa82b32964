import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import {
  followedTop,
  matchSections,
  revealPassage,
  syncScroll,
  type PaneGeometry,
} from './scroll-sync';

const pane = (
  scrollTop: number,
  contentHeight: number,
  sections: [string, number][] = [],
): PaneGeometry => ({
  scrollTop,
  viewHeight: 400,
  contentHeight,
  sections: sections.map(([title, top]) => ({ title, top })),
});

describe('sections', () => {
  it.each([
    [
      'the same headings',
      ['Setup', 'Usage'],
      ['Setup', 'Usage'],
      [
        [0, 0],
        [1, 1],
      ],
    ],
    [
      'numbers in front',
      ['1. Setup', '2. Usage'],
      ['Setup', 'Usage'],
      [
        [0, 0],
        [1, 1],
      ],
    ],
    [
      'one more',
      ['Setup', 'Usage'],
      ['Why', 'Setup', 'Cost', 'Usage'],
      [
        [0, 1],
        [1, 3],
      ],
    ],
    [
      'another order',
      ['A first', 'B second', 'C third'],
      ['C third', 'A first', 'B second'],
      [
        [0, 1],
        [1, 2],
      ],
    ],
    [
      'as many',
      ['Vorteile', 'Nachteile'],
      ['Pros', 'Cons'],
      [
        [0, 0],
        [1, 1],
      ],
    ],
    ['nothing in common', ['Vorteile'], ['Pros', 'Cons'], []],
  ])('are matched: %s', (_, first, second, pairs) => {
    expect(matchSections(first, second)).toEqual(pairs);
  });
});

describe('following', () => {
  it('shows the section that the leader shows', () => {
    const leader = pane(500, 2_000, [
      ['Setup', 500],
      ['Usage', 1_000],
    ]);
    const follower = pane(0, 3_000, [
      ['Setup', 200],
      ['Usage', 1_800],
    ]);
    expect(followedTop(leader, follower)).toBe(200);
    expect(followedTop({ ...leader, scrollTop: 750 }, follower)).toBe(1_000);
    expect(followedTop({ ...leader, scrollTop: 1_000 }, follower)).toBe(1_800);
  });

  it('goes by proportion without sections, and from end to end always', () => {
    expect(followedTop(pane(400, 1_200), pane(0, 2_000))).toBe(800);
    const sections: [string, number][] = [['Setup', 100]];
    expect(followedTop(pane(800, 1_200, sections), pane(0, 2_000, [['Setup', 900]]))).toBe(1_600);
    expect(followedTop(pane(0, 1_200, sections), pane(300, 2_000, [['Setup', 900]]))).toBe(0);
    expect(followedTop(pane(0, 300), pane(0, 2_000))).toBe(0);
  });

  it('stays within the pane and never goes back while the leader goes on', () => {
    const sections = fc.array(
      fc.tuple(
        fc.constantFrom('Setup', 'Usage', 'Cost', 'Why', ''),
        fc.integer({ min: -50, max: 3_000 }),
      ),
      { maxLength: 6 },
    );
    const height = fc.integer({ min: 100, max: 4_000 });
    fc.assert(
      fc.property(sections, sections, height, height, (first, second, one, other) => {
        let before = 0;
        for (let top = 0; top <= 4_000; top += 250) {
          const follower = pane(0, other, second);
          const at = followedTop(pane(top, one, first), follower);
          expect(at).toBeGreaterThanOrEqual(before);
          expect(at).toBeLessThanOrEqual(Math.max(0, other - 400));
          before = at;
        }
      }),
    );
  });
});

describe('panes on screen', () => {
  let panes: HTMLElement[];
  let frames: FrameRequestCallback[];

  const element = (height: number) => {
    const box = document.createElement('div');
    let top = 0;
    Object.defineProperties(box, {
      clientHeight: { value: 400 },
      scrollHeight: { value: height },
      scrollTop: {
        get: () => top,
        set: (value: number) => {
          top = value;
          box.dispatchEvent(new Event('scroll'));
        },
      },
    });
    box.scrollTo = ((options: ScrollToOptions) => {
      box.scrollTop = options.top ?? 0;
    }) as typeof box.scrollTo;
    document.body.append(box);
    return box;
  };
  const nextFrame = () => frames.splice(0).forEach((frame) => frame(0));

  beforeEach(() => {
    panes = [element(1_200), element(2_000), element(400)];
    frames = [];
    vi.stubGlobal('requestAnimationFrame', (frame: FrameRequestCallback) => frames.push(frame));
    vi.stubGlobal('cancelAnimationFrame', () => frames.splice(0));
  });
  afterEach(() => {
    document.body.replaceChildren();
    vi.unstubAllGlobals();
  });

  it('follow the one that the person moves, and push nobody back', () => {
    const stop = syncScroll(panes);
    const [first, second] = panes;
    if (!first || !second) throw new Error('no panes');
    first.dispatchEvent(new Event('wheel'));
    first.scrollTop = 400;
    nextFrame();
    expect(second.scrollTop).toBe(800);
    expect(frames).toHaveLength(0);
    expect(first.scrollTop).toBe(400);

    second.dispatchEvent(new Event('keydown'));
    second.scrollTop = 1_600;
    nextFrame();
    expect(first.scrollTop).toBe(800);
    expect(frames).toHaveLength(0);

    stop();
    second.scrollTop = 0;
    nextFrame();
    expect(first.scrollTop).toBe(800);
  });

  it('leave alone what nobody moved, such as an answer that grows', () => {
    syncScroll(panes);
    if (panes[1]) panes[1].scrollTop = 100;
    nextFrame();
    expect(panes[0]?.scrollTop).toBe(0);
  });

  it('bring a passage into view and the focus with it', () => {
    const [first] = panes;
    if (!first) throw new Error('no pane');
    for (const offset of [0, 40, 90]) {
      const mark = document.createElement('mark');
      mark.dataset['offset'] = String(offset);
      first.append(mark);
    }
    const scrolled = vi
      .spyOn(Element.prototype, 'scrollIntoView')
      .mockImplementation(() => undefined);
    vi.stubGlobal('matchMedia', () => ({ matches: true }));
    revealPassage(first, 60, 200);
    expect(document.activeElement).toBe(first.children[1]);
    expect(scrolled).toHaveBeenCalledWith({ block: 'center', behavior: 'instant' });
    first.replaceChildren();
    revealPassage(first, 100, 200);
    expect(first.scrollTop).toBe(400);
  });
});
