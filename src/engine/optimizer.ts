// AdamW as a graph (Loshchilov & Hutter 2019, decoupled weight decay), with clipping by the global norm (Pascanu et al.
// 2013). Same arithmetic as torch.optim.AdamW after clip_grad_norm_. State is fed and returned; nothing is kept here.
//   g <- g min(1, maxNorm / (|g| + 1e-6))          m <- b1 m + (1 - b1) g          v <- b2 v + (1 - b2) g^2
//   w <- w (1 - lr decay) - lr (m / c1) / (sqrt(v / c2) + epsilon),   c1 = 1 - b1^t,  c2 = 1 - b2^t

import { add, div, input, minimum, mul, reciprocal, sqrt, square, sub, sum } from "./functions.ts";
import type { Value } from "./graph.ts";
import { scalar, type Tensor } from "./tensor.ts";

export interface AdamWSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Per unit of learning rate. */
  readonly weightDecay: number;
  /** Largest global norm of the gradients; Infinity leaves them as they are. */
  readonly maxGradientNorm: number;
}

/** A parameter on its way through one step. */
export interface StepParameter {
  readonly name: string;
  /** The parameter itself, usually `input(name, shape)`. */
  readonly value: Value;
  /** Gradient of the loss by it, computed in the same graph or fed. */
  readonly gradient: Value;
  /** Whether weight decay shrinks it; matrices as a rule, not the weights of norms. */
  readonly decays: boolean;
}

/** Names of a parameter's first and second moment, as inputs and as outputs of the step. */
export const firstMoment = (name: string): string => `m.${name}`;
export const secondMoment = (name: string): string => `v.${name}`;

/** The square of the gradients' global norm, a scalar: norms of parts of a model add up in squares. */
export const squaredNorm = (gradients: readonly Value[]): Value =>
  gradients.map((gradient) => sum(square(gradient))).reduce((a, b) => add(a, b));

/**
 * One step of AdamW over parameters: all of a model's, or a part of them.
 * Besides what the gradients need, the graph reads {@link stepFeeds} and each parameter's two moments.
 * @param gradientNorm a scalar, the global norm of the model's gradients, before clipping
 * @returns by name: every parameter and its two moments
 */
export function adamW(
  parameters: readonly StepParameter[],
  gradientNorm: Value,
  settings: AdamWSettings,
): Record<string, Value> {
  const { beta1, beta2, epsilon, weightDecay, maxGradientNorm } = settings;
  const learningRate = input("learningRate", []);
  // The scalars are put together first, so that each parameter is passed over as few times as possible.
  const clip = minimum(
    1,
    div(Number.isFinite(maxGradientNorm) ? maxGradientNorm : 1e30, add(gradientNorm, 1e-6)),
  );
  const gainM = mul(clip, 1 - beta1);
  const gainV = mul(square(clip), 1 - beta2);
  const rate = div(learningRate, input("biasCorrection1", []));
  const scaleV = reciprocal(sqrt(input("biasCorrection2", [])));
  const keep = sub(1, mul(learningRate, weightDecay));

  const outputs: Record<string, Value> = {};
  for (const { name, value, gradient, decays } of parameters) {
    const m = add(mul(input(firstMoment(name), value.shape), beta1), mul(gradient, gainM));
    const v = add(mul(input(secondMoment(name), value.shape), beta2), mul(square(gradient), gainV));
    const step = div(mul(m, rate), add(mul(sqrt(v), scaleV), epsilon));
    outputs[name] = sub(decays && weightDecay !== 0 ? mul(value, keep) : value, step);
    outputs[firstMoment(name)] = m;
    outputs[secondMoment(name)] = v;
  }
  return outputs;
}

/**
 * What changes from step to step.
 * @param step 1 at the first step
 */
export function stepFeeds(
  step: number,
  learningRate: number,
  { beta1, beta2 }: Pick<AdamWSettings, "beta1" | "beta2">,
): Record<string, Tensor> {
  return {
    learningRate: scalar(learningRate),
    biasCorrection1: scalar(1 - beta1 ** step),
    biasCorrection2: scalar(1 - beta2 ** step),
  };
}

/** Name under which a gradient summed over microbatches is fed and returned. */
export const accumulatedGradient = (name: string): string => `accumulated.${name}`;

/**
 * Gradients added to what earlier microbatches left: reads and returns {@link accumulatedGradient} of each parameter.
 * @param first true for a graph that starts the sum and reads nothing
 */
export function accumulate(
  gradients: Readonly<Record<string, Value>>,
  { first }: { readonly first: boolean },
): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => {
      const key = accumulatedGradient(name);
      return [key, first ? gradient : add(input(key, gradient.shape), gradient)];
    }),
  );
}
