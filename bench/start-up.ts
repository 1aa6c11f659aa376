// How long a person waits for `charter --help`: the command as typed, and with the Node that Charter runs on.
//   node bench/start-up.ts [repetitions]
import { spawnSync } from "node:child_process";

const repetitions = Number(process.argv[2] ?? 15);
const median = (node: string): number => {
  const times: number[] = [];
  for (let i = 0; i <= repetitions; i++) {
    const begun = performance.now();
    const { status } = spawnSync(node, ["bin/charter.js", "--help"], { stdio: "ignore" });
    if (status !== 0) throw new Error(`charter --help: expected exit code 0, got ${status}`);
    if (i > 0) times.push(performance.now() - begun); // the first fills the compile cache
  }
  return times.sort((a, b) => a - b)[times.length >> 1]!;
};

const own = median(process.execPath);
console.log(`charter --help, ${process.version}: ${own.toFixed(0)} ms`);
const empty = () => {
  const begun = performance.now();
  spawnSync(process.execPath, ["-e", "0"], { stdio: "ignore" });
  return performance.now() - begun;
};
const bare = Array.from({ length: repetitions }, empty).sort((a, b) => a - b)[repetitions >> 1]!;
console.log(`node -e 0, the same Node: ${bare.toFixed(0)} ms`);
