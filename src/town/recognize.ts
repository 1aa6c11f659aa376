// Recovers what a request is from its words alone, for prompts that come without metadata. Exact: it knows every action of
// the town and every phrasing, and says nothing of a text that is not a request of the town.
import { ERRANDS } from "./errands.ts";
import { HARMS } from "./harms.ts";
import { PEOPLE } from "./objects.ts";
import {
  ASIDES,
  domainNamed,
  fillSlots,
  namesPerson,
  REQUEST_FRAMES,
  type Request,
  thingsOf,
} from "./requests.ts";

type Action = Omit<Request, "text">;

/** Every action of the town, by its words. */
function allActions(): ReadonlyMap<string, Action> {
  const actions = new Map<string, Action>();
  for (const name of [...Object.keys(HARMS), ...Object.keys(ERRANDS)]) {
    const domain = domainNamed(name);
    for (const verb of domain.verbs) {
      for (const object of domain.objects) {
        const people = domain.form === "person" ? [object] : namesPerson(domain, verb) ? PEOPLE : [""];
        for (const person of people) {
          for (const thing of thingsOf(domain, object, person)) {
            const action = fillSlots(verb.phrase, { person, thing, object });
            const harmful = Object.hasOwn(HARMS, name);
            actions.set(action, { harmful, domain: name, verb: verb.phrase, object, person, thing, action });
          }
        }
      }
    }
  }
  return actions;
}

let known: ReadonlyMap<string, Action> | undefined;

/** The request that a user's text makes, or undefined where it makes none that the town knows. */
export function recognizeRequest(text: string): Request | undefined {
  known ??= allActions();
  const aside = ASIDES.find((sentence) => text.startsWith(`${sentence} `));
  const sentence = aside === undefined ? text : text.slice(aside.length + 1);
  for (const frame of REQUEST_FRAMES) {
    const [before, after] = frame.text.split("{action}") as [string, string];
    if (!sentence.startsWith(before) || !sentence.endsWith(after)) continue;
    const action = known.get(sentence.slice(before.length, sentence.length - after.length));
    if (action !== undefined) return { ...action, text };
  }
  return undefined;
}
