import { describe, expect, it } from 'vitest';

import { everydayRoute, usualRoute } from '../../lib/ipc/fake/routes';
import { testWall } from '../../lib/ipc/fake/wall';
import { copyName, moved } from '../../lib/state/order';
import { draftOf, problemsFrom, problemsOf, remedyFor, routeOfDraft } from './draft';
import { shortAttempts, scoreWords, verdictWord } from './wall';
import { entryWords, formatCountdown, goodShare, healthState, routeSummary } from './words';

const entry = { kind: 'model', key: 'maker/model' } as const;

describe('a draft of a route', () => {
  it('is the route again where nothing was changed', () => {
    const route = everydayRoute();
    expect(routeOfDraft(draftOf(route))).toEqual(route);
    const fussy = {
      ...route,
      limits: { ...route.limits, connectMillis: 1_500, totalMillis: 86_400_000 },
      requirements: { ...route.requirements, regions: ['eu', 'us'], excluded: ['groq'] },
    };
    expect(routeOfDraft(draftOf(fussy))).toEqual(fussy);
  });

  it('reads seconds and amounts as people write them', () => {
    const draft = draftOf(usualRoute('  my   route ', [entry]));
    draft.limits.firstTokenMillis = '2,5';
    draft.requirements.answerCeiling = ' $0,02 ';
    draft.requirements.outputCeiling = '  ';
    draft.regions = 'eu,  us';
    const route = routeOfDraft(draft);
    expect(route.name).toBe('my route');
    expect(route.limits.firstTokenMillis).toBe(2_500);
    expect(route.requirements).toMatchObject({
      answerCeiling: '0.02',
      outputCeiling: null,
      regions: ['eu', 'us'],
    });
    expect(problemsOf(draft, [])).toEqual({});
  });

  it('says at each field what is wrong with it', () => {
    const draft = draftOf(usualRoute('Everyday'));
    draft.limits.connectMillis = '0.1';
    draft.limits.silenceMillis = 'soon';
    draft.limits.attempts = '1.5';
    draft.requirements.answerCeiling = '0';
    draft.requirements.outputCeiling = 'cheap';
    const problems = problemsOf(draft, ['everyday']);
    expect(problems).toEqual({
      name: 'There is a route with this name already.',
      entries: 'Add at least one model or way in.',
      connectMillis: 'Between 0.5 and 600 seconds.',
      silenceMillis: 'Between 0.5 and 3,600 seconds.',
      attempts: 'A whole number from 1 to 50.',
      answerCeiling: 'It must be above 0. Leave it empty for no ceiling.',
      outputCeiling: 'That is no amount of dollars. Write it like 0.02.',
    });
  });

  it.each([
    ['answer_ceiling', 'A price ceiling must be above 0.', 'answerCeiling'],
    ['limits', 'The silence between tokens must be between 500 and 3600000.', 'silenceMillis'],
    ['limits', 'Tries of one way in must be between 1 and 10.', 'attemptsPerEndpoint'],
    ['limits', 'Tries in all must be between 1 and 50.', 'attempts'],
    ['name', 'There is a route with this name already.', 'name'],
  ])('finds the field that the shell calls %s: %s', (field, message, wanted) => {
    const error = { code: 'invalid_input', message, advice: '', field } as const;
    const found = problemsFrom({ ...error, detail: null, failure: null });
    expect(Object.keys(found)).toEqual([wanted]);
  });
});

describe('the sixteen verdicts', () => {
  const score = (route: Parameters<typeof testWall>[0]) => scoreWords(testWall(route));
  const two = usualRoute('two', [entry, { kind: 'model', key: 'maker/other' }]);

  it('are added up in words', () => {
    expect(score(two)).toBe('16 pass');
    expect(verdictWord({ verdict: 'something new' })).toBe('fail');
    expect(shortAttempts(testWall(two)[0]?.attempts ?? [])).not.toContain(null);
    const many = Array.from({ length: 20 }, (_, index) => ({
      who: 'first',
      atMillis: index,
      tookMillis: 1,
      words: '503, overloaded',
      isAnswer: false,
    }));
    expect(shortAttempts(many)).toHaveLength(8);
  });

  it('give advice that a press follows', () => {
    const broken = {
      ...two,
      halfAnswer: 'keep' as const,
      limits: {
        ...two.limits,
        firstTokenMillis: 60_000,
        silenceMillis: 60_000,
        attemptsPerEndpoint: 1,
      },
    };
    expect(score(broken)).toBe('11 pass, 1 partial, 2 safe, 2 fail');
    let draft = draftOf(broken);
    for (let turn = 0; turn < 5; turn += 1) {
      const verdict = testWall(routeOfDraft(draft)).find(({ advice }) => advice !== null);
      if (!verdict) break;
      const remedy = remedyFor(verdict.advice ?? '');
      expect(remedy?.change, verdict.advice ?? '').toBeTruthy();
      draft = remedy?.change?.(draft) ?? draft;
    }
    expect(score(routeOfDraft(draft))).toBe('16 pass');
    expect(remedyFor('Shorten the time to connect.')?.field).toBe('connectMillis');
    expect(remedyFor('Shorten the time limits, and allow more tries in all.')?.change).toBeNull();
    expect(remedyFor('Shorten the silence between tokens.')?.field).toBe('silenceMillis');
    const alone = 'Add another way in: with one alone there is nowhere to go.';
    expect(remedyFor(alone)).toMatchObject({ field: 'entries', change: null });
    expect(remedyFor('Something that nobody foresaw.')).toBeNull();
  });
});

describe('routes in words', () => {
  it('are summed up in one line', () => {
    expect(routeSummary(everydayRoute())).toBe(
      'Cheapest healthy, first token within 3 s, at most ~$0.02 an answer',
    );
  });

  it('name what nobody lists', () => {
    const words = entryWords({ kind: 'model', key: 'maker/gone' }, []);
    expect(words).toEqual({ name: 'gone', way: 'nobody lists it', colour: null, isGone: true });
  });

  it('are copied under a name that is free, and put in order', () => {
    expect(copyName('everyday', ['everyday'])).toBe('everyday copy');
    expect(copyName('everyday copy', ['Everyday copy'])).toBe('everyday copy 2');
    expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a']);
    expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b']);
  });
});

describe('health in words', () => {
  const never = {
    circuit: 'closed',
    pausedUntil: null,
    pausedBecause: null,
    samples: 0,
    firstTokenP50: null,
    firstTokenP95: null,
    tokensPerSecond: null,
    failedShare: null,
    latestAt: null,
    allowances: [],
  };

  it('never claims what was not measured', () => {
    expect(healthState(undefined, 0).words).toBe('not measured yet');
    expect(healthState(never, 0).words).toBe('not measured yet');
    expect(goodShare(never)).toBeNull();
    expect(goodShare({ ...never, samples: 64, failedShare: 0.0004 })).toBe('99.9 %');
    expect(goodShare({ ...never, samples: 64, failedShare: 0 })).toBe('100 %');
  });

  it('counts a pause down to its end', () => {
    const paused = { ...never, circuit: 'open', pausedUntil: 18_000 };
    expect(healthState(paused, 0)).toEqual({ words: 'paused, 18 s', tone: 'bad' });
    expect(healthState(paused, 17_500).words).toBe('paused, 1 s');
    expect(healthState(paused, 18_000).words).toBe('probing');
    expect(formatCountdown(90_000)).toBe('1 min 30 s');
    expect(formatCountdown(3_600_000)).toBe('1 h 0 min');
  });
});
