// The doors to what is kept of people, and to those who keep it.
import { address, api, take } from '$api/client.svelte';
import type { Found } from '../model';
import type { AnswerForm, Asked, AskedForm, Breach, BreachChange, BreachForm, Erasure, ErasureForm, Look, Office, OfficeForm, Pages, Person, Preview, Processing, Term, TermForm, ToldForm } from './model';

const base = '/api/v1/card/';
const of = (number: number) => ({ params: { path: { number } } });
/** The same once more makes nothing new. */
const once = (key: string) => ({ params: { header: { 'Idempotency-Key': key } } });
type Some<Q> = { [Name in keyof Q]?: NonNullable<Q[Name]> };
/** A query of only those names that have a value. */
const some = <Q extends object>(all: Q): Some<Q> => Object.fromEntries(Object.entries(all as Record<string, unknown>).filter(([, value]) => value !== '' && value !== null && value !== undefined && value !== false)) as Some<Q>;

export interface RequestsAsked {
  state: string;
  kind: string;
  mine: boolean;
}
export const requests = (asked: RequestsAsked, limit: number, cursor: string | null): Promise<Pages<Asked>> => take(api.GET('/api/v1/card/requests', { params: { query: some({ ...asked, limit, cursor }) } }));
export const record = (body: AskedForm, key: string): Promise<Asked> => take(api.POST('/api/v1/card/requests', { ...once(key), body }));
export const openRequest = (number: number, purpose: string): Promise<Asked> => take(api.POST('/api/v1/card/requests/{number}/opening', { ...of(number), body: { purpose } }));
export const identify = (number: number, identity: string): Promise<Asked> => take(api.PUT('/api/v1/card/requests/{number}/identity', { ...of(number), body: { identity } }));
export const handOn = (number: number, person: string | null): Promise<Asked> => take(api.PUT('/api/v1/card/requests/{number}/owner', { ...of(number), body: { person } }));
export const answer = (number: number, body: AnswerForm): Promise<Asked> => take(api.POST('/api/v1/card/requests/{number}/answer', { ...of(number), body }));
// As octets: a table for spreadsheets begins with a mark that a text would lose.
/** What an owner of lists is to put right in his own data. */
export const corrections = async (owner: string, purpose: string): Promise<ArrayBuffer> => (await take(api.POST('/api/v1/card/corrections/file', { body: { owner, purpose }, parseAs: 'arrayBuffer' }))) as unknown as ArrayBuffer;
export const dossier = async (number: number, purpose: string): Promise<ArrayBuffer> => (await take(api.POST('/api/v1/card/requests/{number}/dossier', { params: { path: { number }, query: { format: 'csv' } }, body: { purpose }, parseAs: 'arrayBuffer' }))) as unknown as ArrayBuffer;

export interface LooksAsked {
  person: string;
  subject: string;
  what: string;
  from_us: number | null;
  to_us: number | null;
}
// It is a text only where a file was asked for.
export const looks = async (asked: LooksAsked, limit: number, cursor: string | null): Promise<Pages<Look>> => (await take(api.GET('/api/v1/card/looks', { params: { query: some({ ...asked, limit, cursor }) } }))) as Pages<Look>;
/** So many rows are in one file at most. */
const FILE = 1000;
export const looksFile = (asked: LooksAsked): string => address(`${base}looks`, { format: 'csv', limit: FILE, ...asked });

export const erasures = (state: string, limit: number, cursor: string | null): Promise<Pages<Erasure>> => take(api.GET('/api/v1/card/erasures', { params: { query: some({ state, limit, cursor }) } }));
/** What it would be about; the request that it follows does not hold it. */
export const preview = (subject: string, request: number | null): Promise<Preview> => take(api.POST('/api/v1/card/erasures/preview', { body: { subject, request } }));
export const propose = (body: ErasureForm, key: string): Promise<Erasure> => take(api.POST('/api/v1/card/erasures', { ...once(key), body }));
export const confirm = (number: number, rows: number): Promise<Erasure> => take(api.POST('/api/v1/card/erasures/{number}/confirmation', { ...of(number), body: { rows } }));
export const dropErasure = (number: number): Promise<unknown> => take(api.DELETE('/api/v1/card/erasures/{number}', of(number)));
export const erasureText = (number: number): Promise<string> => take(api.GET('/api/v1/card/erasures/{number}/record', { ...of(number), parseAs: 'text' }));

export const terms = async (): Promise<Term[]> => (await take(api.GET('/api/v1/card/terms'))).items;
export const keepFor = (what: string, body: TermForm): Promise<Term> => take(api.PUT('/api/v1/card/terms/{what}', { params: { path: { what } }, body }));
/** How many would be past another term at once: whoever changes it says how many that is. */
export const termPreview = async (what: string, days: number): Promise<number> => (await take(api.GET('/api/v1/card/terms/{what}/preview', { params: { path: { what }, query: { days } } }))).due;

/** All that can be read at once; there are few. */
const BREACHES = 1000;
export const breaches = async (): Promise<Breach[]> => (await take(api.GET('/api/v1/card/breaches', { params: { query: { limit: BREACHES } } }))).items;
export const recordBreach = (body: BreachForm, key: string): Promise<Breach> => take(api.POST('/api/v1/card/breaches', { ...once(key), body }));
export const openBreach = (number: number, purpose: string): Promise<Breach> => take(api.POST('/api/v1/card/breaches/{number}/opening', { ...of(number), body: { purpose } }));
export const changeBreach = (number: number, body: BreachChange): Promise<Breach> => take(api.PUT('/api/v1/card/breaches/{number}', { ...of(number), body }));
export const tell = (number: number, body: ToldForm): Promise<Breach> => take(api.POST('/api/v1/card/breaches/{number}/told', { ...of(number), body }));
export const closeBreach = (number: number, reason: string | null): Promise<Breach> => take(api.POST('/api/v1/card/breaches/{number}/closing', { ...of(number), body: { reason } }));
export const notice = (number: number, whom: string): Promise<string> => take(api.GET('/api/v1/card/breaches/{number}/notice', { params: { path: { number }, query: { whom } }, parseAs: 'text' }));

export const processing = async (): Promise<Processing> => (await take(api.GET('/api/v1/card/processing'))) as Processing;
export const sayOffice = (body: OfficeForm): Promise<Office> => take(api.PUT('/api/v1/card/office', { body }));
export const processingFile = (): string => `${base}processing?format=csv`;

/** Families by a number that somebody has on paper. */
export const find = (number: string): Promise<Found> => take(api.POST('/api/v1/card/families/search', { body: { number } }));
/** All who work here; of a house with more of them than a page holds, the first. */
export const staff = async (): Promise<Person[]> => (await take(api.GET('/api/v1/staff', { params: { query: { limit: 1000 } } }))).items.map(({ id, name }) => ({ id, name }));
