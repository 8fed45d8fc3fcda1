// Short names for what the server sends about those whose data the house keeps: what they ask
// for, who looked, what is destroyed and when, and what has leaked.
import type { Sent, Staff } from '$api/model';
import type { components } from '$api/schema';

type S = components['schemas'];
/** Some rows, and what asks for those after them. */
export interface Pages<T> {
  items: T[];
  next: string | null;
}

/** What somebody asks about data of his own; what names people is null unless it was opened. */
export type Asked = Sent<S['CardRequest']>;
export type AskedForm = S['CardRequestForm'];
export type AnswerForm = S['CardRequestAnswerForm'];
/** What the owner of a list is to put right in a row of it. */
export type Repair = S['CardRepair'];
/** That somebody has looked at, or taken, what the house knows of people. */
export type Look = Sent<S['CardLook']>;
/** What stands against destroying what is kept of somebody, and until when. */
export type Hold = Sent<S['CardHold']>;
export type Stays = Sent<S['CardErasureStays']>;
export type Preview = Sent<S['CardErasurePreview']>;
export type Erasure = Sent<S['CardErasure']>;
export type ErasureForm = S['CardErasureForm'];
/** How long one kind of thing is kept. */
export type Term = Sent<S['CardTerm']>;
export type TermForm = S['CardTermForm'];
/** That data of people came where they should not. */
export type Breach = Sent<S['CardBreach']>;
export type BreachForm = S['CardBreachForm'];
export type BreachChange = S['CardBreachChange'];
export type ToldForm = S['CardBreachToldForm'];
export type Activity = Sent<S['CardActivity']>;
export type Processing = Sent<S['CardProcessing']>;
/** Which office answers for what the house does with data of people. */
export type Office = Sent<S['CardOffice']>;
export type OfficeForm = S['CardOfficeForm'];
/** One of those who work here, by name. */
export type Person = Pick<Staff, 'id' | 'name'>;
