// What the pages know about villages beyond their words: which list is asked for, which
// shape a state wears, how a value is written.
import type { Claim, PointEvent, ProbedNode, SaidOf, SiteContact, Stage, Village, VillagePoint } from '$api/model';
import type { Face } from '$watch/camera';

/** Three voices about a village, and where two of them differ; the words of the address. */
export const stands = { rencana: 'planned', laporan: 'reported', terukur: 'measured', 'belum-terukur': 'unmeasured', berbeda: 'differs' } as const;
export type Stand = keyof typeof stands;

/** What a reader has asked the list for. */
export interface Wanted {
  q: string;
  area: string;
  stand: Stand | '';
  state: Stage | '';
  disputed: boolean;
}

/** The states of a point's way, in their order. */
export const stages = ['listed', 'surveyed', 'refused', 'absent', 'granted', 'in_distribution', 'delivered', 'installed', 'active', 'inactive', 'suspended', 'relocated', 'returned'] as const satisfies Stage[];

/** What kinds of places points are. */
export const pointKinds = ['kantor_desa', 'sekolah', 'pustu', 'titik_publik', 'lainnya'] as const satisfies VillagePoint['kind'][];

/** Why a point is suspended. */
export const causes = ['unpaid', 'supplier_stop', 'damage'] as const satisfies NonNullable<PointEvent['step']>['cause'][];

/** One step of a point's way, and what corrected it. */
export interface Told {
  event: PointEvent;
  step: NonNullable<PointEvent['step']>;
  counts: boolean;
  corrected: PointEvent | null;
}

/**
 * The steps of a way as they were known at a time, of those that had happened by another:
 * moments that a day ends at, microseconds; null is now. What was corrected stays in it.
 */
export function wayAt(events: readonly PointEvent[], happened: number | null, said: number | null): Told[] {
  const known = events.filter((event) => said === null || event.said_us < said);
  return known.flatMap((event) => {
    const { step } = event;
    if (step === null || (happened !== null && step.happened_us >= happened)) return [];
    const corrected = known.find((other) => other.corrects === event.seq) ?? null;
    return [{ event, step, counts: corrected === null, corrected }];
  });
}

/** Reads the address; what it does not know it leaves out. */
export function readWanted(query: URLSearchParams): Wanted {
  const stand = query.get('berdiri') ?? '';
  const area = query.get('wilayah') ?? '';
  return {
    q: query.get('q') ?? '',
    area: /^\d{2}(\.\d{2}){0,2}$/.test(area) ? area : '',
    stand: stand in stands ? (stand as Stand) : '',
    state: stages.find((one) => one === query.get('tahap')) ?? '',
    disputed: query.get('sengketa') === '1'
  };
}

/** The same as a question to the house. */
export function asked(wanted: Wanted): { q?: string; within?: string; stand?: (typeof stands)[Stand]; state?: Stage; disputed?: boolean } {
  return {
    ...(wanted.q ? { q: wanted.q } : {}),
    ...(wanted.area ? { within: wanted.area } : {}),
    ...(wanted.stand ? { stand: stands[wanted.stand] } : {}),
    ...(wanted.state ? { state: wanted.state } : {}),
    ...(wanted.disputed ? { disputed: true } : {})
  };
}

/** The shape of how far a point has come: what people say is never more than that. */
export function stageFace(stage: Stage): Face {
  switch (stage) {
    case 'active':
    case 'installed':
      return 'ok';
    case 'inactive':
    case 'suspended':
    case 'refused':
    case 'absent':
      return 'warn';
    case 'relocated':
    case 'returned':
      return 'unknown';
    default:
      return 'idle';
  }
}

/** The shape of whether a box is heard. */
export function contactFace(contact: SiteContact['contact']): Face {
  return { heard: 'ok', late: 'warn', silent: 'crit', never: 'unknown' }[contact] as Face;
}

/** The shape of an address that the centre asks. */
export function nodeFace(state: ProbedNode['state']): Face {
  return { answers: 'ok', silent: 'crit', unknown: 'unknown', unasked: 'unknown', paused: 'unknown' }[state] as Face;
}

/** How much of a round was lost: nothing is known of a question that was never sent. */
export function lossWord({ sent, answered }: Pick<NonNullable<ProbedNode['last']>, 'sent' | 'answered'>): string {
  // Rounded up, so that something lost is never 0 %.
  return sent === 0 ? '—' : `${Math.ceil(((sent - answered) * 100) / sent)} %`;
}

/** What a dish says, in a word with its codes. */
export type Dish = NonNullable<SiteContact['dish']>;

/** Whether the dish is kept from the network by a bill or a rule, and not by the link. */
export function isRefused(dish: Pick<Dish, 'word' | 'bill'>): boolean {
  return dish.bill || dish.word === 'moved' || dish.word === 'forbidden';
}

/** The shape of what a dish says; of what it said long ago, that nobody knows. */
export function dishFace(dish: Pick<Dish, 'word' | 'bill' | 'stale'>): Face {
  if (dish.stale || dish.word === 'unsaid' || dish.word === 'unreachable') return 'unknown';
  if (dish.word === 'well') return 'ok';
  if (dish.word === 'booting') return 'starting';
  return 'warn';
}

/** The code that its word rests on, as the dish gave it: why it may not be used, else what keeps it from the network. */
export function codeOf(dish: Pick<Dish, 'disablement' | 'outage'>): number | null {
  return dish.disablement > 1 ? dish.disablement : dish.outage;
}

/** Hundredths of a percent as they were rounded: down, to one place after the comma. */
export function tenths(share_bp: number): number {
  return Math.floor(share_bp / 10) / 10;
}

/** The claims of a village by property, each with what the house says of it. */
export interface Voice {
  property: Claim['property'];
  said: SaidOf | null;
  /** The newest day first. */
  claims: Claim[];
}

/** The properties that somebody has said something of, in the order of the register. */
export function voices(said: readonly SaidOf[], claims: readonly Claim[]): Voice[] {
  const order: readonly Claim['property'][] = ['listed', 'blank_spot', 'status', 'voice', 'data', 'four_g', 'office', 'territory', 'provider', 'grid'];
  return order.flatMap((property) => {
    const own = claims.filter((claim) => claim.property === property).sort((a, b) => b.as_of.localeCompare(a.as_of) || b.recorded_us - a.recorded_us);
    const says = said.find((one) => one.property === property) ?? null;
    return own.length > 0 || says ? [{ property, said: says, claims: own }] : [];
  });
}
