// The doors to lists that people decide on, and to what is said against them.
import { address, api, take } from '$api/client.svelte';
import type { Adoption, AnnexForm, AnswerForm, Cover, Decision, DecisionWhole, Exception, ExceptionForm, FamilyDecision, Objection, ObjectionForm, Objections, RulingForm, Subject, SubjectRows, Verification } from './model';

const base = '/api/v1/card/decisions';
const of = (number: number) => ({ params: { path: { number } } });
/** What is asked of subjects; what is empty is not asked. */
export interface SubjectsAsked {
  verdict?: string;
  change?: string;
  group?: string;
  area?: string;
}
/** What is asked of objections; what is empty is not asked. */
export interface ObjectionsAsked {
  state?: string;
  area?: string;
}
type Query = Record<string, string | number | null | undefined>;
type Some<Q> = { [Name in keyof Q]?: NonNullable<Q[Name]> };
/** A query of only those names that have a value. */
const some = <Q extends object>(all: Q): Some<Q> => Object.fromEntries(Object.entries(all as Query).filter(([, value]) => value !== '' && value !== null && value !== undefined)) as Some<Q>;

export const decision = (number: number): Promise<DecisionWhole> => take(api.GET('/api/v1/card/decisions/{number}', of(number)));
export const rule = (number: number, group: string, body: RulingForm): Promise<DecisionWhole> => take(api.PUT('/api/v1/card/decisions/{number}/rulings/{group}', { params: { path: { number, group } }, body }));
export const unrule = (number: number, group: string): Promise<DecisionWhole> => take(api.DELETE('/api/v1/card/decisions/{number}/rulings/{group}', { params: { path: { number, group } } }));
export const exceptions = async (number: number): Promise<Exception[]> => (await take(api.GET('/api/v1/card/decisions/{number}/exceptions', of(number)))).items;
export const except = (number: number, body: ExceptionForm, key: string): Promise<Exception> => take(api.POST('/api/v1/card/decisions/{number}/exceptions', { params: { path: { number }, header: { 'Idempotency-Key': key } }, body }));
export const unexcept = (number: number, id: string): Promise<unknown> => take(api.DELETE('/api/v1/card/decisions/{number}/exceptions/{id}', { params: { path: { number, id } } }));
export const adopt = (number: number, body: Adoption): Promise<Decision> => take(api.POST('/api/v1/card/decisions/{number}/adoption', { ...of(number), body }));
export const drop = (number: number): Promise<unknown> => take(api.DELETE('/api/v1/card/decisions/{number}', of(number)));

export const subjects = (number: number, asked: SubjectsAsked, limit: number, cursor: string | null): Promise<SubjectRows> => take(api.GET('/api/v1/card/decisions/{number}/subjects', { params: { path: { number }, query: some({ ...asked, limit, cursor }) } }));
export const subject = (number: number, id: string): Promise<Subject> => take(api.GET('/api/v1/card/decisions/{number}/subjects/{subject}', { params: { path: { number, subject: id } } }));
// It is a text only where a file was asked for.
export const changes = async (number: number, area: string, limit: number, cursor: string | null): Promise<SubjectRows> => (await take(api.GET('/api/v1/card/decisions/{number}/changes', { params: { path: { number }, query: some({ area, limit, cursor }) } }))) as SubjectRows;
/** Where the differences lie as a table. */
export const changesFile = (number: number, area: string): string => address(`${base}/${number}/changes`, { format: 'csv', area });
export const cover = async (number: number): Promise<Cover> => (await take(api.GET('/api/v1/card/decisions/{number}/cover', of(number)))) as Cover;
/** Where the file lies that the decree's hash is of. */
export const coverFile = (number: number): string => `${base}/${number}/cover?format=csv`;
export const verify = (number: number): Promise<Verification> => take(api.POST('/api/v1/card/decisions/{number}/verification', of(number)));
// As octets: a table for spreadsheets begins with a mark that a text would lose, and a hash is of octets.
export const annex = async (number: number, body: AnnexForm): Promise<ArrayBuffer> => (await take(api.POST('/api/v1/card/decisions/{number}/annexes', { ...of(number), body, parseAs: 'arrayBuffer' }))) as unknown as ArrayBuffer;
export const sheet = async (number: number, id: string, purpose: string): Promise<ArrayBuffer> => (await take(api.POST('/api/v1/card/decisions/{number}/subjects/{subject}/sheet', { params: { path: { number, subject: id } }, body: { purpose }, parseAs: 'arrayBuffer' }))) as unknown as ArrayBuffer;

export const objections = (asked: ObjectionsAsked, limit: number, cursor: string | null): Promise<Objections> => take(api.GET('/api/v1/card/objections', { params: { query: some({ ...asked, limit, cursor }) } }));
export const object = (body: ObjectionForm, key: string): Promise<Objection> => take(api.POST('/api/v1/card/objections', { params: { header: { 'Idempotency-Key': key } }, body }));
export const openObjection = (id: string, purpose: string): Promise<Objection> => take(api.POST('/api/v1/card/objections/{id}/opening', { params: { path: { id } }, body: { purpose } }));
export const answer = (id: string, body: AnswerForm): Promise<Objection> => take(api.POST('/api/v1/card/objections/{id}/answer', { params: { path: { id } }, body }));

export const ofFamily = async (id: string): Promise<FamilyDecision[]> => (await take(api.GET('/api/v1/card/families/{id}/decisions', { params: { path: { id } } }))).items;
/** Which rules of a programme are conditions, and which exclusions. */
export const ruleKinds = async (slug: string, version: number): Promise<Map<string, string>> => {
  const { rules } = await take(api.GET('/api/v1/card/programmes/{slug}', { params: { path: { slug }, query: { version } } }));
  return new Map(rules.map(({ id, kind }) => [id, kind]));
};
