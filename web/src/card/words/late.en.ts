// The words of lists that come after an examination, in English.
import type { lateId } from './late.id';

export const lateEn: Record<keyof typeof lateId, string> = {
  'late.asked': 'People are asked about {grey} {grey|pair|pairs} that are not sure, and {proposals} proposed {proposals|merge or split|merges or splits}.',
  'late.back': 'Take back',
  'late.back.sure': 'Yes, take it back',
  'late.back.text': '{rows} {rows|row|rows}, and {founded} {founded|person|persons} known by it alone, count no more; the answer is exactly what it was before. The list itself stays.',
  'late.back.title': 'Take a late list back',
  'late.by': '{who}, {when}; it took {took}.',
  'late.due': 'A tenth of all records came late: it is time to examine all lists again.',
  'late.replaced': '{n} {n|row|rows} of the list before {n|counts|count} no more.',
  'late.rows': '{rows} {rows|row|rows}: {joined} of people who were known, {founded} new {founded|person|persons}, {families} new {families|family|families}.',
  'late.take': 'Take this list alone',
  'late.text': 'Only the rows of that list are held against all others; persons who are there are neither merged nor parted. It can be taken back.',
  'late.title': 'Lists that came late',
  'late.undone': 'The late list was taken back',
  'late.whole': 'All lists have to be examined'
};
