// compute.device: auto. The recipe's own forecast is made on every device that ONNX Runtime carries here, and the one that
// would be done first is taken. A run that has begun keeps its device: another rounds differently.
import { join } from "node:path";
import type { Device } from "../engine/device.ts";
import { openHost } from "../models/local.ts";
import type { ModelHost } from "../models/model.ts";
import { UserError } from "../user-error.ts";
import { forecastRun } from "./forecast-run.ts";
import type { Clock } from "./probe.ts";
import type { Recipe } from "./recipe.ts";
import { readDerived, writeWhole } from "./run-directory.ts";

/** A device, and in few words why it was picked. */
export interface PickedDevice {
  readonly device: Device;
  readonly why: string;
}

/** Models on this machine, as the recipe wants them computed. */
export const hostOn = ({ compute: { threads } }: Recipe, device: Device): Promise<ModelHost> =>
  openHost({ device, ...(threads === "auto" ? {} : { threads }) });

/** The device that a recipe names, or the fastest one for it; measuring takes some seconds a device. */
export async function pickDevice(recipe: Recipe, clock: Clock): Promise<PickedDevice> {
  const { device } = recipe.compute;
  if (device !== "auto") return { device, why: "the recipe says so" };
  const { offeredDevices } = await import("../engine/session.ts"); // loads the runtime, here too
  const minutes = new Map<Device, number>();
  const said: string[] = [];
  for (const offered of offeredDevices()) {
    try {
      const host = await hostOn(recipe, offered);
      try {
        const { ms } = await forecastRun(recipe, host, clock);
        minutes.set(offered, ms / 60_000);
        said.push(`${offered} ${(ms / 60_000).toFixed(1)} min`);
      } finally {
        await host.close();
      }
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== "no-device" || offered === "cpu") throw error;
      said.push(`${offered} not there`);
    }
  }
  const [fastest] = [...minutes].reduce((best, each) => (each[1] < best[1] ? each : best));
  return { device: fastest, why: `forecast: ${said.join(", ")}` };
}

/** What was picked when the run began. */
export const keptDevice = (directory: string): PickedDevice | undefined =>
  readDerived<PickedDevice>(join(directory, "device.json"));

export const keepDevice = (directory: string, picked: PickedDevice): void =>
  writeWhole(join(directory, "device.json"), `${JSON.stringify(picked)}\n`);
