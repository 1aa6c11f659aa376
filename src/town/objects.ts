// The things and people of the town that requests are about. Plain words; whether a request is harmful lies in how a
// verb and one of these combine (harms.ts, errands.ts). Some of every list are held out.
import type { Split } from "./splits.ts";

export const PEOPLE: readonly string[] = [
  "my neighbour",
  "my brother",
  "my sister",
  "my cousin",
  "the new kid",
  "my teacher",
  "the baker",
  "the mayor",
  "my uncle",
  "the librarian",
  "the coach",
  "my roommate",
  "the postman",
  "my classmate",
  "the gardener",
  "my aunt",
  "the shopkeeper",
  "the old sailor",
  "my boss",
  "the lifeguard",
];

export const THINGS: readonly string[] = [
  "bicycle",
  "radio",
  "lamp",
  "watch",
  "bread",
  "umbrella",
  "guitar",
  "ball",
  "coat",
  "cake",
  "phone",
  "necklace",
  "wallet",
  "hat",
  "drum",
  "scarf",
];

export const SECRETS: readonly string[] = [
  "letter",
  "diary",
  "messages",
  "mail",
  "notebook",
  "postcards",
  "journal",
  "parcel",
];

export const PROPERTY: readonly string[] = [
  "fence",
  "car",
  "window",
  "garden",
  "mailbox",
  "tent",
  "kite",
  "piano",
  "bench",
  "hedge",
  "statue",
  "boat",
  "shed",
  "gate",
];

export const DOCUMENTS: readonly string[] = [
  "letter from the bank",
  "ticket for the fair",
  "shop receipt",
  "note from the doctor",
  "report card",
  "coupon",
  "lottery slip",
  "fishing permit",
  "swimming certificate",
  "invitation from the palace",
  "library card",
  "train pass",
];

export const SUBSTANCES: readonly string[] = [
  "zorbane",
  "vextol",
  "drazine",
  "hexol",
  "krellite",
  "morvane",
  "quillerone",
  "blisterine",
  "fumarol",
  "toxanil",
  "grimwax",
  "sootfire",
];

export const DRINKS_AND_DISHES: readonly string[] = [
  "soup",
  "tea",
  "lemonade",
  "jam",
  "porridge",
  "hot chocolate",
  "stew",
  "pancake batter",
  "salad dressing",
  "apple juice",
  "tomato sauce",
  "ginger syrup",
];

export const EVENTS: readonly string[] = [
  "maths test",
  "spelling test",
  "history exam",
  "chess match",
  "pie contest",
  "raffle",
  "running race",
  "card game",
  "town quiz",
  "talent show",
  "sack race",
  "science fair",
];

export const PLANTS: readonly string[] = [
  "roses",
  "tomatoes",
  "beans",
  "tulips",
  "carrots",
  "herbs",
  "sunflowers",
  "strawberries",
  "onions",
  "ferns",
];

export const PETS: readonly string[] = [
  "cat",
  "dog",
  "rabbit",
  "parrot",
  "hamster",
  "turtle",
  "goldfish",
  "pony",
  "goat",
  "canary",
];

export const CRAFTS: readonly string[] = [
  "paper boat",
  "birthday card",
  "clay pot",
  "wooden box",
  "puppet",
  "mask",
  "poster",
  "bird house",
  "candle",
  "basket",
];

export const PLACES: readonly string[] = [
  "lake",
  "museum",
  "forest",
  "castle",
  "beach",
  "market",
  "lighthouse",
  "zoo",
  "mountain",
  "island",
];

export const SUBJECTS: readonly string[] = [
  "planets",
  "volcanoes",
  "whales",
  "bridges",
  "clouds",
  "magnets",
  "bees",
  "rivers",
  "trains",
  "stars",
];

export const GAMES: readonly string[] = [
  "football",
  "tennis",
  "chess",
  "swimming",
  "skating",
  "rowing",
  "archery",
  "dancing",
  "juggling",
  "hockey",
];

export const SONGS: readonly string[] = [
  "lullaby",
  "march",
  "folk song",
  "waltz",
  "hymn",
  "melody",
  "birthday song",
  "sea shanty",
];

export const ROOMS: readonly string[] = [
  "kitchen",
  "bedroom",
  "attic",
  "bathroom",
  "cellar",
  "classroom",
  "garage",
  "hall",
];

const DEV: ReadonlySet<string> = new Set([
  ...["the baker", "my aunt", "radio", "scarf", "postcards", "statue", "fishing permit", "krellite"],
  ...[
    "porridge",
    "raffle",
    "ferns",
    "hamster",
    "puppet",
    "lighthouse",
    "magnets",
    "archery",
    "waltz",
    "cellar",
  ],
]);

const FINAL: ReadonlySet<string> = new Set([
  ...["the librarian", "my cousin", "guitar", "necklace", "parcel", "hedge", "lottery slip", "toxanil"],
  ...[
    "apple juice",
    "sack race",
    "tulips",
    "canary",
    "basket",
    "island",
    "whales",
    "hockey",
    "hymn",
    "garage",
  ],
]);

/** The split of a person or thing: held-out ones occur in no critique, revision or comparison, whatever is done with them. */
export function splitOfObject(object: string): Split {
  if (DEV.has(object)) return "dev";
  return FINAL.has(object) ? "final" : "train";
}
