/**
 * Scrolls answers side by side together, by their sections: whoever reads "Drawbacks" in one sees
 * "Drawbacks" in the others. Only the pane that the person moves leads, so that panes never push each other.
 */

import { blockWindowIn, type SectionPlace } from '../../../lib/markdown/window';
import { textLikeness } from './likeness';
import { normalForm } from './terms';

/** What is known of a pane at one moment, in pixels. */
export interface PaneGeometry {
  scrollTop: number;
  /** Height of what is visible, and of all there is. */
  viewHeight: number;
  contentHeight: number;
  sections: readonly SectionPlace[];
}

/** Headings less alike than this are not the same section. */
const SAME_HEADING = 0.5;
/** Sections on a side that are still matched by their headings. */
const MOST_SECTIONS = 80;

type Anchor = readonly [leader: number, follower: number];

/** Where a follower has to scroll to, so that it shows what the leader shows. */
export function followedTop(leader: PaneGeometry, follower: PaneGeometry): number {
  const most = Math.max(0, follower.contentHeight - follower.viewHeight);
  const leaderMost = Math.max(0, leader.contentHeight - leader.viewHeight);
  if (most === 0 || leaderMost === 0) return 0;
  const top = Math.min(Math.max(0, leader.scrollTop), leaderMost);
  const anchors = anchorsOf(leader, follower, leaderMost, most);
  const index = anchors.findLastIndex(([at]) => at <= top);
  const [from, fromFollower] = anchors[Math.max(0, index)] ?? [0, 0];
  const [to, toFollower] = anchors[Math.max(0, index) + 1] ?? [leaderMost, most];
  const share = to > from ? (top - from) / (to - from) : 0;
  return Math.min(most, Math.max(0, fromFollower + share * (toFollower - fromFollower)));
}

/** Rising points that belong together, from both tops to both ends. */
function anchorsOf(
  leader: PaneGeometry,
  follower: PaneGeometry,
  leaderMost: number,
  most: number,
): Anchor[] {
  const anchors: Anchor[] = [[0, 0]];
  for (const [first, second] of matchSections(titles(leader), titles(follower))) {
    const at = leader.sections[first]?.top ?? 0;
    const followerAt = follower.sections[second]?.top ?? 0;
    const [lastAt, lastFollowerAt] = anchors.at(-1) ?? [0, 0];
    // What lies too far down to reach the top of its pane is the business of the two ends.
    if (at <= lastAt || followerAt < lastFollowerAt || at >= leaderMost || followerAt > most)
      continue;
    anchors.push([at, followerAt]);
  }
  anchors.push([leaderMost, most]);
  return anchors;
}

function titles({ sections }: PaneGeometry): string[] {
  return sections.map(({ title }) => title);
}

/**
 * Pairs of section indices, rising on both sides: by alike headings, and where there are none but as many
 * sections, by their order. Without a pair the panes scroll by proportion.
 */
export function matchSections(
  first: readonly string[],
  second: readonly string[],
): [number, number][] {
  const byHeading = matchHeadings(
    first.slice(0, MOST_SECTIONS).map(bareHeading),
    second.slice(0, MOST_SECTIONS).map(bareHeading),
  );
  if (byHeading.length > 0) return byHeading;
  if (first.length !== second.length) return [];
  return first.map((_, index) => [index, index]);
}

/** Without the number that some put in front. */
function bareHeading(title: string): string {
  return normalForm(title)
    .replace(/^[\s\d.)(:–—-]+/, '')
    .trim();
}

function matchHeadings(first: readonly string[], second: readonly string[]): [number, number][] {
  const score = first.map((one) => second.map((other) => headingLikeness(one, other)));
  const best = Array.from({ length: first.length + 1 }, () => new Float64Array(second.length + 1));
  const at = (row: number, column: number) => best[row]?.[column] ?? 0;
  const paired = (row: number, column: number) => {
    const each = score[row]?.[column] ?? 0;
    return each > 0 ? each + at(row + 1, column + 1) : 0;
  };
  for (let row = first.length - 1; row >= 0; row -= 1) {
    for (let column = second.length - 1; column >= 0; column -= 1) {
      const line = best[row];
      const skipped = Math.max(at(row + 1, column), at(row, column + 1));
      if (line) line[column] = Math.max(skipped, paired(row, column));
    }
  }
  const pairs: [number, number][] = [];
  let row = 0;
  let column = 0;
  while (row < first.length && column < second.length) {
    const value = at(row, column);
    if (paired(row, column) > 0 && value === paired(row, column)) {
      pairs.push([row, column]);
      row += 1;
      column += 1;
    } else if (value === at(row + 1, column)) row += 1;
    else column += 1;
  }
  return pairs;
}

function headingLikeness(one: string, other: string): number {
  if (one === '' || other === '') return 0;
  const likeness = one === other ? 1 : textLikeness(one, other);
  return likeness < SAME_HEADING ? 0 : likeness;
}

const LEADS = ['wheel', 'pointerdown', 'touchstart', 'keydown', 'focusin'] as const;

/**
 * Joins panes until the function that comes back is called. A pane is a scroll container with Markdown in
 * it, whose sections carry `data-section`. What follows is set at once, without motion of its own, so there is
 * nothing to reduce for those who want none.
 */
export function syncScroll(panes: readonly HTMLElement[]): () => void {
  let leader: HTMLElement | null = null;
  let frame: number | null = null;

  const follow = () => {
    frame = null;
    if (!leader) return;
    const lead = geometryOf(leader);
    // All is read before anything is set, so that the page is laid out once.
    const tops = panes.map((pane) =>
      pane === leader ? null : followedTop(lead, geometryOf(pane)),
    );
    for (const [index, pane] of panes.entries()) {
      const top = tops[index];
      if (top !== null && top !== undefined && Math.abs(pane.scrollTop - top) >= 1) {
        pane.scrollTo({ top, behavior: 'instant' });
      }
    }
  };
  const lead = (event: Event) => {
    leader = event.currentTarget as HTMLElement;
  };
  const scrolled = (event: Event) => {
    // A pane that was set by this function scrolls as well; only the person's own counts.
    if (event.currentTarget === leader) frame ??= requestAnimationFrame(follow);
  };

  for (const pane of panes) {
    for (const name of LEADS) pane.addEventListener(name, lead, { passive: true });
    pane.addEventListener('scroll', scrolled, { passive: true });
  }
  return () => {
    if (frame !== null) cancelAnimationFrame(frame);
    for (const pane of panes) {
      for (const name of LEADS) pane.removeEventListener(name, lead);
      pane.removeEventListener('scroll', scrolled);
    }
  };
}

function geometryOf(pane: HTMLElement): PaneGeometry {
  return {
    scrollTop: pane.scrollTop,
    viewHeight: pane.clientHeight,
    contentHeight: pane.scrollHeight,
    // Not all of an answer may be drawn.
    sections: blockWindowIn(pane)?.sections() ?? drawnSections(pane),
  };
}

function drawnSections(pane: HTMLElement): SectionPlace[] {
  const top = pane.getBoundingClientRect().top - pane.scrollTop;
  return Array.from(pane.querySelectorAll<HTMLElement>('[data-section]'), (element) => ({
    title: titleOf(element),
    top: element.getBoundingClientRect().top - top,
  }));
}

/** What a heading says, without the words that marks have for the ear. */
function titleOf(element: HTMLElement): string {
  let title = element.textContent;
  for (const words of element.querySelectorAll('[data-mark-words]')) {
    title = title.replace(words.textContent, '');
  }
  return title;
}

/**
 * Brings a passage of an answer into view: the mark that begins there or is the last before it, else its
 * share of the text. Takes the focus there, so that the keyboard and a screen reader go on from it.
 */
export function revealPassage(pane: HTMLElement, offset: number, textLength: number): void {
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
  // What was not drawn yet is far away, and a slow way there would pass what is not drawn either.
  const isFar = blockWindowIn(pane)?.bringIn(offset) ?? false;
  const behavior = isStill || isFar ? 'instant' : 'smooth';
  const marks = Array.from(pane.querySelectorAll<HTMLElement>('[data-offset]'));
  const mark = marks.findLast((each) => Number(each.dataset['offset']) <= offset);
  if (!mark) {
    const most = Math.max(0, pane.scrollHeight - pane.clientHeight);
    pane.scrollTo({ top: textLength > 0 ? (most * offset) / textLength : 0, behavior });
    return;
  }
  mark.tabIndex = -1;
  // The focus makes its pane the leader, and the others follow.
  mark.focus({ preventScroll: true });
  mark.scrollIntoView({ block: 'center', behavior });
}
