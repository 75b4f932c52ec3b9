// Letters of other alphabets as they are written with Latin ones, near enough for a name of a key.
const GREEK =
  'α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f χ ch ψ ps ω o'
const CYRILLIC =
  'а a б b в v г g д d е e ж zh з z и i к k л l м m н n о o п p р r с s т t у u ф f х h ц ts ч ch ш sh щ sht ъ a ы y э e ю yu я ya і i є ie ґ g'
const OTHERS = 'ß ss æ ae ø o œ oe ð d þ th ł l đ d ı i'
const LATIN = new Map(
  [GREEK, CYRILLIC, OTHERS].flatMap((pairs) =>
    [...pairs.matchAll(/(\S+) (\S+)/g)].map(([, letter = '', latin = '']) => [letter, latin] as const),
  ),
)
LATIN.set('ь', '')

/**
 * A key out of a name: "Support team" → "support_team", "Ομάδα" → "omada". Letters with marks lose them; a name
 * in a script that has no such letters gets a key that is only its own.
 */
export function keyFrom(name: string): string {
  const key = [...name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()]
    .map((letter) => LATIN.get(letter) ?? letter)
    .join('')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[_0-9]+|_+$/g, '')
    .slice(0, 58)
  return key || (/\p{L}|\p{N}/u.test(name) ? `key_${numbered(name)}` : '')
}

/** The same few letters for the same name. */
function numbered(name: string): string {
  let sum = 7
  for (const letter of name.trim()) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 1_679_616
  return sum.toString(36)
}
