import { describe, expect, test } from 'vitest';
import { Cutter } from './sse';
import { readProblem } from './problem';

describe('cutting the stream', () => {
  test('an event in one piece', () => {
    const cutter = new Cutter();
    expect(cutter.feed('id: 7\nevent: camera\ndata: {"a":1}\n\n')).toEqual([{ event: 'camera', data: '{"a":1}', id: '7' }]);
    expect(cutter.lastId).toBe('7');
  });
  test('any cut gives the same events', () => {
    const stream = ': beat\r\n\r\nretry: 2000\r\nid: 8\r\nevent: camera\r\ndata: one\r\ndata: two\r\n\r\ndata: plain\n\n';
    const whole = new Cutter().feed(stream);
    expect(whole).toEqual([
      { event: 'camera', data: 'one\ntwo', id: '8' },
      { event: 'message', data: 'plain', id: '8' }
    ]);
    for (let at = 1; at < stream.length; at++) {
      const cutter = new Cutter();
      expect([...cutter.feed(stream.slice(0, at)), ...cutter.feed(stream.slice(at))], `cut at ${at}`).toEqual(whole);
      expect(cutter.retry_ms).toBe(2000);
    }
  });
  test('comments and events without data tell nothing', () => {
    expect(new Cutter().feed(':\n\nevent: camera\n\n')).toEqual([]);
  });
});

describe('reading a refusal', () => {
  test('problem+json with fields', () => {
    const problem = readProblem(
      422,
      { type: 'urn:betang:problem:bad-area', title: 'x', detail: 'y', errors: [{ field: 'area', why: 'unknown' }] },
      new Headers({ 'retry-after': '4' })
    );
    expect(problem.slug).toBe('bad-area');
    expect(problem.field('area')).toBe('unknown');
    expect(problem.retryAfter_s).toBe(4);
  });
  test('a body of another kind still yields a problem', () => {
    expect(readProblem(502, '<html>', new Headers()).slug).toBe('http-502');
    expect(readProblem(500, null, new Headers()).status).toBe(500);
  });
});
