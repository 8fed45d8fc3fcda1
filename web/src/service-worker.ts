/// <reference no-default-lib="true"/>
/// <reference lib="esnext" />
/// <reference lib="webworker" />
// What opens /lapangan without a line. It keeps the files of that page as one build, whole:
// the next build is fetched beside it and takes its place when all of it is there and the
// page that runs is closed, or its reader asks for it. It answers for nothing else: what
// the house says (/api) never passes through here into a cache.
import { build, files } from '$service-worker';

const self = globalThis.self as unknown as ServiceWorkerGlobalScope;

/** The list of the page's files, as the build wrote it. */
const LIST = '/lapangan.json';
const PAGE = '/lapangan';
/** One build has one name: that of its files (FNV-1a), each of which is named by its hash. */
const NAME = `betang-lapangan-${[...build].sort().join().split('').reduce((hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 16777619) >>> 0, 2166136261).toString(16)}`;

async function fetched(path: string): Promise<Response> {
  const answer = await fetch(path, { cache: 'no-cache', credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer;
}

async function keep(): Promise<void> {
  const known = new Set([...build, ...files]);
  const list = (await (await fetched(LIST)).json()) as string[];
  const shell = await fetched(PAGE);
  const named = [...(await shell.clone().text()).matchAll(/\/_app\/immutable\/[\w./-]+/g)].map(([path]) => path);
  // A house that was renewed between two of these requests gives a page of one build and
  // files of another: then nothing is kept, and the browser tries again later.
  const strange = [...list, ...named].find((path) => !known.has(path));
  if (strange) throw new Error(`${strange} is of another build`);
  const cache = await caches.open(NAME);
  await cache.addAll([...new Set([...list, ...named])]);
  await cache.put(PAGE, shell);
}

async function clean(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith('betang-lapangan-') && name !== NAME);
  await Promise.all(old.map((name) => caches.delete(name)));
}

async function answer(request: Request, path: string): Promise<Response> {
  const cache = await caches.open(NAME);
  return (await cache.match(path, { ignoreVary: true })) ?? fetch(request);
}

self.addEventListener('install', (event) => event.waitUntil(keep()));
self.addEventListener('activate', (event) => event.waitUntil(clean()));
self.addEventListener('message', (event) => {
  if (event.data === 'renew') void self.skipWaiting();
});
self.addEventListener('fetch', (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== 'GET' || url.origin !== location.origin) return;
  if (request.mode === 'navigate') {
    if (url.pathname === PAGE) event.respondWith(answer(request, PAGE));
  } else if (url.pathname.startsWith('/_app/immutable/') || files.includes(url.pathname)) {
    event.respondWith(answer(request, url.pathname));
  }
});
