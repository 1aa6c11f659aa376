// What a person can type into a shell again.

/** An argument as it is, or between quotes where a shell would read it otherwise. */
export const quoted = (arg: string): string =>
  /^[\w./=:@,-]+$/.test(arg) ? arg : `'${arg.replaceAll("'", `'\\''`)}'`;
