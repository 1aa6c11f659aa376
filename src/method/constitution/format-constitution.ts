// A constitution as the YAML document that it is read from, without what has its default.
import { stringify } from "yaml";
import type { Constitution, Principle } from "./constitution.ts";

/** Reads back as the same constitution. */
export function formatConstitution({ title, version, principles, changelog }: Constitution): string {
  const document = {
    title,
    version,
    principles: principles.map(written),
    ...(changelog.length > 0 && { changelog }),
  };
  return stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
}

const written = ({ id, text, reasons, source, weight, tags, wording }: Principle) => ({
  id,
  text,
  ...(reasons !== "" && { reasons }),
  ...(source && { source }),
  ...(weight !== 1 && { weight }),
  ...(tags.length > 0 && { tags }),
  ...(Object.keys(wording).length > 0 && { wording }),
});
