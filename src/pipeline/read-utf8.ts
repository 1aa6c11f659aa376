// The text of a file that a person wrote. Bytes of another encoding are refused: they would be read as other letters, unsaid.
import { readFileSync } from "node:fs";
import { UserError } from "../user-error.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true }); // drops a byte-order mark

/**
 * @param shownAs what errors call it
 * @param unreadable the error where it cannot be read at all
 * @throws UserError, with the first line that is not in UTF-8
 */
export function readUtf8(file: string, shownAs: string, unreadable: (cause: Error) => UserError): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (cause) {
    throw unreadable(cause as Error);
  }
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    const line = bytes.toString("utf8").split("\ufffd", 1)[0]!.split("\n").length;
    throw new UserError(
      "file-encoding",
      `${shownAs}:${line}: expected text in UTF-8, got bytes of another encoding`,
      "Save it as UTF-8 in an editor, or convert it: iconv -f WINDOWS-1252 -t UTF-8 <file>.",
      { cause },
    );
  }
}
