// Writes ONNX models: nodes, constants, and the bytes. Knows nothing of our operators (lower.ts does). Equal nodes are
// written once, so forward and backward share what they both compute; nodes no output needs are left out.

import { create, toBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from "onnx-buf";
import type { Shape } from "./shape.ts";
import type { DType, Tensor } from "./tensor.ts";

const IR_VERSION = 10n;
const OPSETS = [
  { domain: "", version: 21n },
  { domain: "com.microsoft", version: 1n },
];

/** ONNX tells integers from floats; so must we. */
export type OnnxAttribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "text"; readonly value: string };
export type OnnxAttributes = Readonly<Record<string, OnnxAttribute>>;

export const int = (value: number): OnnxAttribute => ({ kind: "int", value });
export const real = (value: number): OnnxAttribute => ({ kind: "float", value });
export const ints = (value: readonly number[]): OnnxAttribute => ({ kind: "ints", value });
export const text = (value: string): OnnxAttribute => ({ kind: "text", value });

interface OnnxNode {
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: OnnxAttributes;
}

interface Declaration {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: Shape;
}

/** A model being written. Names of values are chosen by the writer. */
export interface OnnxWriter {
  /** Adds a node, or finds the equal one; returns its first output. Domain "com.microsoft" is written before a dot. */
  node(opType: string, inputs: readonly string[], attributes?: OnnxAttributes): string;
  /** As {@link OnnxWriter.node}, with the names of all `count` outputs. */
  nodes(
    opType: string,
    inputs: readonly string[],
    attributes: OnnxAttributes,
    count: number,
  ): readonly string[];
  /** A one-axis int64 constant. */
  integers(values: readonly number[]): string;
  tensor(tensor: Tensor): string;
  /** Declares a model input. */
  input(name: string, dtype: DType, shape: Shape): string;
  /** Declares that a value is a model output under this name. */
  output(name: string, value: string, dtype: DType, shape: Shape): void;
  /** The model's bytes; nothing may be added after. */
  bytes(): Uint8Array;
}

export function onnxWriter(): OnnxWriter {
  const nodes: OnnxNode[] = [];
  const known = new Map<string, readonly string[]>();
  const constants = new Map<string, ReturnType<typeof tensorProto>>();
  const identities = new Map<Tensor, string>();
  const lists = new Map<string, string>();
  const inputs: Declaration[] = [];
  const outputs: (Declaration & { readonly value: string })[] = [];

  const addNodes = (opType: string, ins: readonly string[], attributes: OnnxAttributes, count: number) => {
    const key = JSON.stringify([opType, ins, attributes, count]);
    const found = known.get(key);
    if (found !== undefined) return found;
    const names = Array.from({ length: count }, (_, i) => `n${nodes.length}.${i}`);
    const dot = opType.lastIndexOf(".");
    const domain = opType.slice(0, Math.max(dot, 0));
    nodes.push({ opType: opType.slice(dot + 1), domain, inputs: ins, outputs: names, attributes });
    known.set(key, names);
    return names;
  };
  const addConstant = (key: string, type: TensorProto_DataType, shape: Shape, bytes: Uint8Array) => {
    if (!constants.has(key)) constants.set(key, tensorProto(key, type, shape, bytes));
    return key;
  };

  return {
    node: (opType, ins, attributes = {}) => addNodes(opType, ins, attributes, 1)[0]!,
    nodes: addNodes,
    integers: (values) => {
      const key = String(values);
      const name = lists.get(key) ?? `i${lists.size}`;
      lists.set(key, name);
      const bytes = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
      return addConstant(name, TensorProto_DataType.INT64, [values.length], bytes);
    },
    tensor: (tensor) => {
      const name = identities.get(tensor) ?? nameOfTensor(tensor, constants.size);
      identities.set(tensor, name);
      const { buffer, byteOffset, byteLength } = tensor.data;
      return addConstant(
        name,
        dataType(tensor.dtype),
        tensor.shape,
        new Uint8Array(buffer, byteOffset, byteLength),
      );
    },
    input: (name, dtype, shape) => {
      inputs.push({ name, dtype, shape });
      return name;
    },
    output: (name, value, dtype, shape) => {
      outputs.push({ name, value, dtype, shape });
    },
    bytes: () => encode(nodes, constants, inputs, outputs, addNodes),
  };
}

/** Small constants are shared by content, large ones by identity. */
function nameOfTensor({ dtype, shape, data }: Tensor, index: number): string {
  return data.length <= 16
    ? `c:${dtype}:${shape}:${Array.from(data, (x) => (Object.is(x, -0) ? "-0" : x))}`
    : `c${index}`;
}

function encode(
  nodes: OnnxNode[],
  constants: ReadonlyMap<string, ReturnType<typeof tensorProto>>,
  inputs: readonly Declaration[],
  outputs: readonly (Declaration & { readonly value: string })[],
  addNodes: (
    opType: string,
    ins: readonly string[],
    attributes: OnnxAttributes,
    count: number,
  ) => readonly string[],
): Uint8Array {
  // A model output has its own name: the value is renamed, or, when it is an input, a constant or already an output
  // under another name, passed through Identity.
  const renamed = new Map<string, string>();
  const produced = new Set(nodes.flatMap((node) => node.outputs));
  for (const { name, value } of outputs) {
    if (produced.has(value) && !renamed.has(value)) renamed.set(value, name);
    else renamed.set(addNodes("Identity", [value], { "": text(name) }, 1)[0]!, name);
  }
  const needed = new Set(renamed.keys());
  const kept: OnnxNode[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((name) => needed.has(name))) continue;
    for (const name of node.inputs) needed.add(name);
    kept.push(node);
  }
  const nameOf = (name: string) => renamed.get(name) ?? name;
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    opsetImport: OPSETS.map((opset) => create(OperatorSetIdProtoSchema, opset)),
    graph: create(GraphProtoSchema, {
      name: "charter",
      node: kept.toReversed().map((node) => nodeProto(node, nameOf)),
      initializer: [...constants].filter(([name]) => needed.has(name)).map(([, proto]) => proto),
      input: inputs.map(valueInfo),
      output: outputs.map(valueInfo),
    }),
  });
  return toBinary(ModelProtoSchema, model);
}

function nodeProto(node: OnnxNode, nameOf: (name: string) => string) {
  return create(NodeProtoSchema, {
    opType: node.opType,
    domain: node.domain,
    input: node.inputs.map(nameOf),
    output: node.outputs.map(nameOf),
    attribute: Object.entries(node.attributes)
      .filter(([name]) => name !== "")
      .map(([name, attribute]) => attributeProto(name, attribute)),
  });
}

function attributeProto(name: string, attribute: OnnxAttribute) {
  const types = AttributeProto_AttributeType;
  switch (attribute.kind) {
    case "int":
      return create(AttributeProtoSchema, { name, type: types.INT, i: BigInt(attribute.value) });
    case "float":
      return create(AttributeProtoSchema, { name, type: types.FLOAT, f: attribute.value });
    case "ints":
      return create(AttributeProtoSchema, { name, type: types.INTS, ints: attribute.value.map(BigInt) });
    case "text":
      return create(AttributeProtoSchema, {
        name,
        type: types.STRING,
        s: new TextEncoder().encode(attribute.value),
      });
  }
}

const dataType = (dtype: DType) =>
  dtype === "float32" ? TensorProto_DataType.FLOAT : TensorProto_DataType.INT32;

function tensorProto(name: string, type: TensorProto_DataType, shape: Shape, bytes: Uint8Array) {
  return create(TensorProtoSchema, {
    name,
    dataType: type,
    dims: shape.map(BigInt),
    rawData: new Uint8Array(bytes),
  });
}

function valueInfo({ name, dtype, shape }: Declaration) {
  const dim = shape.map((size) =>
    create(TensorShapeProto_DimensionSchema, { value: { case: "dimValue", value: BigInt(size) } }),
  );
  const value = create(TypeProto_TensorSchema, {
    elemType: dataType(dtype),
    shape: create(TensorShapeProtoSchema, { dim }),
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: "tensorType", value } }),
  });
}
