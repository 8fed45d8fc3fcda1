// How a recorder names its streams, found from the addresses that it says by ONVIF. Pure.
import type { OnvifProbe } from '$api/model';

/** A path with {channel} and {layer} in it, what stands for main and sub, and the port. */
export interface Scheme {
  path: string;
  main: string;
  sub: string;
  port: number;
  /** What the recorder calls its channels, from the first. */
  names: string[];
}

/** Why there is none: one source is a camera, and some number their channels in no way that we have. */
export type NoScheme = 'one' | 'none' | 'odd';

const CHANNEL = '{channel}';
const WORD = /^[A-Za-z0-9._-]*$/;
/** Places in which the number of a channel may stand at once. */
const PLACES_MAX = 4;

/**
 * The scheme that gives exactly the addresses that the recorder says: its sources in their
 * order are channels from 1, the first profile of each the full picture, the second the small
 * one. Where only some have a second, there is no small one.
 */
export function schemeOf(probe: Pick<OnvifProbe, 'profiles'>): Scheme | NoScheme {
  const sources = new Map<string, { name: string; urls: URL[] }>();
  for (const { source, stream, name } of probe.profiles) {
    if (source === null || stream === null || !URL.canParse(stream)) continue;
    const held = sources.get(source) ?? { name, urls: [] };
    held.urls.push(new URL(stream));
    sources.set(source, held);
  }
  const all = [...sources.values()];
  if (all.length < 2) return all.length === 0 ? 'none' : 'one';
  const first = all[0]?.urls[0];
  if (!first || all.some(({ urls }) => urls.some((url) => url.host !== first.host))) return 'odd';
  const pathsOf = (at: number) => all.map(({ urls }) => (urls[at] ? urls[at].pathname + urls[at].search : null));
  const main = patternOf(pathsOf(0));
  if (main === null) return 'odd';
  const rest = { port: first.port ? Number(first.port) : 554, names: all.map(({ name }) => name) };
  const sub = patternOf(pathsOf(1));
  const layers = sub === null ? null : apart(main, sub);
  return layers ? { ...layers, ...rest } : { path: main, main: '', sub: '', ...rest };
}

/** The path with {channel} for its number, if the numbers stand in the same places of all. */
function patternOf(paths: (string | null)[]): string | null {
  const [first] = paths;
  if (!first || paths.some((path) => path === null)) return null;
  const places = [...first.matchAll(/1/g)].map(({ index }) => index).slice(0, 2 * PLACES_MAX);
  const fits = (chosen: number[]) => {
    let at = 0;
    let pattern = '';
    for (const place of chosen) {
      pattern += first.slice(at, place) + CHANNEL;
      at = place + 1;
    }
    pattern += first.slice(at);
    return paths.every((path, i) => path === pattern.replaceAll(CHANNEL, String(i + 1))) ? pattern : null;
  };
  // One place mostly; more where the number is said twice.
  for (let bits = 1; bits < 1 << places.length; bits++) {
    const chosen = places.filter((_, i) => bits & (1 << i));
    if (chosen.length > PLACES_MAX) continue;
    const pattern = fits(chosen);
    if (pattern) return pattern;
  }
  return null;
}

/** Where two patterns differ is the layer, if that is one word in each. */
function apart(main: string, sub: string): Pick<Scheme, 'path' | 'main' | 'sub'> | null {
  if (main === sub) return null;
  let begin = 0;
  while (begin < Math.min(main.length, sub.length) && main[begin] === sub[begin]) begin++;
  let end = 0;
  while (end < Math.min(main.length, sub.length) - begin && main.at(-1 - end) === sub.at(-1 - end)) end++;
  // An empty word would say that there is no small picture: one sign more tells them apart.
  const isShort = () => begin === main.length - end || begin === sub.length - end;
  if (isShort() && begin > 0) begin--;
  const [one, two] = [main, sub].map((path) => path.slice(begin, path.length - end));
  if (!one || !two || !WORD.test(one) || !WORD.test(two)) return null;
  return { path: `${main.slice(0, begin)}{layer}${main.slice(main.length - end)}`, main: one, sub: two };
}
