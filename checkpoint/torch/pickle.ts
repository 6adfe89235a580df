/**
 * A machine for the part of Python's pickle language that state dicts use (protocols 2 to 4). It builds dicts, lists
 * and numbers; what it meets beside those goes to a host, which knows a few names and calls nothing that a file names.
 */

import { quote } from '../../base/quote.ts';
import { MOST_OPERATIONS, MOST_VALUES } from '../budget.ts';
import type { PickleReader } from './pickle-reader.ts';
import {
  depthOf,
  describe,
  isKey,
  PickleDict,
  type PickleGlobal,
  PickleList,
  PickleTuple,
  type PickleValue,
} from './values.ts';

/** Meaning of names and storages. Each of these refuses what it does not know. */
export interface PickleHost {
  global(module: string, name: string, reader: PickleReader): PickleGlobal;
  reduce(callable: PickleValue, args: PickleTuple, reader: PickleReader): PickleValue;
  persistent(id: PickleValue, reader: PickleReader): PickleValue;
  build(object: PickleValue, state: PickleValue, reader: PickleReader): void;
}

const DEEPEST = 64;
const PROTO = 0x80;

/** Runs the pickle at the reader's place up to its end. */
export function unpickle(reader: PickleReader, host: PickleHost): PickleValue {
  const protocol = reader.u8() === PROTO ? reader.u8() : undefined;
  if (protocol === undefined)
    return reader.fail('not-a-checkpoint', 'there is no pickle of protocol 2 or later here.');
  if (protocol < 2 || protocol > 4) {
    return reader.fail(
      'unsupported',
      `pickle protocol ${protocol}; 2 to 4 are read: save with torch.save's own default.`,
    );
  }
  const machine = new Machine(reader, host);
  for (let operations = 0; operations < MOST_OPERATIONS; operations++) {
    const code = reader.u8();
    if (code === STOP) return machine.result();
    const operation = OPERATIONS[code];
    if (!operation) {
      const name = FORBIDDEN[code];
      if (name)
        return reader.fail(
          'forbidden',
          `the pickle wants to make an object (${name}), which no state dict needs; nothing was run.`,
        );
      return reader.fail(
        'damaged',
        `the pickle has the opcode 0x${code.toString(16).padStart(2, '0')}, which no state dict needs.`,
      );
    }
    operation(machine);
  }
  return reader.fail('too-large', `the pickle has more than ${MOST_OPERATIONS} operations.`);
}

class Machine {
  readonly reader: PickleReader;
  readonly host: PickleHost;
  readonly #stack: PickleValue[] = [];
  /** Heights of the stack. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(reader: PickleReader, host: PickleHost) {
    this.reader = reader;
    this.host = host;
  }

  push(value: PickleValue): void {
    if (this.#stack.length >= MOST_VALUES)
      this.reader.fail('too-large', `the pickle piles up more than ${MOST_VALUES} values.`);
    if (depthOf(value) > DEEPEST) this.#tooDeep();
    this.#stack.push(value);
  }

  pop(): PickleValue {
    if (this.#stack.length <= (this.#marks.at(-1) ?? 0))
      this.reader.fail('damaged', 'the pickle takes a value where there is none.');
    return this.#stack.pop() as PickleValue;
  }

  top(): PickleValue {
    const value = this.pop();
    this.#stack.push(value);
    return value;
  }

  mark(): void {
    if (this.#marks.length >= DEEPEST) this.#tooDeep();
    this.#marks.push(this.#stack.length);
  }

  popToMark(): PickleValue[] {
    const height = this.#marks.pop();
    if (height === undefined)
      return this.reader.fail('damaged', 'the pickle goes back to a mark that it never set.');
    return this.#stack.splice(height);
  }

  put(index: number): void {
    if (this.#memo.size >= MOST_VALUES)
      this.reader.fail('too-large', `the pickle keeps more than ${MOST_VALUES} values.`);
    this.#memo.set(index, this.top());
  }

  memoize(): void {
    this.put(this.#memo.size);
  }

  get(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined)
      throw this.reader.fail('damaged', `the pickle wants value ${index}, which it never kept.`);
    this.push(value);
  }

  append(values: readonly PickleValue[]): void {
    const list = this.top();
    if (!(list instanceof PickleList))
      throw this.reader.fail('damaged', `the pickle appends to ${describe(list)}.`);
    for (const value of values) {
      list.items.push(value);
      list.depth = Math.max(list.depth, 1 + depthOf(value));
    }
    if (list.depth > DEEPEST) this.#tooDeep();
  }

  setItems(values: readonly PickleValue[]): void {
    const dict = this.top();
    if (!(dict instanceof PickleDict))
      throw this.reader.fail('damaged', `the pickle sets an entry of ${describe(dict)}.`);
    if (values.length % 2 !== 0) this.reader.fail('damaged', 'the pickle sets a key without a value.');
    for (let i = 0; i < values.length; i += 2)
      setEntry(dict, values[i] as PickleValue, values[i + 1] as PickleValue, this.reader);
    if (dict.depth > DEEPEST) this.#tooDeep();
  }

  result(): PickleValue {
    const value = this.pop();
    if (this.#stack.length > 0 || this.#marks.length > 0)
      this.reader.fail('damaged', 'the pickle ends with values left over.');
    return value;
  }

  #tooDeep(): never {
    return this.reader.fail('too-large', `the pickle nests deeper than ${DEEPEST} levels.`);
  }
}

/** A key that is there already would leave it to each reader which value counts. */
export function setEntry(dict: PickleDict, key: PickleValue, value: PickleValue, reader: PickleReader): void {
  if (!isKey(key)) throw reader.fail('damaged', `the pickle uses ${describe(key)} as the key of a dict.`);
  if (dict.entries.has(key))
    reader.fail('damaged', `the pickle sets the key ${quote(String(key))} of a dict twice.`);
  dict.entries.set(key, value);
  dict.depth = Math.max(dict.depth, 1 + depthOf(value));
}

const STOP = 0x2e;

const OPERATIONS: Readonly<Record<number, (machine: Machine) => void>> = {
  40: (m) => m.mark(), // MARK
  78: (m) => m.push(null), // NONE
  136: (m) => m.push(true), // NEWTRUE
  137: (m) => m.push(false), // NEWFALSE
  74: (m) => m.push(m.reader.i32()), // BININT
  75: (m) => m.push(m.reader.u8()), // BININT1
  77: (m) => m.push(m.reader.u16()), // BININT2
  138: (m) => m.push(m.reader.integer(m.reader.u8())), // LONG1
  71: (m) => m.push(m.reader.f64()), // BINFLOAT
  88: (m) => m.push(m.reader.text(m.reader.u32())), // BINUNICODE
  140: (m) => m.push(m.reader.text(m.reader.u8())), // SHORT_BINUNICODE
  141: (m) => m.push(m.reader.text(m.reader.u64())), // BINUNICODE8
  85: (m) => m.push(m.reader.text(m.reader.u8())), // SHORT_BINSTRING, of Python 2
  66: (m) => m.push(m.reader.bytes(m.reader.u32())), // BINBYTES
  67: (m) => m.push(m.reader.bytes(m.reader.u8())), // SHORT_BINBYTES
  93: (m) => m.push(new PickleList()), // EMPTY_LIST
  125: (m) => m.push(new PickleDict(false)), // EMPTY_DICT
  41: (m) => m.push(new PickleTuple([])), // EMPTY_TUPLE
  116: (m) => m.push(new PickleTuple(m.popToMark())), // TUPLE
  133: (m) => m.push(new PickleTuple(popMany(m, 1))), // TUPLE1
  134: (m) => m.push(new PickleTuple(popMany(m, 2))), // TUPLE2
  135: (m) => m.push(new PickleTuple(popMany(m, 3))), // TUPLE3
  97: (m) => m.append(popMany(m, 1)), // APPEND
  101: (m) => m.append(m.popToMark()), // APPENDS
  115: (m) => m.setItems(popMany(m, 2)), // SETITEM
  117: (m) => m.setItems(m.popToMark()), // SETITEMS
  113: (m) => m.put(m.reader.u8()), // BINPUT
  114: (m) => m.put(m.reader.u32()), // LONG_BINPUT
  148: (m) => m.memoize(), // MEMOIZE
  104: (m) => m.get(m.reader.u8()), // BINGET
  106: (m) => m.get(m.reader.u32()), // LONG_BINGET
  149: (m) => void m.reader.u64(), // FRAME: only a hint of how far to read ahead
  99: (m) => m.push(m.host.global(m.reader.line(), m.reader.line(), m.reader)), // GLOBAL
  147: stackGlobal, // STACK_GLOBAL
  82: reduce, // REDUCE
  81: (m) => m.push(m.host.persistent(m.pop(), m.reader)), // BINPERSID
  98: build, // BUILD
};

/** Opcodes that make objects of any class. */
const FORBIDDEN: Readonly<Record<number, string>> = {
  105: 'INST',
  111: 'OBJ',
  129: 'NEWOBJ',
  146: 'NEWOBJ_EX',
  130: 'EXT1',
  131: 'EXT2',
  132: 'EXT4',
  80: 'PERSID',
};

function popMany(machine: Machine, count: number): PickleValue[] {
  return Array.from({ length: count }, () => machine.pop()).reverse();
}

function stackGlobal(machine: Machine): void {
  const [module, name] = popMany(machine, 2);
  if (typeof module !== 'string' || typeof name !== 'string') {
    throw machine.reader.fail(
      'damaged',
      `the pickle names ${describe(module)} and ${describe(name)}, which are no names.`,
    );
  }
  machine.push(machine.host.global(module, name, machine.reader));
}

function reduce(machine: Machine): void {
  const [callable, args] = popMany(machine, 2) as [PickleValue, PickleValue];
  if (!(args instanceof PickleTuple))
    throw machine.reader.fail('damaged', `the pickle calls with ${describe(args)} for arguments.`);
  machine.push(machine.host.reduce(callable, args, machine.reader));
}

function build(machine: Machine): void {
  const state = machine.pop();
  machine.host.build(machine.top(), state, machine.reader);
}
