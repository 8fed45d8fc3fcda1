import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { after, expected, fits, needsEvidence, questions, stages, type Stage } from './way';

const lines = (name: string) =>
  readFileSync(join(import.meta.dirname, '../../../../assets/field', name), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#'));

describe('the way of a point', () => {
  test('is as agreed with the house', () => {
    expect(stages.map((stage) => [stage, ...after(stage)].join(' '))).toEqual(lines('ways.txt'));
  });
  test('what is expected next can come next', () => {
    for (const stage of stages) {
      const next = expected(stage);
      if (next) expect(after(stage)).toContain(next);
    }
    let at: Stage | null = 'listed';
    const way: Stage[] = [];
    while (at) {
      way.push(at);
      at = expected(at);
    }
    expect(way).toEqual(['listed', 'surveyed', 'granted', 'in_distribution', 'delivered', 'installed', 'active']);
  });
  test('a step fits by when it happened, not by when it is said', () => {
    const known = [
      { to: 'granted' as const, happened_us: 20 },
      { to: 'in_distribution' as const, happened_us: 30 }
    ];
    expect(fits(known, { to: 'surveyed', happened_us: 10 })).toBe(true);
    expect(fits(known, { to: 'surveyed', happened_us: 25 })).toBe(false);
    expect(fits(known, { to: 'delivered', happened_us: 30 })).toBe(true);
    expect(fits(known, { to: 'delivered', happened_us: 29 })).toBe(false);
    expect(fits([], { to: 'active', happened_us: 1 })).toBe(false);
  });
  test('every step is asked about, and each that needs something shown can be shown it', () => {
    for (const stage of stages) {
      const asked = questions(stage);
      expect(asked[0]).toBe('when');
      expect(new Set(asked).size).toBe(asked.length);
      expect(asked.includes('cause')).toBe(stage === 'suspended');
      if (needsEvidence(stage)) expect(asked).toEqual(expect.arrayContaining(['photo', 'gps', 'serial', 'note']));
    }
  });
});
