// The one way from a page to /api/v1. Every answer tells the pulse of the house: how
// old what we show is, and how far this device's clock is off.
import createClient from 'openapi-fetch';
import { exact, learn } from '$shell/time.svelte';
import type { Sent } from './model';
import { Problem, readProblem, unreachable } from './problem';
import type { paths } from './schema';

const pulse = $state<{ heard: number | null; lost: number | null }>({ heard: null, lost: null });
let unauthorised: () => void = () => {};
let factor: () => Promise<boolean> = () => Promise.resolve(false);

/** When the server was last heard, by its own time; null before the first answer. */
export function heard(): number | null {
  return pulse.heard;
}
/** Notes that the server spoke just now. */
export function mark(): void {
  pulse.heard = exact();
  pulse.lost = null;
}
/** Notes that it should have spoken and did not. */
export function missed(): void {
  pulse.lost ??= exact();
}
/** Since when nothing comes, null while all is well. */
export function lost(): number | null {
  return pulse.lost;
}
/** Sets what happens when the server no longer knows who is asking. */
export function onUnauthorised(act: () => void): void {
  unauthorised = act;
}

/** Sets how a second factor is shown; false when it was not. */
export function onFactor(act: () => Promise<boolean>): void {
  factor = act;
}

async function ask(request: Request | string, init?: RequestInit): Promise<Response> {
  // A body is read once, and what was typed is to be asked again behind a second factor.
  const again = request instanceof Request ? request.clone() : request;
  const askedAt = Date.now();
  const answer = await fetch(request, init);
  learn(answer.headers.get('date'), askedAt, Date.now());
  if (answer.status < 500) mark();
  if (answer.status === 403 && (await answer.clone().text()).includes(':factor-needed') && (await factor())) return ask(again, init);
  return answer;
}

/** The typed client; wrap each call in `take`. */
export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin', fetch: (request) => ask(request) });

/** Gives the data of an answer or throws the `Problem` it was. */
export async function take<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<Sent<T>> {
  let done: { data?: T; error?: unknown; response: Response };
  try {
    done = await call;
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === 'AbortError') throw failure;
    missed();
    throw unreachable();
  }
  if (!done.response.ok) {
    const problem = readProblem(done.response.status, done.error, done.response.headers);
    if (problem.status === 401) unauthorised();
    throw problem;
  }
  return done.data as Sent<T>;
}

/** Asks for bytes: stills and files. */
export async function bytes(path: string, signal?: AbortSignal): Promise<Response> {
  let answer: Response;
  try {
    answer = await ask(path, { credentials: 'same-origin', signal: signal ?? null, cache: 'no-store' });
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === 'AbortError') throw failure;
    missed();
    throw unreachable();
  }
  if (answer.ok) return answer;
  const body: unknown = await answer.json().catch(() => null);
  throw readProblem(answer.status, body, answer.headers);
}

/**
 * Sends a file, in a form or bare, and tells how much of it is on its way, from 0 to 1: the
 * one thing that `fetch` cannot say.
 */
export function send<T>(path: string, body: FormData | Blob, progress: (share: number) => void, signal?: AbortSignal): Promise<T> {
  return new Promise((done, refuse) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    request.responseType = 'json';
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => {
      missed();
      refuse(unreachable());
    };
    request.onabort = () => refuse(new DOMException('aborted', 'AbortError'));
    request.onload = () => {
      if (request.status < 500) mark();
      if (request.status >= 200 && request.status < 300) return done(request.response as T);
      const headers = new Headers();
      for (const name of ['retry-after', 'x-request-id']) {
        const value = request.getResponseHeader(name);
        if (value) headers.set(name, value);
      }
      const problem = readProblem(request.status, request.response, headers);
      if (problem.status === 401) unauthorised();
      if (problem.slug !== 'factor-needed') return refuse(problem);
      void factor().then((shown) => (shown ? send<T>(path, body, progress, signal).then(done, refuse) : refuse(problem)));
    };
    signal?.addEventListener('abort', () => request.abort());
    request.send(body);
  });
}

/** Any failure as a problem, so that a page has one thing to show. */
export function asProblem(failure: unknown): Problem {
  if (failure instanceof Problem) return failure;
  return new Problem(0, 'page', '', failure instanceof Error ? failure.message : String(failure));
}

/** An address with only the parameters that are set. */
export function address(path: string, query: Record<string, string | number | null | undefined>): string {
  const set = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== null && value !== undefined && value !== '') set.set(name, String(value));
  const text = set.toString();
  return text ? `${path}?${text}` : path;
}
