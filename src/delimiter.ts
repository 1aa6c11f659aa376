// What stands between the cells of a table, told by its first line: spreadsheets save commas, semicolons or tabs under one name.

const DELIMITERS = [",", ";", "\t"] as const;

/** What stands most often between the names; of a single column, what the file's name says. */
export function delimiterOf(file: string, text: string): string {
  const names = text.split(/\r?\n/, 1)[0]!.replaceAll(/"[^"]*"/g, "");
  const count = (delimiter: string) => names.split(delimiter).length;
  const usual = /\.tsv/i.test(file) ? DELIMITERS.toReversed() : DELIMITERS;
  return usual.toSorted((a, b) => count(b) - count(a))[0]!;
}
