/**
 * Netlink messages as octets: headers, attributes, errors. Pure.
 *
 * Numbers in netlink are in the machine's order, which is little-endian here. See netlink(7).
 */

export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
export const NLM_F_REQUEST = 0x001;
export const NLM_F_ACK = 0x004;
export const NLM_F_DUMP = 0x300;
export const NLM_F_CREATE = 0x400;
export const NLM_F_EXCL = 0x200;

const HEADER_SIZE = 16;
const ATTRIBUTE_HEADER_SIZE = 4;
/** The two upper bits of an attribute's type are flags. */
const ATTRIBUTE_TYPE_MASK = 0x3fff;

/** A netlink message without its header. */
export interface NetlinkMessage {
  readonly type: number;
  readonly sequence: number;
  readonly body: DataView;
}

/** Attributes by type; a repeated one is its last. */
export type NetlinkAttributes = ReadonlyMap<number, Uint8Array>;

/** One attribute: type and octets. */
export type NetlinkAttribute = readonly [type: number, value: Uint8Array];

/** Puts a message together from a fixed part and attributes. */
export function encodeNetlinkMessage(
  type: number,
  flags: number,
  sequence: number,
  fixed: Uint8Array,
  attributes: readonly NetlinkAttribute[],
): Uint8Array<ArrayBuffer> {
  const start = HEADER_SIZE + align(fixed.length);
  const size = start + sizeOf(attributes);
  const octets = new Uint8Array(new ArrayBuffer(size));
  const view = new DataView(octets.buffer);
  view.setUint32(0, size, true);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, sequence, true);
  octets.set(fixed, HEADER_SIZE);
  putAttributes(octets, start, attributes);
  return octets;
}

/** Attributes as the octets of one that has them in it. */
export function nestedAttributes(attributes: readonly NetlinkAttribute[]): Uint8Array {
  const octets = new Uint8Array(new ArrayBuffer(sizeOf(attributes)));
  putAttributes(octets, 0, attributes);
  return octets;
}

function sizeOf(attributes: readonly NetlinkAttribute[]): number {
  return attributes.reduce(
    (sum, [, value]) => sum + align(ATTRIBUTE_HEADER_SIZE + value.length),
    0,
  );
}

function putAttributes(
  octets: Uint8Array<ArrayBuffer>,
  start: number,
  attributes: readonly NetlinkAttribute[],
): void {
  const view = new DataView(octets.buffer);
  let at = start;
  for (const [attribute, value] of attributes) {
    view.setUint16(at, ATTRIBUTE_HEADER_SIZE + value.length, true);
    view.setUint16(at + 2, attribute, true);
    octets.set(value, at + ATTRIBUTE_HEADER_SIZE);
    at += align(ATTRIBUTE_HEADER_SIZE + value.length);
  }
}

/** The messages of one datagram, in order; what is cut short at the end is left out. */
export function decodeNetlinkMessages(octets: Uint8Array): NetlinkMessage[] {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  const messages: NetlinkMessage[] = [];
  for (let at = 0; at + HEADER_SIZE <= octets.length;) {
    const size = view.getUint32(at, true);
    if (size < HEADER_SIZE || at + size > octets.length) break;
    messages.push({
      type: view.getUint16(at + 4, true),
      sequence: view.getUint32(at + 8, true),
      body: new DataView(octets.buffer, octets.byteOffset + at + HEADER_SIZE, size - HEADER_SIZE),
    });
    at += align(size);
  }
  return messages;
}

/** The attributes after a body's fixed part. */
export function decodeNetlinkAttributes(body: DataView, fixedSize: number): NetlinkAttributes {
  const attributes = new Map<number, Uint8Array>();
  for (let at = align(fixedSize); at + ATTRIBUTE_HEADER_SIZE <= body.byteLength;) {
    const size = body.getUint16(at, true);
    if (size < ATTRIBUTE_HEADER_SIZE || at + size > body.byteLength) break;
    const start = body.byteOffset + at + ATTRIBUTE_HEADER_SIZE;
    attributes.set(
      body.getUint16(at + 2, true) & ATTRIBUTE_TYPE_MASK,
      new Uint8Array(body.buffer, start, size - ATTRIBUTE_HEADER_SIZE),
    );
    at += align(size);
  }
  return attributes;
}

/** The errno of an NLMSG_ERROR message; 0 is an acknowledgement. */
export function netlinkErrno(body: DataView): number {
  return -body.getInt32(0, true);
}

/** A 32-bit number as an attribute's octets. */
export function uint32Octets(value: number): Uint8Array {
  const octets = new Uint8Array(4);
  new DataView(octets.buffer).setUint32(0, value, true);
  return octets;
}

/** An attribute's octets as a 32-bit number; `undefined` when they are none. */
export function uint32Of(octets: Uint8Array | undefined): number | undefined {
  if (octets === undefined || octets.length < 4) return undefined;
  return new DataView(octets.buffer, octets.byteOffset, 4).getUint32(0, true);
}

/** An attribute's octets as text, without its final zero. */
export function textOf(octets: Uint8Array | undefined): string | undefined {
  if (octets === undefined) return undefined;
  const end = octets.indexOf(0);
  return new TextDecoder().decode(end < 0 ? octets : octets.subarray(0, end));
}

function align(size: number): number {
  return (size + 3) & ~3;
}
