// Hints about a password while it is typed: the server's rules as far as they need no dictionary. What is called weak here
// the server refuses too; what passes here the server still holds against common passwords and what else it knows.

export const MIN_CHARACTERS = 12;
export const MAX_CHARACTERS = 1024;

// A round of so many characters that is repeated is refused whatever it is made of: there are too few of them.
const LONGEST_WEAK_ROUND = 6;

// As the server counts: code points of Unicode's form NFC, not the halves that `length` counts.
export function count(password) {
  return [...password.normalize()].length;
}

// Why the server would refuse the password, or null. `context` holds what the person typed into the other fields.
export function weakness(typed, context) {
  const password = typed.normalize();
  const characters = [...password];
  if (characters.length < MIN_CHARACTERS) return "short";
  if (characters.length > MAX_CHARACTERS) return "long";
  if (period(characters) <= LONGEST_WEAK_ROUND) return "repeats";
  if (isRow(characters)) return "row";
  if (isMadeOf(password, contextWords(context))) return "context";
  return null;
}

// The length of the shortest part that makes the whole text when it is repeated; the last round may be cut off.
function period(text) {
  for (let length = 1; length < text.length; length += 1) {
    if (text.every((character, index) => character === text[index % length])) return length;
  }
  return text.length;
}

// Neighbours all the way, such as abcdef or 987654.
function isRow(text) {
  const codes = text.map((character) => character.codePointAt(0));
  const step = codes[1] - codes[0];
  return Math.abs(step) === 1 && codes.every((code, index) => code === codes[0] + index * step);
}

// The context and its parts, in lower case. Parts under three letters say nothing.
function contextWords(context) {
  const words = new Set();
  for (const given of context) {
    const text = given.toLowerCase();
    for (const word of [...text.split(/[^\p{Alphabetic}\p{N}]/u), ...text.split("@"), text]) {
      if (count(word) >= 3) words.add(word);
    }
  }
  return [...words].sort((one, other) => other.length - one.length);
}

// Whether fewer than six letters or digits are left once the context words are struck out.
function isMadeOf(password, words) {
  const lower = password.toLowerCase();
  const rest = words.reduce((text, word) => text.replaceAll(word, ""), lower);
  return rest !== lower && (rest.match(/[\p{Alphabetic}\p{N}]/gu) ?? []).length < 6;
}
