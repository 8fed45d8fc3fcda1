// Short names for what the server sends about how well a list hits, and about samples that are
// visited.
import type { Sent } from '$api/model';
import type { components } from '$api/schema';

type S = components['schemas'];
/** A share with the ends of its interval, from nothing to one. */
export type Share = Sent<S['CardMeasuredShare']>;
/** A share that was counted, and between which ones it lies once wrong linkage is put right; null while that is not known. */
export type RuleShare = Sent<S['CardCarriedShare']>;
/** What was estimated, or why it was not. */
export type Figure = Sent<S['CardFigure']>;
export type Bounds = Sent<S['CardBounds']>;
/** A list laid beside the rules of its programme. */
export type RuleErrors = Sent<S['CardRuleErrors']>;
export type Indicators = Sent<S['CardIndicators']>;

/** How large a sample is to be, and by what: shares from nothing to one. */
export type Sizing = Sent<S['CardSampleSize']>;
export type SampleForm = S['CardSampleForm'];
export type SizingForm = { [Name in keyof S['CardSampleSizing']]-?: NonNullable<S['CardSampleSizing'][Name]> };
export type Sample = Sent<S['CardSample']>;
export type Samples = Sent<S['CardSamples']>;
/** A sample with its villages. */
export type SampleWhole = Sent<S['CardSampleWhole']>;
export type SampleVillage = Sent<S['CardSampleVillage']>;
/** One household that is visited. Who that is stands on the sheet alone. */
export type Visit = Sent<S['CardVisit']>;
export type Visits = Sent<S['CardVisits']>;
/** What somebody found at a visit. */
export type OutcomeForm = Sent<S['CardVisitOutcome']>;
export type SampleCheck = Sent<S['CardSampleVerification']>;
