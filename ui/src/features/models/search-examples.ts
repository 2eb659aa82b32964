/** What the search understands, by example. A test holds each of them to the search itself. */

export const SEARCH_EXAMPLES: readonly [example: string, meaning: string][] = [
  ['sonnet anthropic', 'parts of names, makers and providers'],
  ['"gpt 6"', 'words just as they stand'],
  ['< 1', 'below $1 for a million tokens of prompt'],
  ['out < 5', 'below $5 for a million tokens of answer'],
  ['ctx > 100k', 'room for more than 100,000 tokens'],
  ['free', 'costs nothing'],
  ['images pdf', 'reads images and PDF'],
  ['tools json', 'calls tools, keeps to a JSON schema'],
  ['thinking', 'thinks before it answers'],
  ['open', 'open weights'],
  ['local', 'runs on this computer'],
  ['starred', 'has your star'],
  ['recent', 'was asked lately'],
  ['new', 'came into a list within the last week'],
  ['provider:openrouter', 'by this provider'],
  ['maker:google', 'made by this maker'],
];
