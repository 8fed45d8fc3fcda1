// The code that came with a box, as the house writes it (crates/hall/src/enrol/code.rs):
// Crockford base 32, nine characters of which the last checks the others, or 26 from a QR.
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SHORT = 9;
const LONG = 26;

/** What a text is: a code in its normal spelling, or why it is none. */
export type Read = { code: string } | { fault: 'mistyped' } | { fault: 'character'; at: number } | { fault: 'length'; found: number };

/** The check character of the hybrid system of ISO/IEC 7064 for 32 characters. */
function checks(digits: readonly number[]): number {
  let product = 32;
  for (const digit of digits) product = (((product + digit) % 32 || 32) * 2) % 33;
  return (33 - product) % 32;
}

/** Reads what was typed; strokes, blanks and small letters are as people write them. */
export function readCode(typed: string): Read {
  const letters = [...typed].filter((letter) => letter !== '-' && letter !== ' ');
  if (letters.length > LONG) return { fault: 'length', found: letters.length };
  const digits = letters.map((letter) => ALPHABET.indexOf(letter.toUpperCase().replace('O', '0').replace(/[IL]/, '1')));
  const strange = digits.indexOf(-1);
  if (strange >= 0) return { fault: 'character', at: strange + 1 };
  const plain = digits.map((digit) => ALPHABET[digit]).join('');
  if (digits.length === LONG) return { code: plain };
  if (digits.length !== SHORT) return { fault: 'length', found: digits.length };
  return checks(digits.slice(0, -1)) === digits.at(-1) ? { code: plain } : { fault: 'mistyped' };
}

/**
 * Reads a QR, or a text that was copied from one: address, code and the key of the house.
 * The key is for the box, which checks the house with it; here only the code counts.
 */
export function readTicket(text: string): Read {
  const found = /^https:\/\/[^#]*#([^.]*)(\.|$)/.exec(text.trim());
  return readCode(found ? found[1]! : text);
}

/** As people read it out: by fours. */
export function grouped(code: string): string {
  return code.length === SHORT ? code.replace(/(.{4})(.{4})(.)/, '$1-$2-$3') : code;
}
